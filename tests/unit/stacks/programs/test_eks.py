"""A member on AWS: what its program asks for, and what each option of a pool changes, and no more."""

import json
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from broker.domain.members import MemberPool, Sharing, SharingKind
from broker.domain.offers import CapacityType
from stacks.programs.aws.machines import FABRICS
from stacks.programs.pools import POOL_TIMEOUT
from tests.fakes.pool_options import Optional, Options, with_options
from tests.fakes.recorded_stacks import GONE, Recorded, a_member, a_pool, record


def member(*pools: MemberPool, **other: Any) -> Any:
    return a_member("aws", "us-east-1", *pools, **other)


@pytest.fixture(scope="module")
def plain() -> Recorded:
    return record(member(a_pool()))


OPTIONS: Options = {
    "nothing": ({}, {}),
    "spot": (
        {"capacity_type": CapacityType.SPOT},
        {
            "NodeGroup.capacityType": "SPOT",
            "NodeGroup.labels.broker.dev/capacity-type": "spot",
        },
    ),
    "a zone": (
        {"zone": "use1-az4"},
        {
            "NodeGroup.subnetIds.0": "private-use1-az4-id",
            "NodeGroup.subnetIds.1": GONE,
        },
    ),
    "more nodes": (
        {"nodes": 3, "max_nodes": 5},
        {"NodeGroup.scalingConfig.desiredSize": 3, "NodeGroup.scalingConfig.maxSize": 5},
    ),
    "down to none": ({"min_nodes": 0}, {"NodeGroup.scalingConfig.minSize": 0}),
    "close to each other": (
        {"is_compact": True},
        {
            "+PlacementGroup": True,
            "LaunchTemplate.placement.groupName": "research--aws-us-east-1--POOL",
            "NodeGroup.subnetIds.1": GONE,
        },
    ),
    "reserved": (
        {"capacity_type": CapacityType.RESERVED},
        {
            "+CapacityReservation": True,
            "LaunchTemplate.capacityReservationSpecification.capacityReservationPreference": GONE,
            "LaunchTemplate.capacityReservationSpecification.capacityReservationTarget"
            ".capacityReservationId": "reservation-POOL-id",
            "NodeGroup.labels.broker.dev/capacity-type": "reserved",
            "NodeGroup.subnetIds.1": GONE,
        },
    ),
    "a reservation": (
        {"capacity_type": CapacityType.ON_DEMAND, "reservation": "cr-0a1b2c"},
        {
            "LaunchTemplate.capacityReservationSpecification.capacityReservationPreference": GONE,
            "LaunchTemplate.capacityReservationSpecification.capacityReservationTarget"
            ".capacityReservationId": "cr-0a1b2c",
        },
    ),
    "a named group of reservations": (
        {"reservation": "block-a"},
        {
            "LaunchTemplate.capacityReservationSpecification.capacityReservationPreference": GONE,
            "LaunchTemplate.capacityReservationSpecification.capacityReservationTarget"
            ".capacityReservationResourceGroupArn": "arn:aws:resource-groups:us-east-1:123456789012:group/block-a",
        },
    ),
    "a capacity block": (
        {"capacity_type": CapacityType.CAPACITY_BLOCK, "reservation": "cr-0a1b2c"},
        {
            "LaunchTemplate.capacityReservationSpecification.capacityReservationPreference": GONE,
            "LaunchTemplate.capacityReservationSpecification.capacityReservationTarget"
            ".capacityReservationId": "cr-0a1b2c",
            "LaunchTemplate.instanceMarketOptions.marketType": "capacity-block",
            "LaunchTemplate.instanceType": "p4d.24xlarge",
            "NodeGroup.capacityType": "CAPACITY_BLOCK",
            "NodeGroup.instanceTypes.0": GONE,
            "NodeGroup.labels.broker.dev/capacity-type": "capacity-block",
        },
    ),
    "time slices": (
        {"sharing": Sharing(kind=SharingKind.TIME_SLICING, replicas=4)},
        {"NodeGroup.labels.nvidia.com/device-plugin.config": "time-slicing-4"},
    ),
    "MPS": (
        {"sharing": Sharing(kind=SharingKind.MPS, replicas=3)},
        {"NodeGroup.labels.nvidia.com/device-plugin.config": "mps-3"},
    ),
    "MIG": (
        {"sharing": Sharing(kind=SharingKind.MIG, replicas=7, profile="1g.5gb")},
        {"NodeGroup.labels.nvidia.com/mig.config": "all-1g.5gb"},
    ),
    "labels": (
        {"labels": {"tier": "gold", "broker.dev/pool": "not-this"}},
        {"NodeGroup.labels.tier": "gold"},
    ),
    "workloads": (
        {"workloads": ("train", "Eval 2")},
        {
            "NodeGroup.labels.workload.broker.dev/train": "true",
            "NodeGroup.labels.workload.broker.dev/Eval-2-26f4ac0c": "true",
        },
    ),
    "no devices": (
        {"accelerator": "", "accelerators": Fraction(0)},
        {
            "NodeGroup.amiType": "AL2023_x86_64_STANDARD",
            "NodeGroup.labels.broker.dev/accelerator": "none",
            "NodeGroup.taints.0.effect": GONE,
            "NodeGroup.taints.0.key": GONE,
            "NodeGroup.taints.0.value": GONE,
        },
    ),
    "Neuron": (
        {"accelerator": "Trainium2"},
        {
            "NodeGroup.amiType": "AL2023_x86_64_NEURON",
            "NodeGroup.labels.broker.dev/accelerator": "Trainium2",
            "NodeGroup.taints.0.key": "aws.amazon.com/neuron",
        },
    ),
}
MACHINE = {"machine_type": "p4d.24xlarge", "accelerator": "A100"}


