"""A member on Azure: what its program asks for, and what each option of a pool changes, and no more."""

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from broker.domain.ids import ClusterName
from broker.domain.members import MemberPool, Sharing, SharingKind
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from stacks.programs.azure.reservations import zone_of
from stacks.programs.pools import POOL_TIMEOUT
from tests.fakes.pool_options import Optional, Options, with_options
from tests.fakes.recorded_stacks import GONE, Recorded, a_member, a_pool, record

H100 = {"machine_type": "Standard_ND96isr_H100_v5"}
A100 = {"machine_type": "Standard_NC96ads_A100_v4"}


def member(*pools: MemberPool, **other: Any) -> Any:
    return a_member("azure", "westeurope", *pools, **other)


@pytest.fixture(scope="module")
def plain() -> Recorded:
    return record(member(a_pool(**H100)))


NO_SURGE = {
    "AgentPool.upgradeSettings.maxSurge": GONE,
    "AgentPool.upgradeSettings.maxUnavailable": GONE,
}
RESERVED_LABEL = {"AgentPool.nodeLabels.broker.dev/capacity-type": "reserved"}
OPTIONS: Options = {
    "nothing": ({}, {}),
    "spot": (
        {"capacity_type": CapacityType.SPOT},
        {
            **NO_SURGE,
            "AgentPool.nodeLabels.broker.dev/capacity-type": "spot",
            "AgentPool.nodeLabels.kubernetes.azure.com/scalesetpriority": "spot",
            "AgentPool.nodeTaints.1": "kubernetes.azure.com/scalesetpriority=spot:NoSchedule",
            "AgentPool.scaleSetEvictionPolicy": "Delete",
            "AgentPool.scaleSetPriority": "Spot",
            "AgentPool.spotMaxPrice": -1,
        },
    ),
    "a zone": ({"zone": "2"}, {"AgentPool.availabilityZones.0": "2"}),
    "more nodes": ({"nodes": 3, "min_nodes": 3, "max_nodes": 3}, {"AgentPool.count": 3}),
    "bounds": (
        {"min_nodes": 0, "max_nodes": 5},
        {
            "AgentPool.enableAutoScaling": True,
            "AgentPool.minCount": 0,
            "AgentPool.maxCount": 5,
        },
    ),
    "close to each other": (
        {"is_compact": True},
        {
            "+ProximityPlacementGroup": True,
            "AgentPool.proximityPlacementGroupID": "placement-POOL-id",
        },
    ),
    "reserved": (
        {"capacity_type": CapacityType.RESERVED, **A100},
        {
            **RESERVED_LABEL,
            "AgentPool.vmSize": "Standard_NC96ads_A100_v4",
            "+CapacityReservation": True,
            "+CapacityReservationGroup": True,
            "+RoleAssignment": True,
            "AgentPool.capacityReservationGroupID": "reservation-POOL-id",
        },
    ),
    "a reservation for a gang in a zone": (
        {"reservation": "shared/block-a", "is_compact": True, "zone": "westeurope-az1"},
        {
            "+RoleAssignment": True,
            "AgentPool.availabilityZones.0": "3",
            "AgentPool.capacityReservationGroupID": "/subscriptions/sub/resourceGroups/shared"
            "/providers/Microsoft.Compute/capacityReservationGroups/block-a",
        },
    ),
    "a reservation by id": (
        {"capacity_type": CapacityType.RESERVED, "reservation": "/subscriptions/s/groups/g"},
        {
            **RESERVED_LABEL,
            "+RoleAssignment": True,
            "AgentPool.capacityReservationGroupID": "/subscriptions/s/groups/g",
        },
    ),
    "a reservation by group and name": (
        {"reservation": "shared/block-a"},
        {
            "+RoleAssignment": True,
            "AgentPool.capacityReservationGroupID": "/subscriptions/sub/resourceGroups/shared"
            "/providers/Microsoft.Compute/capacityReservationGroups/block-a",
        },
    ),
    "a reservation by name": (
        {"reservation": "block-a"},
        {
            "+RoleAssignment": True,
            "AgentPool.capacityReservationGroupID": "/subscriptions/sub/resourceGroups/block-a"
            "/providers/Microsoft.Compute/capacityReservationGroups/block-a",
        },
    ),
    "time slices": (
        {"sharing": Sharing(kind=SharingKind.TIME_SLICING, replicas=4)},
        {"AgentPool.nodeLabels.nvidia.com/device-plugin.config": "time-slicing-4"},
    ),
    "MPS": (
        {"sharing": Sharing(kind=SharingKind.MPS, replicas=3)},
        {"AgentPool.nodeLabels.nvidia.com/device-plugin.config": "mps-3"},
    ),
    "MIG": (
        {"sharing": Sharing(kind=SharingKind.MIG, replicas=3, profile="2g.20gb")},
        {"AgentPool.gpuInstanceProfile": "MIG2g"},
    ),
    "labels": ({"labels": {"tier": "gold"}}, {"AgentPool.nodeLabels.tier": "gold"}),
    "workloads": (
        {"workloads": ("train",)},
        {"AgentPool.nodeLabels.workload.broker.dev/train": "true"},
    ),
    "no devices": (
        {"accelerator": "", "accelerators": Fraction(0)},
        {
            "AgentPool.gpuProfile.driver": GONE,
            "AgentPool.nodeLabels.broker.dev/accelerator": "none",
            "AgentPool.nodeTaints": [],
            "AgentPool.nodeTaints.0": GONE,
        },
    ),
    "AMD": (
        {"accelerator": "MI300X"},
        {
            "AgentPool.gpuProfile.driver": "None",
            "AgentPool.nodeLabels.broker.dev/accelerator": "MI300X",
            "AgentPool.nodeTaints.0": "amd.com/gpu=present:NoSchedule",
        },
    ),
}


