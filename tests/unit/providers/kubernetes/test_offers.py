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
from providers.kubernetes.offers import Node, nodes, offers, quotas
from providers.kubernetes.quantities import quantity
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


def sliced(name: str, amount: str = "7", **labels: str) -> dict[str, Any]:
    """A node with one H100 that is cut into slices."""
    found = node(
        name, devices=amount, resource="nvidia.com/mig-1g.10gb", cpu="14", memory="70Gi",
    )  # fmt: skip
    found["metadata"]["labels"] |= labels
    return found


def test_slices_are_machines_of_their_own_each_with_its_share_of_the_node() -> None:
    (offer,) = sold(sliced("a"), sliced("b"))

    assert offer.name == "kubernetes/hall-1/1g.10gbxH100/on-demand"
    assert (offer.accelerator.name, offer.count) == ("H100", Fraction(1, 7))
    assert (offer.vcpus, offer.memory_mib) == (2, 10 * 1024)
    assert offer.price == Money.parse("1.90") / 7


def test_a_slice_has_less_of_a_node_that_has_whole_devices_too() -> None:
    (_, slices) = sorted(
        sold({**sliced("a"), "status": mixed("7", "3")}), key=lambda o: o.machine_type, reverse=True
    )

    assert (slices.count, slices.vcpus) == (Fraction(1, 7), 2)


def mixed(slices: str, whole: str) -> dict[str, Any]:
    """The status of a node with so many slices of 1g.10gb, and so many whole devices."""
    capacity = {
        "cpu": "56", "memory": "70Gi", "nvidia.com/gpu": whole, "nvidia.com/mig-1g.10gb": slices,
    }  # fmt: skip
    return {"capacity": capacity, "conditions": [{"type": "Ready", "status": "True"}]}


def test_devices_that_are_all_cut_alike_are_told_by_their_product() -> None:
    product = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb"}

    (offer,) = sold(node("a", devices="2", labels={**product, "nvidia.com/gpu.count": "1"}))

    assert (offer.machine_type, offer.count, offer.vcpus) == ("3g.40gbxH100", Fraction(1, 2), 96)


def test_slices_are_counted_one_by_one() -> None:
    resource = "nvidia.com/mig-1g.10gb"
    found = read(
        sliced("a"), sliced("b"), pods=[pod("p", "a", "2", resource=resource), pod("q", "b", "9")]
    )

    (quota,) = quotas(found, HALL)

    assert (quota.unit, quota.limit, quota.used) == (QuotaUnit.NODES, 14, 2)


@pytest.mark.parametrize("profile", ["1g.10gb.me", "1g.77gb"])
def test_slices_of_another_profile_are_told_and_the_rest_of_the_node_stands(profile: str) -> None:
    listed = node("a")
    listed["status"]["capacity"] |= {f"nvidia.com/mig-{profile}": "7"}

    told = list(nodes([listed], [], KNOWN))

    assert [one.resource for one in told if isinstance(one, Node)] == ["nvidia.com/gpu"]
    assert [one.detail for one in told if isinstance(one, Diagnostic)] == [
        f"H100 in slices of {profile}"
    ]


def prepared(*preparing: tuple[str, bool], main: str = "1") -> dict[str, Any]:
    """A pod with init containers: what each asks for, and whether it stays."""
    asking = pod("p", "a", main)
    asking["spec"]["initContainers"] = [
        {
            "name": f"i{n}",
            "resources": {"requests": {"nvidia.com/gpu": amount}},
            **({"restartPolicy": "Always"} if stays else {}),
        }
        for n, (amount, stays) in enumerate(preparing)
    ]
    return asking


@pytest.mark.parametrize(
    ("asking", "taken"),
    [
        (prepared(("4", False)), 4),
        (prepared(("1", False), main="3"), 3),
        (prepared(("1", True), main="3"), 4),
        (prepared(("2", True), ("4", False), main="1"), 6),
        (prepared(("4", False), ("2", True), main="1"), 4),
    ],
)
def test_a_pod_holds_what_its_preparation_needs(asking: dict[str, Any], taken: int) -> None:
    (found,) = read(node("a"), pods=[asking])

    assert found.taken == taken


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
