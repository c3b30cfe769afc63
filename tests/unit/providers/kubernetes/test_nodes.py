"""What the nodes of a cluster come to, as offers and quotas."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import QuotaUnit
from providers.kubernetes.accelerators import bundled_tables, known_accelerators
from providers.kubernetes.clusters import Cluster
from providers.kubernetes.nodes import Node, nodes, offers, quantity, quotas
from tests.fakes.kube_api import node, pod

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
HALL = RegionKey.parse("kubernetes/hall-1")
CLUSTER = Cluster(
    context="hall-1",
    country="DE",
    jurisdictions=frozenset({"EU"}),
    prices={"H100": Money.parse("1.90"), "T4": Money.parse("0.10")},
)
KNOWN = known_accelerators(bundled_tables())


def read(*listed: dict[str, Any], pods: Any = ()) -> list[Node]:
    found = list(nodes(listed, pods, KNOWN))
    assert not [one for one in found if isinstance(one, Diagnostic)]
    return [one for one in found if isinstance(one, Node)]


def sold(*listed: dict[str, Any]) -> list[Offer]:
    return list(offers(read(*listed), CLUSTER, HALL, NOW))


def test_equal_nodes_are_one_offer_at_the_price_of_its_devices() -> None:
    (offer,) = sold(node("a"), node("b", cpu="188", memory="2000Gi"))

    assert offer.name == "kubernetes/hall-1/8xH100/on-demand"
    assert offer.price == Money.parse("15.20")
    assert offer.price_per_gpu_hour == Money.parse("1.90")
    assert (offer.vcpus, offer.memory_mib) == (188, 2000 * 1024), "as much as the least has"


def test_an_accelerator_without_a_price_is_listed_and_unknown() -> None:
    (offer,) = sold(node("a", "NVIDIA-L40S"))

    assert (offer.accelerator.name, offer.price) == ("L40S", None)


def test_machines_of_one_name_with_other_devices_are_told_apart() -> None:
    instance = {"node.kubernetes.io/instance-type": "rack/one"}

    found = sold(node("a", labels=instance), node("b", "Tesla-T4", devices="2", labels=instance))

    assert [offer.machine_type for offer in found] == ["rack-one-2xT4", "rack-one-8xH100"]


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("karpenter.sh/capacity-type", "spot"),
        ("eks.amazonaws.com/capacityType", "SPOT"),
        ("cloud.google.com/gke-spot", "true"),
        ("kubernetes.azure.com/scalesetpriority", "spot"),
    ],
)
def test_a_node_that_may_be_taken_away_is_spot(label: str, value: str) -> None:
    (offer,) = sold(node("a", labels={label: value}))

    assert offer.capacity_type is CapacityType.SPOT


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("NVIDIA-H100-80GB-HBM3", "H100"),
        ("NVIDIA-H100-NVL", "H100-NVL"),
        ("nvidia-h100-mega-80gb", "H100-MEGA"),
        ("NVIDIA-A100-SXM4-40GB", "A100"),
        ("NVIDIA-A100-SXM4-80GB", "A100-80GB"),
        ("NVIDIA-A100-80GB-PCIe", "A100-80GB"),
        ("NVIDIA-A10", "A10"),
        ("NVIDIA-A10G", "A10G"),
        ("Tesla-V100-SXM2-32GB", "V100-32GB"),
        ("Tesla-T4-SHARED", "T4"),
        ("AMD_Instinct_MI300X_OAM".replace("_", "-"), "MI300X"),
    ],
)
def test_products_are_known_by_their_labels(product: str, name: str) -> None:
    (found,) = read(node("a", product))

    assert (found.accelerator.value.name, found.accelerator.known) == (name, True)


def test_a_new_product_keeps_its_name_and_memory() -> None:
    (found,) = read(node("a", "NVIDIA-Z900", labels={"nvidia.com/gpu.memory": "524288"}))

    accelerator = found.accelerator
    assert (accelerator.value.name, accelerator.value.memory_mib) == ("NVIDIA-Z900", 524288)
    assert not accelerator.known


def test_a_node_without_accelerators_is_no_offer() -> None:
    assert read(node("a", devices="0"), node("b", resource="example.com/fpga")) == []


def test_devices_that_are_shared_by_time_are_counted_once() -> None:
    shared = {"nvidia.com/gpu.replicas": "4"}

    (found,) = read(node("a", "Tesla-T4-SHARED", devices="8", labels=shared))

    assert found.devices == Fraction(2)


def test_quotas_are_what_is_there_and_what_is_taken() -> None:
    found = read(
        node("a"),
        node("b"),
        node("down", ready=False),
        node("drained", unschedulable=True),
        pods=[pod("p", "a", "3"), pod("q", "a", "1"), pod("done", "b", "8", "Succeeded")],
    )

    counted = {quota.unit: quota for quota in quotas(found, HALL)}

    assert (counted[QuotaUnit.NODES].limit, counted[QuotaUnit.NODES].used) == (2, None)
    devices = counted[QuotaUnit.ACCELERATORS]
    assert (devices.limit, devices.used) == (16, 4)


@pytest.mark.parametrize(
    "damage", [{"status": {}}, {"status": {"capacity": {"cpu": "1", "nvidia.com/gpu": "many"}}}]
)
def test_a_node_that_can_not_be_read_is_told(damage: dict[str, Any]) -> None:
    (finding,) = nodes([{**node("odd"), **damage}], [], KNOWN)

    assert isinstance(finding, Diagnostic)
    assert (finding.code, finding.subject) == ("machine-type-unreadable", "odd")


def test_quantities() -> None:
    assert [quantity(text) for text in ("8", "0.5", "1900m", "1Gi", "2k")] == [
        8, Fraction(1, 2), Fraction(19, 10), 2**30, 2000,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="not a quantity"):
        quantity("lots")