@pytest.fixture(scope="module")
def optional() -> Optional:
    return with_options(OPTIONS, member, H100)


@pytest.mark.parametrize("label", OPTIONS)
def test_an_option_of_a_pool_changes_what_it_says_and_nothing_else(
    label: str, optional: Optional
) -> None:
    _, expected = OPTIONS[label]

    assert optional.changed_by(label) == expected


def test_nodes_are_private_and_leave_by_one_gateway(plain: Recorded) -> None:
    subnet = plain.one("Subnet")

    assert subnet["defaultOutboundAccess"] is False
    assert subnet["natGateway"] == {"id": "nat-id"}
    assert subnet["addressPrefix"] == "10.42.0.0/17"
    assert plain.one("AgentPool")["enableNodePublicIP"] is False
    assert plain.one("ManagedCluster")["networkProfile"]["outboundType"] == "userAssignedNATGateway"


def test_nothing_comes_in_from_the_internet(plain: Recorded) -> None:
    [rule] = plain.one("NetworkSecurityGroup")["securityRules"]

    assert rule["access"] == "Deny"
    assert rule["sourceAddressPrefix"] == "Internet"


def test_services_of_azure_are_reached_inside_the_network(plain: Recorded) -> None:
    services = [endpoint["service"] for endpoint in plain.one("Subnet")["serviceEndpoints"]]

    assert services == ["Microsoft.ContainerRegistry", "Microsoft.KeyVault", "Microsoft.Storage"]


def test_services_of_the_cluster_have_addresses_of_their_own(plain: Recorded) -> None:
    profile = plain.one("ManagedCluster")["networkProfile"]

    assert profile["serviceCidr"] == "10.42.240.0/20"
    assert profile["dnsServiceIP"] == "10.42.240.10"


def test_secrets_are_encrypted_with_a_key_in_a_vault_of_its_own(plain: Recorded) -> None:
    kms = plain.one("ManagedCluster")["securityProfile"]["azureKeyVaultKms"]
    grant = plain.one("RoleAssignment", "cluster-secrets")

    assert kms["keyId"] == "https://vault.example/keys/secrets/1"
    assert grant["principalId"] == "cluster-principal"
    assert plain.of("ManagedCluster")["cluster"].request.dependencies


def test_a_name_that_azure_would_hold_back_is_left_to_the_engine(plain: Recorded) -> None:
    [vault] = plain.of("Vault").values()

    assert "vaultName" not in vault.inputs
    assert len(vault.name) + len("12345678") <= 24


def test_there_are_no_local_accounts(plain: Recorded) -> None:
    cluster = plain.one("ManagedCluster")

    assert cluster["disableLocalAccounts"] is True
    assert cluster["aadProfile"] == {"managed": True, "enableAzureRBAC": True}
    assert plain.one("RoleAssignment", "cluster-admin")["principalId"] == "me"


def test_grants_have_names_of_their_own_that_stay(plain: Recorded) -> None:
    again = record(member(a_pool(**H100)))
    other = record(a_member("azure", "eastus2", a_pool(**H100)))

    def names(recorded: Recorded) -> set[str]:
        return {a.inputs["roleAssignmentName"] for a in recorded.of("RoleAssignment").values()}

    assert names(again) == names(plain)
    assert len(names(plain)) == 3
    assert not names(other) & names(plain)
    # Of two people who apply in turn, the grant of the first goes before that of the second.
    assert all(a.request.deleteBeforeReplace for a in plain.of("RoleAssignment").values())


