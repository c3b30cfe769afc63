"""What a cloud refuses of inputs of which each is right by itself, and what it lets nobody be called."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from broker.domain.ids import ClusterName
from broker.domain.members import Member, MemberPool, Sharing, SharingKind
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from stacks.sandbox.values import mapped
from tests.fakes.recorded_stacks import a_member, a_pool, an_identity, record
from tests.fakes.sandbox_desks import Counter, world

AGENTS = "azure-native:containerservice:AgentPool"
AKS = "azure-native:containerservice:ManagedCluster"
NEAR = "azure-native:compute:ProximityPlacementGroup"
HELD = "azure-native:compute:CapacityReservation"
VNET = "azure-native:network:VirtualNetwork"
BUDGET = "azure-native:consumption:Budget"
VAULT = "azure-native:keyvault:Vault"
NODES = "gcp:container/nodePool:NodePool"
GKE = "gcp:container/cluster:Cluster"
ACCOUNT = "gcp:serviceaccount/account:Account"

GROUP = {"resourceGroupName": "g"}
POOL = {**GROUP, "resourceName": "c"}
PROPERTIES = {
    "properties": {"sku": {"family": "A", "name": "standard"}, "tenantId": "t"},
}
KEPT = {**GROUP, "capacityReservationGroupName": "k"}
SPECIFIC = {"reservationAffinity": {"consumeReservationType": "SPECIFIC_RESERVATION"}}
COMPACT = {"placementPolicy": {"type": "COMPACT"}}
AUTO = {"networkConfig": {"acceleratorNetworkProfile": "auto"}}
SCALED = {"autoscaling": {"totalMinNodeCount": 0, "totalMaxNodeCount": 2}}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Counter]:
    with world(tmp_path) as opened:
        yield Counter(opened)


def found(at: Counter, type_: str, name: str = "it", /, **inputs: Any) -> list[str]:
    """What is wrong, but for reservations that nobody has made here."""
    told = mapped(inputs, lambda leaf: int(leaf) if leaf.__class__ is float else leaf)
    return [reason for reason in at.check(type_, name, **told) if "does not exist" not in reason]


def shared(clients: int) -> dict[str, Any]:
    sharing = {"gpuSharingStrategy": "MPS", "maxSharedClientsPerGpu": clients}
    return {"guestAccelerators": [{"type": "t", "count": 1, "gpuSharingConfig": sharing}]}


def nodes(machine_type: str = "a3-megagpu-8g", **config: Any) -> dict[str, Any]:
    return {"cluster": "c", "nodeConfig": {"machineType": machine_type, **config}}


def sized(size: str) -> dict[str, Any]:
    return {**KEPT, "sku": {"name": size, "capacity": 1}}


@pytest.mark.parametrize(
    ("type_", "right", "wrong"),
    [
        (AGENTS, POOL, {"availabilityZones": ["westeurope-az1"]}),
        (
            AGENTS,
            {**POOL, "capacityReservationGroupID": "k"},
            {"proximityPlacementGroupID": "p"},
        ),
        (AGENTS, {**POOL, "capacityReservationGroupID": "k"}, {"scaleSetPriority": "Spot"}),
        (AGENTS, POOL, {"scaleSetEvictionPolicy": "Delete"}),
        (AGENTS, POOL, {"spotMaxPrice": -1.0}),
        (AGENTS, {**POOL, "scaleSetPriority": "Spot"}, {"upgradeSettings": {"maxSurge": "1"}}),
        (AGENTS, POOL, {"minCount": 1}),
        (AGENTS, {**POOL, "agentPoolName": "a1"}, {"agentPoolName": "a-1"}),
        (AGENTS, {**POOL, "agentPoolName": "a" * 12}, {"agentPoolName": "a" * 13}),
        (
            AKS,
            {**GROUP, "apiServerAccessProfile": {"enablePrivateCluster": True}},
            {
                "apiServerAccessProfile": {
                    "enablePrivateCluster": True,
                    "authorizedIPRanges": ["203.0.113.7/32"],
                }
            },
        ),
        (NEAR, {**GROUP, "intent": {"vmSizes": ["s"]}, "zones": ["1"]}, {"intent": None}),
        (HELD, sized("Standard_NC24ads_A100_v4"), sized("Standard_ND96isr_H100_v5")),
        (HELD, sized("Standard_NC24ads_A100_v4"), sized("Standard_NC40ads_H100_v5")),
        (VNET, {**GROUP, "virtualNetworkName": "n" * 64}, {"virtualNetworkName": "n" * 65}),
        (VNET, {**GROUP, "tags": {"team": "a"}}, {"tags": {"team/cost": "a"}}),
        (VAULT, {**GROUP, **PROPERTIES, "vaultName": "v-1"}, {"vaultName": "v--1"}),
        (NODES, {**nodes(), **AUTO, "nodeLocations": ["z-a"]}, {"nodeLocations": None}),
        (NODES, {**nodes(), **AUTO, "nodeLocations": ["z-a"]}, {"nodeLocations": ["z-a", "z-b"]}),
        (NODES, {**nodes(), **AUTO, "nodeLocations": ["z-a"]}, nodes("g2-standard-4")),
        (NODES, {**nodes(), **COMPACT}, nodes("n1-standard-8")),
        (NODES, {**nodes(), **COMPACT}, nodes(**SPECIFIC)),
        (NODES, {**nodes(flexStart=True), **SCALED}, {"autoscaling": None}),
        (NODES, {**nodes(flexStart=True), **SCALED}, nodes(flexStart=True, spot=True)),
        (NODES, {**nodes(flexStart=True), **SCALED}, nodes(flexStart=True, **SPECIFIC)),
        (NODES, {**nodes(flexStart=True), **SCALED}, {"management": {"autoRepair": True}}),
        (NODES, nodes(), {"queuedProvisioning": {"enabled": True}}),
        (NODES, nodes(**shared(48)), nodes(**shared(49))),
        (NODES, {**nodes(), "name": "n" * 40}, {"name": "n" * 41}),
        (GKE, {"resourceLabels": {"a": "b_c-1"}}, {"resourceLabels": {"a": "B"}}),
        (ACCOUNT, {"accountId": "nodes1"}, {"accountId": "nodes"}),
        (ACCOUNT, {"accountId": "a" * 30}, {"accountId": "a" * 31}),
    ],
)
def test_one_thing_more_is_refused(
    at: Counter, type_: str, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert found(at, type_, **right) == []

    [reason] = found(at, type_, **{**right, **wrong})
    assert reason


def test_a_budget_of_azure_has_a_short_name(at: Counter) -> None:
    budget = {
        "scope": "/subscriptions/s",
        "amount": 1.0,
        "category": "Cost",
        "timeGrain": "Monthly",
        "timePeriod": {"startDate": "2026-11-01T00:00:00Z"},
    }

    assert at.check(BUDGET, **budget, budgetName="b" * 63) == []
    assert len(at.check(BUDGET, **budget, budgetName="b" * 64)) == 1


def asked(machine: MemberPool, *names: str) -> Iterator[MemberPool]:
    """A pool of *machine* for each capacity type, way to share and nearness of *names*."""
    ways: dict[str, dict[str, Any]] = {
        "spot": {"capacity_type": CapacityType.SPOT, "min_nodes": 0},
        "flex": {"capacity_type": CapacityType.FLEX, "is_compact": True},
        "reserved": {"capacity_type": CapacityType.RESERVED},
        "near": {"is_compact": True},
        "near-and-reserved": {"capacity_type": CapacityType.RESERVED, "is_compact": True},
        "sliced": {"sharing": Sharing(kind=SharingKind.TIME_SLICING, replicas=48)},
        "cut": {"sharing": Sharing(kind=SharingKind.MIG, replicas=7, profile="1g.10gb")},
    }
    for name in names:
        yield replace(machine, name=type(machine.name)(name), **ways[name])


AZURE = a_pool(
    machine_type="Standard_NC96ads_A100_v4",
    accelerator="A100-80GB",
    accelerators=Fraction(4),
    zone="2",
)
GCP = a_pool(machine_type="a3-megagpu-8g", accelerator="H100-MEGA", zone="europe-west4-b")
GANGS = ("near", "near-and-reserved", "reserved", "sliced", "spot")
MEMBERS = {
    "azure": a_member("azure", "westeurope", AZURE, *asked(AZURE, *GANGS, "cut")),
    "gcp": a_member("gcp", "europe-west4", GCP, *asked(GCP, *GANGS, "flex")),
}


def long(member: Member) -> Member:
    """It, with all that may be said of a member, and names that fill what there is room for."""
    return replace(
        member,
        fleet="f" * 63,
        name=ClusterName("azure-westeurope-" + "c" * 46),
        budget_monthly=Money(1_000_000),
        identities=(an_identity("train" * 12),),
        is_protected=True,
    )


@pytest.mark.parametrize("cloud", sorted(MEMBERS))
def test_what_the_programs_make_is_taken(at: Counter, cloud: str) -> None:
    stack = record(long(MEMBERS[cloud]))

    refused = {
        name: reasons
        for (type_, name), one in stack.resources.items()
        if not type_.startswith(("kubernetes:", "pulumi:"))
        for reasons in [found(at, type_, name, **one.inputs)]
        if reasons
    }
    assert refused == {}
