"""A member on Google Cloud: what its program asks for, and what each option of a pool changes."""

from fractions import Fraction
from typing import Any

import pytest

from broker.domain.members import MemberPool, Sharing, SharingKind
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from stacks.programs.pools import POOL_TIMEOUT
from tests.fakes.pool_options import Optional, Options, with_options
from tests.fakes.recorded_stacks import GONE, Recorded, a_member, a_pool, record

L4 = {
    "machine_type": "g2-standard-48",
    "accelerator": "L4",
    "accelerators": Fraction(4),
    "zone": "europe-west4-a",
}
DEVICES = "NodePool.nodeConfig.guestAccelerators.0"


def member(*pools: MemberPool, **other: Any) -> Any:
    return a_member("gcp", "europe-west4", *pools, **other)


@pytest.fixture(scope="module")
def plain() -> Recorded:
    return record(member(a_pool(**L4)))


def label(capacity_type: str) -> dict[str, Any]:
    return {"NodePool.nodeConfig.labels.broker.dev/capacity-type": capacity_type}


def affinity(name: str) -> dict[str, Any]:
    return {
        "NodePool.nodeConfig.reservationAffinity.consumeReservationType": "SPECIFIC_RESERVATION",
        "NodePool.nodeConfig.reservationAffinity.key": "compute.googleapis.com/reservation-name",
        "NodePool.nodeConfig.reservationAffinity.values.0": name,
    }


FLEX = {
    **label("flex"),
    "NodePool.autoscaling.locationPolicy": "ANY",
    "NodePool.autoscaling.totalMaxNodeCount": 2,
    "NodePool.autoscaling.totalMinNodeCount": 0,
    "NodePool.initialNodeCount": 0,
    "NodePool.management.autoRepair": False,
    "NodePool.nodeConfig.flexStart": True,
    "NodePool.nodeCount": GONE,
    "NodePool.upgradeSettings.maxSurge": GONE,
    "NodePool.upgradeSettings.maxUnavailable": GONE,
    "NodePool.upgradeSettings.strategy": GONE,
}
OPTIONS: Options = {
    "nothing": ({}, {}),
    "spot": (
        {"capacity_type": CapacityType.SPOT},
        {**label("spot"), "NodePool.nodeConfig.spot": True},
    ),
    "flex": ({"capacity_type": CapacityType.FLEX}, FLEX),
    "flex for a gang": (
        {"capacity_type": CapacityType.FLEX, "is_compact": True},
        {**FLEX, "NodePool.queuedProvisioning.enabled": True},
    ),
    "another zone": (
        {"zone": "europe-west4-b"},
        {"NodePool.nodeLocations.0": "europe-west4-b"},
    ),
    "any zone": (
        {"zone": None},
        {
            "NodePool.autoscaling.locationPolicy": "ANY",
            "NodePool.autoscaling.totalMaxNodeCount": 2,
            "NodePool.autoscaling.totalMinNodeCount": 2,
            "NodePool.initialNodeCount": 0,
            "NodePool.nodeCount": GONE,
            "NodePool.nodeLocations.0": "europe-west4-b",
            "NodePool.nodeLocations.1": "europe-west4-c",
        },
    ),
    "close to each other in any zone": (
        {"zone": None, "is_compact": True},
        {
            "+ResourcePolicy": True,
            "NodePool.nodeLocations.0": "europe-west4-b",
            "NodePool.placementPolicy.type": "COMPACT",
            "NodePool.placementPolicy.policyName": "research--gcp-europe-west4--POOL",
        },
    ),
    "attached devices, close to each other": (
        {"is_compact": True, "machine_type": "n1-standard-32"},
        {"NodePool.nodeConfig.machineType": "n1-standard-32"},
    ),
    "a reservation for a gang": (
        {"is_compact": True, "reservation": "block-a"},
        affinity("block-a"),
    ),
    "more nodes": ({"nodes": 3, "min_nodes": 3, "max_nodes": 3}, {"NodePool.nodeCount": 3}),
    "bounds": (
        {"min_nodes": 0, "max_nodes": 5},
        {
            "NodePool.autoscaling.locationPolicy": "ANY",
            "NodePool.autoscaling.totalMaxNodeCount": 5,
            "NodePool.autoscaling.totalMinNodeCount": 0,
        },
    ),
    "close to each other": (
        {"is_compact": True},
        {
            "+ResourcePolicy": True,
            "NodePool.placementPolicy.type": "COMPACT",
            "NodePool.placementPolicy.policyName": "research--gcp-europe-west4--POOL",
        },
    ),
    "reserved": (
        {"capacity_type": CapacityType.RESERVED},
        {**label("reserved"), **affinity("reservation-POOL-id"), "+Reservation": True},
    ),
    "a reservation": (
        {"capacity_type": CapacityType.RESERVED, "reservation": "block-a"},
        {**label("reserved"), **affinity("block-a")},
    ),
    "a calendar reservation": (
        {"capacity_type": CapacityType.CAPACITY_BLOCK, "reservation": "block-b"},
        {**label("capacity-block"), **affinity("block-b")},
    ),
    "time slices": (
        {"sharing": Sharing(kind=SharingKind.TIME_SLICING, replicas=4)},
        {
            f"{DEVICES}.gpuSharingConfig.gpuSharingStrategy": "TIME_SHARING",
            f"{DEVICES}.gpuSharingConfig.maxSharedClientsPerGpu": 4,
        },
    ),
    "MPS": (
        {"sharing": Sharing(kind=SharingKind.MPS, replicas=3)},
        {
            f"{DEVICES}.gpuSharingConfig.gpuSharingStrategy": "MPS",
            f"{DEVICES}.gpuSharingConfig.maxSharedClientsPerGpu": 3,
        },
    ),
    "MIG": (
        {"sharing": Sharing(kind=SharingKind.MIG, replicas=7, profile="1g.10gb")},
        {f"{DEVICES}.gpuPartitionSize": "1g.10gb"},
    ),
    "GPUDirect": (
        {"machine_type": "a3-megagpu-8g"},
        {
            "NodePool.networkConfig.acceleratorNetworkProfile": "auto",
            "NodePool.nodeConfig.machineType": "a3-megagpu-8g",
        },
    ),
    "GPUDirect by RDMA": (
        {"machine_type": "a4-highgpu-8g"},
        {
            "NodePool.networkConfig.acceleratorNetworkProfile": "auto",
            "NodePool.nodeConfig.gpudirectStrategy": "RDMA",
            "NodePool.nodeConfig.machineType": "a4-highgpu-8g",
        },
    ),
    "labels": ({"labels": {"tier": "gold"}}, {"NodePool.nodeConfig.labels.tier": "gold"}),
    "workloads": (
        {"workloads": ("train",)},
        {"NodePool.nodeConfig.labels.workload.broker.dev/train": "true"},
    ),
    "a slice of a device": ({"accelerators": Fraction(1, 2)}, {f"{DEVICES}.count": 1}),
    "a newer device": (
        {"accelerator": "X100"},
        {
            f"{DEVICES}.type": "nvidia-x100",
            "NodePool.nodeConfig.labels.broker.dev/accelerator": "X100",
        },
    ),
    "TPU": (
        {"accelerator": "TPU-v5e"},
        {
            f"{DEVICES}.count": GONE,
            f"{DEVICES}.gpuDriverInstallationConfig.gpuDriverVersion": GONE,
            f"{DEVICES}.type": GONE,
            "NodePool.nodeConfig.labels.broker.dev/accelerator": "TPU-v5e",
            "NodePool.nodeConfig.taints.0.key": "google.com/tpu",
        },
    ),
    "no devices": (
        {"accelerator": "", "accelerators": Fraction(0)},
        {
            f"{DEVICES}.count": GONE,
            f"{DEVICES}.gpuDriverInstallationConfig.gpuDriverVersion": GONE,
            f"{DEVICES}.type": GONE,
            "NodePool.nodeConfig.labels.broker.dev/accelerator": "none",
            "NodePool.nodeConfig.taints.0.effect": GONE,
            "NodePool.nodeConfig.taints.0.key": GONE,
            "NodePool.nodeConfig.taints.0.value": GONE,
        },
    ),
}