def test_protection_locks_the_system_pool_alone() -> None:
    recorded = record(member(a_pool(**H100), is_protected=True))

    lock = recorded.one("ManagementLockByScope")
    assert lock["scope"] == "cluster-id/agentPools/system"
    assert lock["level"] == "CanNotDelete"


def test_what_azure_lists_twice_is_no_change(plain: Recorded) -> None:
    assert plain.of("ManagedCluster")["cluster"].request.ignoreChanges == ["agentPoolProfiles"]


def test_a_reservation_of_its_own_is_there_before_the_nodes() -> None:
    pool = a_pool(capacity_type=CapacityType.RESERVED, zone="3", **A100)
    recorded = record(member(pool))

    reservation = recorded.of("CapacityReservation")["reservation-plain"]
    assert reservation.inputs["sku"] == {"name": "Standard_NC96ads_A100_v4", "capacity": 2}
    assert reservation.inputs["zones"] == ["3"]
    assert reservation.request.deleteBeforeReplace
    needed = " ".join(recorded.of("AgentPool")["pool-plain"].request.dependencies)
    assert "CapacityReservation::reservation-plain" in needed
    assert "RoleAssignment::reservation-plain" in needed


def test_a_zone_of_a_group_of_nodes_is_taken_with_what_is_to_be_in_it() -> None:
    stack = record(member(a_pool(is_compact=True, zone="2", **H100)))

    group = stack.one("ProximityPlacementGroup")
    assert group["zones"] == ["2"]
    assert group["intent"] == {"vmSizes": ["Standard_ND96isr_H100_v5"]}


@pytest.mark.parametrize(("zones", "places"), [((), 0), (("1", "3"), 2)])
def test_a_reservation_that_is_in_no_one_zone_stops_the_stack(
    zones: tuple[str, ...], places: int
) -> None:
    sku, other = (SimpleNamespace(name=one["machine_type"]) for one in (H100, A100))
    told = [SimpleNamespace(sku=sku, zones=[zone]) for zone in zones]
    told.append(SimpleNamespace(sku=other, zones=["2"]))

    with pytest.raises(pulumi.RunError, match=f"in {places} places, of which westeurope-az1"):
        zone_of("block-a", a_pool(zone="westeurope-az1", **H100), told)


def test_pools_are_given_time_and_replaced_one_after_the_other(plain: Recorded) -> None:
    request = plain.of("AgentPool")["pool-plain"].request

    timeouts = request.customTimeouts
    assert [timeouts.create, timeouts.update, timeouts.delete] == [POOL_TIMEOUT] * 3
    assert request.deleteBeforeReplace


def test_names_of_pools_fit_into_twelve_letters() -> None:
    recorded = record(member(a_pool("standard-nd96isr-h100-v5-spot-2", **H100)))

    name = recorded.one("AgentPool")["agentPoolName"]
    assert len(name) == 12
    assert name.isalnum()


def test_labels_become_tags_that_azure_takes() -> None:
    stack = record(member(a_pool(**H100), labels={"team/cost": "a", "team-cost": "b"}))

    found = {k: v for k, v in stack.one("ResourceGroup")["tags"].items() if k.startswith("team")}
    assert found == {"team-cost-341a3e61": "a", "team-cost": "b"}


def test_a_long_fleet_has_names_that_azure_takes() -> None:
    stack = record(
        member(
            a_pool(**H100),
            fleet="f" * 40,
            name=ClusterName("azure-westeurope-" + "c" * 30),
            budget_monthly=Money(1_000_000),
        )
    )

    assert len(stack.one("VirtualNetwork")["virtualNetworkName"]) <= 64
    assert len(stack.one("Budget")["budgetName"]) <= 63
    assert len(stack.one("ManagedCluster")["dnsPrefix"]) <= 54


def test_a_budget_begins_in_the_month_in_which_it_is_made() -> None:
    recorded = record(member(a_pool(**H100), budget_monthly=Money.parse("1000.50")))

    budget = recorded.one("Budget")
    assert budget["timePeriod"] == {"startDate": "2026-11-01T00:00:00Z"}
    assert budget["amount"] == 1000.5
    assert budget["filter"]["dimensions"]["values"] == [
        "research--azure-westeurope",
        "research--azure-westeurope--nodes",
    ]
    assert budget["notifications"]["actual-100"]["contactGroups"] == ["budget-id"]


def test_amd_brings_its_own_device_plugin_and_not_nvidias() -> None:
    recorded = record(member(a_pool(accelerator="MI300X", **H100)))

    assert set(recorded.of("Release")) == {"kueue", "amd"}
