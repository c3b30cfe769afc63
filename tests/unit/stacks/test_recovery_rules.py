"""How what was being made is found in its cloud: by its name, or by its tags."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from providers.sandbox.aws.cloud import AwsSandbox
from stacks.recovery_rules import (
    NAMED,
    REPEATABLE,
    TAGGED,
    facts,
    id_in_arn,
    identity,
    named_id,
)
from stacks.recovery_tags import STAND_IN, NotAsked, tagged_ids

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
KNOWN = {"account": "123456789012", "subscription": SUBSCRIPTION, "project": "acme-gpus"}
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers"
TAGS = {"broker-fleet": "f", "broker-cluster": "c", "broker-resource": "network", "owner": "me"}


def resource(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"type": kind, "urn": f"urn:pulumi:c::f::{kind}::x", "inputs": inputs}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (resource("aws:eks/cluster:Cluster", name="c"), "c"),
        (
            resource("aws:eks/nodeGroup:NodeGroup", clusterName="c", nodeGroupName="p"),
            "c:p",
        ),
        (
            resource("aws:ec2/route:Route", routeTableId="rtb-1", destinationCidrBlock="0.0.0.0/0"),
            "rtb-1_0.0.0.0/0",
        ),
        (resource("aws:budgets/budget:Budget", name="b"), "123456789012:b"),
        (
            resource("azure-native:resources:ResourceGroup", resourceGroupName="g"),
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g",
        ),
        (
            resource(
                "azure-native:containerservice:AgentPool",
                resourceGroupName="g",
                resourceName="c",
                agentPoolName="p",
            ),
            f"{GROUP}/Microsoft.ContainerService/managedClusters/c/agentPools/p",
        ),
        (
            resource("gcp:container/nodePool:NodePool", location="l", cluster="c", name="p"),
            "l/c/p",
        ),
        (
            resource("gcp:serviceaccount/account:Account", accountId="a"),
            "projects/acme-gpus/serviceAccounts/a@acme-gpus.iam.gserviceaccount.com",
        ),
        (resource("kubernetes:helm.sh/v3:Release", namespace="n", name="r"), "n/r"),
    ],
)
def test_what_we_name_is_known_by_that_name(asked: dict[str, Any], told: str) -> None:
    assert named_id(asked, KNOWN) == told


def test_without_all_that_the_name_is_made_of_nothing_is_told() -> None:
    budget = resource("aws:budgets/budget:Budget", name="b")

    assert named_id(budget, {}) is None
    assert named_id(resource("aws:eks/cluster:Cluster"), KNOWN) is None
    assert named_id(resource("aws:eks/cluster:Cluster", name={"secret": 1}), KNOWN) is None
    assert named_id(resource("aws:ec2/vpc:Vpc", name="b"), KNOWN) is None


def test_a_type_has_one_way_to_be_found() -> None:
    assert not NAMED.keys() & TAGGED.keys()
    assert not (NAMED.keys() | TAGGED.keys()) & REPEATABLE


def test_whose_account_it_is_is_read_from_other_resources() -> None:
    held = [
        {"id": "vpc-1", "outputs": {"arn": "arn:aws:ec2:eu-north-1:123456789012:vpc/vpc-1"}},
        {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"},
        {"id": "projects/acme-gpus/global/networks/n"},
    ]

    assert facts(held, {}) == KNOWN


def test_else_from_the_environment() -> None:
    told = {
        "ARM_SUBSCRIPTION_ID": SUBSCRIPTION,
        "GOOGLE_PROJECT": "p",
        "AZURE_SUBSCRIPTION_ID": "x",
    }

    assert facts([], told) == {"subscription": SUBSCRIPTION, "project": "p"}


def test_tags_name_a_resource_only_together() -> None:
    assert identity(resource("aws:ec2/vpc:Vpc", tags=TAGS)) == {
        key: TAGS[key] for key in ("broker-fleet", "broker-cluster", "broker-resource")
    }
    assert identity(resource("aws:ec2/vpc:Vpc", tags={"broker-fleet": "f"})) is None
    assert identity(resource("aws:ec2/vpc:Vpc")) is None


def test_ids_are_read_from_arns_as_the_provider_imports_them() -> None:
    association = resource("aws:eks/podIdentityAssociation:PodIdentityAssociation", clusterName="c")

    assert id_in_arn(resource("aws:ec2/vpc:Vpc"), "arn:aws:ec2:r:1:vpc/vpc-1") == "vpc-1"
    assert id_in_arn(association, "arn:aws:eks:r:1:podidentityassociation/c/a-1") == "c,a-1"


@pytest.fixture
def aws() -> Iterator[dict[str, str]]:
    """The environment that leads to a cloud that speaks Amazon's protocol."""
    stand_in = AwsSandbox()
    try:
        yield dict(stand_in.start(()))
    finally:
        stand_in.stop()


def test_a_resource_is_found_by_its_tags(aws: dict[str, str]) -> None:
    ec2 = boto3.client(
        "ec2", region_name="eu-north-1", endpoint_url=aws["BROKER_AWS_ENDPOINT"], **STAND_IN
    )
    asked = resource("aws:ec2/vpc:Vpc", region="eu-north-1", tags=TAGS)
    assert tagged_ids(asked, aws) == []

    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    ec2.create_vpc(CidrBlock="10.1.0.0/16")
    made = ec2.create_vpc(
        CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}]
    )

    assert tagged_ids(asked, aws) == [made["Vpc"]["VpcId"]]
    ec2.close()


def test_what_tags_do_not_name_is_not_asked_about(aws: dict[str, str]) -> None:
    assert tagged_ids(resource("aws:ec2/vpc:Vpc", tags={}), aws) is None
    assert tagged_ids(resource("gcp:billing/budget:Budget"), aws) is None


def test_a_cloud_that_does_not_answer_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(NotAsked):
        tagged_ids(
            resource("aws:ec2/vpc:Vpc", region="eu-north-1", tags=TAGS),
            {"BROKER_AWS_ENDPOINT": "http://127.0.0.1:9"},
        )
