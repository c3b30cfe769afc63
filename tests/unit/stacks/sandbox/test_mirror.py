"""What is made of AWS is made in the HTTP sandbox too, which is asked with AWS's own SDK."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from providers.sandbox.aws.cloud import AwsSandbox
from stacks.sandbox.control import Control
from stacks.sandbox.ledger import Made
from stacks.sandbox.mirror.mirror import MIRROR
from stacks.sandbox.refusals import Refusal
from tests.fakes.sandbox_desks import Counter, world
from tests.fakes.stand_ins import list_prices, of_region, serving

REGION = "eu-north-1"
HERE = {"region": REGION}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving(AwsSandbox(), of_region(list_prices("aws"), f"aws/{REGION}")) as environment:
        yield environment[MIRROR]


@pytest.fixture
def at(endpoint: str, tmp_path: Path) -> Iterator[Counter]:
    with world(tmp_path, endpoint=endpoint) as opened:
        yield Counter(opened)


def asked(endpoint: str, service: str) -> Any:
    session: Any = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b")  # noqa: S106
    direct = Config(proxies={})
    return session.client(service, region_name=REGION, endpoint_url=endpoint, config=direct)


def network(at: Counter) -> tuple[Made, Made]:
    vpc = at.create("aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16", tags={"owner": "ml"}, **HERE)
    subnet = at.create(
        "aws:ec2/subnet:Subnet",
        vpcId=vpc.id,
        cidrBlock="10.0.0.0/24",
        availabilityZoneId="eun1-az2",
        **HERE,
    )
    return vpc, subnet


def test_a_network_is_there_with_its_tags(at: Counter, endpoint: str) -> None:
    vpc, subnet = network(at)
    ec2 = asked(endpoint, "ec2")

    [found] = ec2.describe_vpcs(VpcIds=[vpc.id])["Vpcs"]
    [part] = ec2.describe_subnets(SubnetIds=[subnet.id])["Subnets"]

    assert found["CidrBlock"] == "10.0.0.0/16"
    assert found["Tags"] == [{"Key": "owner", "Value": "ml"}]
    assert vpc.outputs["arn"] == f"arn:aws:ec2:{REGION}:123456789012:vpc/{vpc.id}"
    assert part["AvailabilityZone"] == subnet.outputs["availabilityZone"]
    assert part["AvailabilityZoneId"] == subnet.outputs["availabilityZoneId"] == "eun1-az2"


def test_a_cluster_and_its_nodes_live_and_die_there(at: Counter, endpoint: str) -> None:
    _, subnet = network(at)
    cluster = at.create(
        "aws:eks/cluster:Cluster",
        name="c",
        roleArn="arn:aws:iam::123456789012:role/c",
        vpcConfig={"subnetIds": [subnet.id]},
        **HERE,
    )
    sizes = {"minSize": 0, "desiredSize": 1, "maxSize": 4}
    pool = at.create(
        "aws:eks/nodeGroup:NodeGroup",
        clusterName="c",
        nodeGroupName="p",
        nodeRoleArn="arn:aws:iam::123456789012:role/n",
        subnetIds=[subnet.id],
        scalingConfig=sizes,
        **HERE,
    )
    at.update(pool, scalingConfig={**sizes, "desiredSize": 3})
    eks = asked(endpoint, "eks")

    described = eks.describe_nodegroup(clusterName="c", nodegroupName="p")["nodegroup"]
    with pytest.raises(Refusal, match="ResourceInUseException"):
        at.delete(cluster)
    at.delete(pool)
    at.delete(cluster)

    assert described["scalingConfig"]["desiredSize"] == 3
    assert eks.list_clusters()["clusters"] == []


def test_what_is_gone_there_is_gone(at: Counter, endpoint: str) -> None:
    vpc, subnet = network(at)
    ec2 = asked(endpoint, "ec2")

    ec2.delete_subnet(SubnetId=subnet.id)

    assert at.read(subnet) is None
    assert at.read(vpc) == vpc
    at.delete(subnet)
    at.delete(vpc)
    assert vpc.id not in {found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"]}


def test_what_somebody_deletes_here_is_gone_there(
    at: Counter, endpoint: str, tmp_path: Path
) -> None:
    """Else nothing of that name could be made again."""
    role = at.create("aws:iam/role:Role", name="vanishing", assumeRolePolicy="{}")
    with Control(tmp_path) as control:
        control.mirrored(endpoint, "first")
        control.vanish("vanishing")

    assert at.read(role) is None
    assert at.create("aws:iam/role:Role", name="vanishing", assumeRolePolicy="{}").mirrored


def test_it_refuses_as_aws_does(at: Counter) -> None:
    with pytest.raises(Refusal, match=r"InvalidVpcID\.NotFound"):
        at.create("aws:ec2/subnet:Subnet", vpcId="vpc-0", cidrBlock="10.0.0.0/24", **HERE)


def test_a_way_out_can_be_made_again(at: Counter) -> None:
    """An address is free for another gateway once its gateway is gone."""
    vpc, subnet = network(at)
    gateway = at.create("aws:ec2/internetGateway:InternetGateway", vpcId=vpc.id, **HERE)
    address = at.create("aws:ec2/eip:Eip", domain="vpc", **HERE)
    told = {"subnetId": subnet.id, "allocationId": address.id, **HERE}
    first = at.create("aws:ec2/natGateway:NatGateway", "nat", **told)
    at.delete(first)
    second = at.create("aws:ec2/natGateway:NatGateway", "nat", **told)

    assert first.outputs["publicIp"] == second.outputs["publicIp"] == address.outputs["publicIp"]
    for made in (second, address, gateway, subnet, vpc):
        at.delete(made)


def test_keys_and_roles_are_there_too(at: Counter, endpoint: str) -> None:
    key = at.create("aws:kms/key:Key", description="secrets", deletionWindowInDays=7, **HERE)
    role = at.create("aws:iam/role:Role", name="r", assumeRolePolicy='{"Version":"2012-10-17"}')

    described = asked(endpoint, "kms").describe_key(KeyId=key.id)["KeyMetadata"]

    assert described["Arn"] == key.outputs["arn"]
    assert asked(endpoint, "iam").get_role(RoleName="r")["Role"]["Arn"] == role.outputs["arn"]
    at.delete(role)
    assert at.read(key) == key


def test_another_run_of_it_is_another_cloud(at: Counter, tmp_path: Path) -> None:
    """It forgets when it ends, the ledger does not: what it never had is not missed in it."""
    vpc, _ = network(at)

    with world(tmp_path, endpoint="http://127.0.0.1:9", run="second") as later:
        assert Counter(later).read(vpc) == vpc