@pytest.fixture(scope="module")
def optional() -> Optional:
    return with_options(OPTIONS, member, MACHINE)


@pytest.mark.parametrize("label", OPTIONS)
def test_an_option_of_a_pool_changes_what_it_says_and_nothing_else(
    label: str, optional: Optional
) -> None:
    _, expected = OPTIONS[label]

    assert optional.changed_by(label) == expected


def test_nodes_are_private_and_leave_by_one_gateway(plain: Recorded) -> None:
    subnets = {asked.inputs["availabilityZoneId"]: asked.inputs for asked in plain.of("Subnet").values()
               if asked.name.startswith("private")}  # fmt: skip

    assert sorted(subnets) == ["use1-az1", "use1-az2", "use1-az4"]
    assert not any(subnet["mapPublicIpOnLaunch"] for subnet in subnets.values())
    assert plain.one("NatGateway")["subnetId"] == "public-id"
    assert plain.one("Route", "private-out")["natGatewayId"] == "nat-id"


def test_addresses_of_a_zone_do_not_depend_on_other_zones() -> None:
    few = record(member(a_pool(zone="use1-az1"))).of("Subnet")
    more = record(member(a_pool(zone="use1-az6"), a_pool("other", zone="use1-az1"))).of("Subnet")

    assert {name: more[name].inputs for name in few} == {n: few[n].inputs for n in few}
    assert more["private-use1-az6"].inputs["cidrBlock"] == "10.42.160.0/19"


def test_pools_do_not_move_the_control_plane() -> None:
    moved = record(member(a_pool(zone="use1-az6"))).one("Cluster")["vpcConfig"]["subnetIds"]

    assert moved == [f"private-{zone}-id" for zone in ("use1-az1", "use1-az2", "use1-az4")]


def test_services_of_aws_are_reached_inside_the_network(plain: Recorded) -> None:
    services = {asked.inputs["serviceName"].split("us-east-1.")[1] for asked in
                plain.of("VpcEndpoint").values()}  # fmt: skip

    assert services == {"s3", "ecr.api", "ecr.dkr", "sts"}
    assert plain.one("SecurityGroupIngressRule", "endpoints-https")["cidrIpv4"] == "10.42.0.0/16"


def test_secrets_are_encrypted_with_a_key_that_rotates(plain: Recorded) -> None:
    encryption = plain.one("Cluster")["encryptionConfig"]

    assert encryption == {"provider": {"keyArn": "arn:secrets"}, "resources": ["secrets"]}
    assert plain.one("Key")["enableKeyRotation"] is True


@pytest.fixture(scope="module")
def every_fabric() -> Recorded:
    pools = [a_pool(f"q{n:02}z", machine_type=kind) for n, kind in enumerate(FABRICS)]
    return record(member(*pools))


@pytest.mark.parametrize("machine_type", FABRICS)
def test_every_card_of_the_fabric_has_an_interface(
    machine_type: str, every_fabric: Recorded
) -> None:
    fabric = FABRICS[machine_type]
    template = every_fabric.one("LaunchTemplate", f"launch-q{[*FABRICS].index(machine_type):02}z")

    interfaces = template["networkInterfaces"]
    kinds = [interface["interfaceType"] for interface in interfaces]
    assert sum(kind.startswith("efa") for kind in kinds) == fabric.interfaces
    assert [interface["networkCardIndex"] for interface in interfaces] == [*range(len(kinds))]
    assert kinds[0] == ("interface" if fabric.first_card else "efa")
    assert [interface["deviceIndex"] for interface in interfaces] == [0] + [1] * (len(kinds) - 1)
    assert all(
        interface["securityGroups"] == ["sg-cluster", "fabric-id"] for interface in interfaces
    )
    assert "vpcSecurityGroupIds" not in template


def test_the_fabric_s_plugin_runs_where_there_is_one(every_fabric: Recorded) -> None:
    values = every_fabric.one("Release", "efa")["values"]

    assert values["supportedInstanceLabels"]["values"] == sorted(FABRICS)


