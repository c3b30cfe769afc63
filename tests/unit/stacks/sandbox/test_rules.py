"""What the clouds refuse although every type is right."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacks.sandbox.refusals import Refusal
from stacks.sandbox.world import World
from tests.fakes.sandbox_desks import Counter, world
from tests.fakes.stand_ins import list_prices

POOL = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
SUBNET = "aws:ec2/subnet:Subnet"
RESERVATION = "aws:ec2/capacityReservation:CapacityReservation"
AGENTS = "azure-native:containerservice:AgentPool"
CLUSTER = "azure-native:containerservice:ManagedCluster"
NODES = "gcp:container/nodePool:NodePool"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@pytest.fixture
def told(tmp_path: Path) -> Iterator[World]:
    offers = [offer for cloud in ("aws", "azure", "gcp") for offer in list_prices(cloud)]
    with world(tmp_path, offers) as opened:
        yield opened


@pytest.fixture
def at(told: World) -> Counter:
    return Counter(told)


def pool(**more: Any) -> dict[str, Any]:
    return {
        "clusterName": "c",
        "nodeRoleArn": "arn",
        "subnetIds": ["s"],
        "region": "us-east-1",
        "instanceTypes": ["p5.48xlarge"],
        "scalingConfig": {"desiredSize": 1, "minSize": 0, "maxSize": 2},
        **more,
    }


def scaling(least: int, now: int, most: int) -> dict[str, Any]:
    return {"scalingConfig": {"minSize": least, "desiredSize": now, "maxSize": most}}


def agents(**more: Any) -> dict[str, Any]:
    return {
        "resourceGroupName": "g",
        "resourceName": "c",
        "vmSize": "Standard_ND96isr_H100_v5",
        **more,
    }


def nodes(machine_type: str, **more: Any) -> dict[str, Any]:
    config = {"machineType": machine_type, **more.pop("config", {})}
    return {"cluster": "c", "location": "us-central1-a", "nodeConfig": config, **more}


def test_what_is_sold_there_may_be_had(at: Counter) -> None:
    assert at.check(POOL, **pool()) == []
    assert at.check(AGENTS, **agents()) == []
    assert at.check(NODES, **nodes("a3-highgpu-8g")) == []


@pytest.mark.parametrize("sizes", [(3, 1, 5), (0, 9, 5), (6, 6, 5)])
def test_sizes_are_in_order(at: Counter, sizes: tuple[int, int, int]) -> None:
    [reason] = at.check(POOL, **pool(**scaling(*sizes)))

    assert "is greater than" in reason


def test_sizes_of_azure_and_google_are_in_order_too(at: Counter) -> None:
    scaled = {"enableAutoScaling": True, "minCount": 4, "count": 4, "maxCount": 2}

    assert at.check(AGENTS, **agents(**scaled)) == [
        "the desired size 4 is greater than the max size 2"
    ]
    assert at.check(
        NODES, **nodes("a3-highgpu-8g", autoscaling={"minNodeCount": 3, "maxNodeCount": 1})
    ) == ["the min size 3 is greater than the max size 1"]


@pytest.mark.parametrize(
    ("machine_type", "region", "reason"),
    [
        ("p5.48xlarge", "eu-south-2", "p5.48xlarge is not offered in eu-south-2"),
        ("p5.96xlarge", "us-east-1", "p5.96xlarge is not a machine type of the cloud"),
    ],
)
def test_a_machine_type_is_sold_in_some_regions(
    at: Counter, machine_type: str, region: str, reason: str
) -> None:
    assert at.check(POOL, **pool(instanceTypes=[machine_type], region=region)) == [reason]


def test_machines_without_accelerators_are_everywhere(at: Counter) -> None:
    assert at.check(POOL, **pool(instanceTypes=["m6i.large"])) == []
    assert at.check(AGENTS, **agents(vmSize="Standard_D4ds_v5")) == []
    assert at.check(NODES, **nodes("e2-standard-4")) == []


def test_a_machine_type_is_sold_in_some_zones(at: Counter) -> None:
    assert at.check(NODES, **nodes("a3-highgpu-8g", nodeLocations=["us-central1-f"])) == [
        "a3-highgpu-8g is not offered in zone us-central1-f"
    ]


def test_an_agent_pool_is_where_its_cluster_is(at: Counter) -> None:
    at.create(
        "azure-native:resources:ResourceGroup", resourceGroupName="g", location="francecentral"
    )
    at.create(CLUSTER, resourceGroupName="g", resourceName="c", dnsPrefix="c")

    assert at.check(AGENTS, **agents()) == [
        "Standard_ND96isr_H100_v5 is not offered in francecentral"
    ]


def test_pools_within_a_cluster_are_checked_too(at: Counter) -> None:
    profile = {"name": "p", "vmSize": "Standard_ND96isr_H100_v5", "count": 1}
    cluster = {
        "resourceGroupName": "g",
        "location": "francecentral",
        "agentPoolProfiles": [profile],
    }

    assert at.check(CLUSTER, **cluster) == [
        "Standard_ND96isr_H100_v5 is not offered in francecentral"
    ]


def test_a_machine_has_the_accelerators_that_it_has(at: Counter) -> None:
    attached = {"guestAccelerators": [{"type": "nvidia-h100-80gb", "count": 4}]}

    assert at.check(NODES, **nodes("a3-highgpu-8g", config=attached)) == [
        "a3-highgpu-8g has 8 accelerators, not 4"
    ]


def test_a_fabric_has_as_many_interfaces_as_the_machine_type_has_cards(at: Counter) -> None:
    cards = [{"deviceIndex": 1, "networkCardIndex": n, "interfaceType": "efa"} for n in range(33)]

    assert at.check(TEMPLATE, networkInterfaces=cards[:32], instanceType="p5.48xlarge") == []
    assert at.check(TEMPLATE, networkInterfaces=cards, instanceType="p5.48xlarge") == [
        "p5.48xlarge supports 32 EFA interfaces, not 33"
    ]
    template = at.create(TEMPLATE, "efa", networkInterfaces=cards[:4], region="us-east-1")
    launch = {"launchTemplate": {"id": template.id, "version": "1"}}
    assert at.check(POOL, **pool(instanceTypes=["g6.xlarge"], **launch)) == [
        "g6.xlarge supports 1 EFA interfaces, not 4"
    ]


def test_a_reservation_exists_and_is_for_the_machine_type(at: Counter) -> None:
    def launched(reservation: str) -> dict[str, Any]:
        target = {"capacityReservationTarget": {"capacityReservationId": reservation}}
        template = at.create(
            TEMPLATE, capacityReservationSpecification=target, region="us-east-1", name=reservation
        )
        return pool(launchTemplate={"id": template.id, "version": "1"})

    bought = at.create(
        RESERVATION,
        availabilityZone="us-east-1a",
        instanceCount=2,
        instancePlatform="Linux/UNIX",
        instanceType="p4d.24xlarge",
        region="us-east-1",
    )

    assert at.check(POOL, **launched("cr-0")) == ["The capacity reservation cr-0 does not exist"]
    assert at.check(POOL, **launched(bought.id)) == [
        f"The capacity reservation {bought.id} is for p4d.24xlarge"
    ]
    right = launched(bought.id) | {"instanceTypes": ["p4d.24xlarge"]}
    assert at.check(POOL, **right) == []
    assert at.check(POOL, **{**right, **scaling(0, 3, 3)}) == [
        f"The capacity reservation {bought.id} has 2 nodes, not 3"
    ]


def test_a_group_of_reservations_holds_what_it_holds(at: Counter) -> None:
    group, size = {"capacityReservationGroupName": "k", "resourceGroupName": "g"}, "sku"
    at.create("azure-native:resources:ResourceGroup", resourceGroupName="g", location="eastus")
    made = at.create("azure-native:compute:CapacityReservationGroup", location="eastus", **group)
    at.create(
        "azure-native:compute:CapacityReservation",
        capacityReservationName="nodes",
        location="eastus",
        zones=["1"],
        **{size: {"name": "Standard_NC24ads_A100_v4", "capacity": 1}},
        **group,
    )
    held = agents(
        vmSize="Standard_NC24ads_A100_v4",
        availabilityZones=["1"],
        capacityReservationGroupID=made.id,
        count=3,
    )

    assert at.check(AGENTS, **held) == []
    assert at.check(AGENTS, **{**held, "availabilityZones": ["2"]}) == [
        "The capacity reservation group holds no Standard_NC24ads_A100_v4 in zone 2"
    ]
    assert at.check(AGENTS, **{**held, "vmSize": "Standard_NC48ads_A100_v4"}) == [
        "The capacity reservation group holds no Standard_NC48ads_A100_v4 in zone 1"
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"capacityType": "CHEAP"}, "capacityType"),
        ({"taints": [{"key": "k", "effect": "NoSchedule"}]}, "taints[0].effect"),
        ({"amiType": "AL1"}, "amiType"),
    ],
)
def test_words_that_no_cloud_knows_are_refused(
    at: Counter, wrong: dict[str, Any], field: str
) -> None:
    [reason] = at.check(POOL, **pool(**wrong))

    assert reason.startswith(f"expected {field} to be one of")


def test_what_is_not_known_yet_is_judged_when_it_is(at: Counter, told: World) -> None:
    later = pool(instanceTypes=UNKNOWN, subnetIds=[UNKNOWN], scalingConfig=UNKNOWN)
    assert at.check(POOL, **later) == []

    wrong = pool(instanceTypes=["p5.96xlarge"])
    subject = at.subject(POOL, "it")
    with pytest.raises(Refusal, match="is not a machine type"):
        at.desk(POOL).create(subject, wrong, lambda _: False)
    assert told.ledger.resources() == []