@pytest.fixture(scope="module")
def optional() -> Optional:
    return with_options(OPTIONS, member, L4)


@pytest.mark.parametrize("label", OPTIONS)
def test_an_option_of_a_pool_changes_what_it_says_and_nothing_else(
    label: str, optional: Optional
) -> None:
    _, expected = OPTIONS[label]

    assert optional.changed_by(label) == expected


def test_nodes_are_private_and_leave_by_one_gateway(plain: Recorded) -> None:
    assert plain.one("Cluster")["privateClusterConfig"]["enablePrivateNodes"] is True
    assert plain.one("RouterNat")["natIpAllocateOption"] == "AUTO_ONLY"
    assert plain.one("Subnetwork")["privateIpGoogleAccess"] is True


def test_only_the_cluster_s_own_addresses_are_heard(plain: Recorded) -> None:
    rule = plain.one("Firewall")

    assert rule["sourceRanges"] == ["10.42.0.0/17", "100.64.0.0/13"]


def test_secrets_are_encrypted_with_a_key_that_rotates(plain: Recorded) -> None:
    [key] = plain.of("CryptoKey").values()

    encryption = plain.one("Cluster")["databaseEncryption"]
    assert encryption == {"state": "ENCRYPTED", "keyName": f"{key.name}-id"}
    assert key.inputs["rotationPeriod"] == "7776000s"
    assert plain.one("CryptoKeyIAMMember")["member"] == (
        "serviceAccount:service-42@container-engine-robot.iam.gserviceaccount.com"
    )
    needed = " ".join(plain.of("Cluster")["cluster"].request.dependencies)
    assert "CryptoKeyIAMMember::secrets" in needed