def test_nodes_without_a_fabric_have_no_part_of_it() -> None:
    recorded = record(member(a_pool(machine_type="g6.xlarge", accelerator="L4")))

    template = recorded.one("LaunchTemplate")
    assert template["vpcSecurityGroupIds"] == ["sg-cluster"]
    assert "networkInterfaces" not in template
    assert "fabric" not in recorded.of("SecurityGroup")
    assert "efa" not in recorded.of("Release")


def test_the_fabric_may_speak_with_itself_both_ways(plain: Recorded) -> None:
    for kind, name in (("SecurityGroupIngressRule", "in"), ("SecurityGroupEgressRule", "out")):
        rule = plain.one(kind, f"fabric-{name}")

        assert rule["securityGroupId"] == rule["referencedSecurityGroupId"] == "fabric-id"
        assert rule["ipProtocol"] == "-1"


def test_disks_are_encrypted_and_metadata_asks_for_a_token(plain: Recorded) -> None:
    template = plain.one("LaunchTemplate")

    assert template["blockDeviceMappings"][0]["ebs"]["encrypted"] == "true"
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1


def test_a_reservation_of_its_own_is_for_its_nodes_alone() -> None:
    pool = a_pool(capacity_type=CapacityType.RESERVED, zone="use1-az4", is_compact=True)
    recorded = record(member(pool))

    reservation = recorded.of("CapacityReservation")["reservation-plain"]
    assert reservation.inputs["instanceCount"] == 2
    assert reservation.inputs["instanceMatchCriteria"] == "targeted"
    assert reservation.inputs["availabilityZone"] == "us-east-1c"
    assert reservation.inputs["placementGroupArn"] == "arn:placement-plain"
    assert reservation.request.deleteBeforeReplace


def test_images_follow_the_processor() -> None:
    pools = [
        a_pool("arm", machine_type="g5g.xlarge", accelerator="T4g"),
        a_pool("cpu", machine_type="g5g.xlarge", accelerator="", accelerators=Fraction(0)),
    ]
    groups = record(member(*pools)).of("NodeGroup")

    assert groups["pool-arm"].inputs["amiType"] == "AL2023_ARM_64_NVIDIA"
    assert groups["pool-cpu"].inputs["amiType"] == "AL2023_ARM_64_STANDARD"


def test_pools_are_given_time_and_replaced_one_after_the_other(plain: Recorded) -> None:
    request = plain.of("NodeGroup")["pool-plain"].request

    timeouts = request.customTimeouts
    assert [timeouts.create, timeouts.update, timeouts.delete] == [POOL_TIMEOUT] * 3
    assert request.deleteBeforeReplace


def test_where_a_machine_type_is_sold_moves_no_running_pool(plain: Recorded) -> None:
    fixed = record(member(a_pool(zone="use1-az2")))

    assert plain.of("NodeGroup")["pool-plain"].request.ignoreChanges == ["subnetIds"]
    assert fixed.of("NodeGroup")["pool-plain"].request.ignoreChanges == []


def test_what_every_pod_needs_does_not_wait_for_gpus(plain: Recorded) -> None:
    names = " ".join(plain.of("Addon")["coredns"].request.dependencies)
    kueue = " ".join(plain.of("Release")["kueue"].request.dependencies)

    assert "NodeGroup::system" in names
    assert "pool-plain" not in names + kueue
    assert "Addon::coredns" in kueue


def test_only_pools_that_change_size_bring_the_autoscaler(plain: Recorded) -> None:
    scaled = record(member(a_pool(min_nodes=0)))

    assert "cluster-autoscaler" not in plain.of("Release")
    values = scaled.one("Release", "cluster-autoscaler")["values"]
    assert values["autoDiscovery"]["clusterName"] == "research--aws-us-east-1"
    policy = json.loads(scaled.one("RolePolicy")["policy"])
    changes = policy["Statement"][1]
    assert changes["Condition"]["StringEquals"] == {
        "aws:ResourceTag/k8s.io/cluster-autoscaler/research--aws-us-east-1": "owned"
    }


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_policies_are_those_of_the_part_of_aws(region: str, partition: str) -> None:
    recorded = record(replace(a_member("aws", region), pools=()))

    attached = [asked.inputs["policyArn"] for asked in recorded.of("RolePolicyAttachment").values()]
    assert attached
    assert all(arn.startswith(f"arn:{partition}:iam::aws:policy/") for arn in attached)


def test_an_owner_and_labels_become_tags_that_aws_takes() -> None:
    plain = record(member(a_pool(), owner="ml@example.com", labels={"cost": "R42 / é"}))
    odd = record(member(a_pool(), owner="bad!! (owner)", labels={"cost": "x" * 255 + "*"}))

    assert (
        plain.one("Cluster")["tags"].items()
        >= {"owner": "ml@example.com", "cost": "R42 / é"}.items()
    )
    tags = odd.one("Cluster")["tags"]
    assert re.fullmatch(r"bad-- -owner--[0-9a-f]{8}", tags["owner"])
    assert re.fullmatch(r"x{247}-[0-9a-f]{8}", tags["cost"])