def test_names_that_google_never_gives_again_are_left_to_the_engine(plain: Recorded) -> None:
    for kind in ("KeyRing", "CryptoKey"):
        [asked] = plain.of(kind).values()

        assert "name" not in asked.inputs
        assert len(asked.name) + len("-1234567") <= 63


def test_nodes_have_an_account_of_little_power(plain: Recorded) -> None:
    role = plain.of("IAMMember")["node"].inputs

    assert role["role"] == "roles/container.defaultNodeServiceAccount"
    for pool in plain.of("NodePool").values():
        config = pool.inputs["nodeConfig"]
        assert config["serviceAccount"] == role["member"].removeprefix("serviceAccount:")
        assert config["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}
        assert config["shieldedInstanceConfig"]["enableSecureBoot"] is True


def test_the_pool_that_goes_at_once_has_the_account_of_the_nodes(plain: Recorded) -> None:
    cluster = plain.of("Cluster")["cluster"]

    account = plain.one("NodePool", "system")["nodeConfig"]["serviceAccount"]
    assert cluster.inputs["removeDefaultNodePool"] is True
    assert cluster.inputs["nodeConfig"]["serviceAccount"] == account
    assert cluster.request.ignoreChanges == ["nodeConfig"]
    assert "IAMMember::node" in " ".join(cluster.request.dependencies)


def test_no_other_pool_eats_up_a_reservation(plain: Recorded) -> None:
    config = plain.one("NodePool", "pool-plain")["nodeConfig"]

    assert config["reservationAffinity"] == {"consumeReservationType": "NO_RESERVATION"}


def test_a_pool_whose_gpus_speak_directly_changes_nothing_of_the_cluster(plain: Recorded) -> None:
    direct = record(member(a_pool(**{**L4, "machine_type": "a3-highgpu-8g"})))

    assert direct.one("Cluster") == plain.one("Cluster")
    assert plain.one("Cluster")["enableMultiNetworking"] is True


def test_a_reservation_of_its_own_is_for_its_nodes_alone() -> None:
    recorded = record(member(a_pool(**{**L4, "capacity_type": CapacityType.RESERVED})))

    reservation = recorded.one("Reservation")
    assert reservation["specificReservationRequired"] is True
    assert reservation["specificReservation"] == {
        "count": 2,
        "instanceProperties": {"machineType": "g2-standard-48"},
    }


def test_attached_devices_are_part_of_a_reservation() -> None:
    pool = a_pool(
        machine_type="n1-standard-8",
        accelerator="T4",
        accelerators=Fraction(2),
        zone="europe-west4-b",
        capacity_type=CapacityType.RESERVED,
    )
    properties = record(member(pool)).one("Reservation")["specificReservation"]

    assert properties["instanceProperties"]["guestAccelerators"] == [
        {"acceleratorType": "nvidia-tesla-t4", "acceleratorCount": 2}
    ]


def test_pools_are_given_time_and_replaced_one_after_the_other(plain: Recorded) -> None:
    request = plain.of("NodePool")["pool-plain"].request

    timeouts = request.customTimeouts
    assert [timeouts.create, timeouts.update, timeouts.delete] == [POOL_TIMEOUT] * 3
    assert request.deleteBeforeReplace


def test_nodes_stay_in_the_zones_that_were_chosen_for_them() -> None:
    stack = record(member(a_pool(**{**L4, "zone": None}), a_pool("told", **L4)))

    pools = stack.of("NodePool")
    assert "nodeLocations" in pools["pool-plain"].request.ignoreChanges
    assert "nodeLocations" not in pools["pool-told"].request.ignoreChanges


def test_google_brings_what_gpus_need(plain: Recorded) -> None:
    assert set(plain.of("Release")) == {"kueue"}
    assert "DCGM" in plain.one("Cluster")["monitoringConfig"]["enableComponents"]


def test_without_devices_nothing_measures_them() -> None:
    recorded = record(member(a_pool(**{**L4, "accelerators": Fraction(0), "accelerator": ""})))

    assert recorded.one("Cluster")["monitoringConfig"]["enableComponents"] == ["SYSTEM_COMPONENTS"]


def test_a_budget_is_exact_to_the_micro_unit() -> None:
    recorded = record(member(a_pool(**L4), budget_monthly=Money.parse("1000.500001")))

    budget = recorded.one("Budget")
    assert budget["amount"]["specifiedAmount"] == {
        "units": "1000",
        "nanos": 500001000,
    }
    assert budget["budgetFilter"]["labels"] == {"broker-cluster": "gcp-europe-west4"}
    assert budget["budgetFilter"]["projects"] == ["projects/42"]
    assert [rule["thresholdPercent"] for rule in budget["thresholdRules"]] == [0.8, 1, 1]
