"""How much of a node is there for workloads, and how much of it a replica takes."""

from fractions import Fraction

import pytest

from broker.domain.accelerators import MIG_PROFILES, Accelerator, AcceleratorKind
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.shapes import (
    Item,
    NodeShape,
    allocatable_memory_mib,
    allocatable_milli_vcpus,
    cut,
    item,
    most_on_one_node,
    node_shape,
)
from broker.placement.slices import Slices
from tests.fakes.problems import A100, A100_80, H100, H200, L4, offer, sliced, workload

GIB = 1024
A30 = Accelerator(model="A30", variant="", memory_mib=24576, kind=AcceleratorKind.GPU)


@pytest.mark.parametrize(
    ("gib", "kept_mib"),
    [
        (0, 0),
        (4, 1024 + 100),
        (8, 1024 + 819.2 + 100),
        (16, 1024 + 819.2 + 819.2 + 100),
        (128, 1024 + 819.2 + 819.2 + 6881.28 + 100),
        (129, 1024 + 819.2 + 819.2 + 6881.28 + 20.48 + 100),
        (2000, 1024 + 819.2 + 819.2 + 6881.28 + 1872 * 20.48 + 100),
    ],
)
def test_memory_kept_by_the_node_grows_in_the_published_steps(gib: int, kept_mib: float) -> None:
    """25 % of 4 GiB, 20 % of 4, 10 % of 8, 6 % of 112, 2 % above, and 100 MiB for eviction."""
    expected = max(0, int(gib * GIB - kept_mib))

    assert allocatable_memory_mib(gib * GIB) == expected


def test_a_node_smaller_than_what_it_keeps_gives_nothing() -> None:
    assert allocatable_memory_mib(64) == 0


@pytest.mark.parametrize(
    ("vcpus", "kept"),
    [(0, 0), (1, 60), (2, 70), (3, 75), (4, 80), (5, 82.5), (8, 90), (96, 310), (192, 550)],
)
def test_vcpus_kept_by_the_node_grow_in_the_published_steps(vcpus: int, kept: float) -> None:
    """6 % of the first, 1 % of the second, 0.5 % of the next two, 0.25 % of the others."""
    assert allocatable_milli_vcpus(vcpus) == int(vcpus * 1000 - kept)


def test_whole_devices_and_slices_make_different_nodes() -> None:
    whole, part = node_shape(offer(count=8)), node_shape(offer(count=Fraction(1, 6)))

    assert (whole.devices, whole.device_size) == (8, 1)
    assert (part.devices, part.device_size) == (1, Fraction(1, 6))
    assert whole.milli_vcpus == allocatable_milli_vcpus(200)
    assert whole.memory_mib == allocatable_memory_mib(2000 * GIB)


@pytest.mark.parametrize(
    ("profile", "model", "accelerator", "share", "on_one_device"),
    [
        ("1g.10gb", "A100", A100_80, "15/112", 7),
        ("1g.10gb", "H100", H100, "15/112", 7),
        ("1g.10gb", "A100", A100, "11/56", 4),
        ("1g.5gb", "A100", A100, "15/112", 7),
        ("1g.18gb", "H200", H200, "15/112", 7),
        ("1g.20gb", "H100", H100, "11/56", 4),
        ("2g.20gb", "H100", H100, "15/56", 3),
        ("3g.40gb", "H100", H100, "13/28", 2),
        ("4g.40gb", "H100", H100, "15/28", 1),
    ],
)
def test_a_slice_counts_half_by_compute_and_half_by_memory(
    profile: str, model: str, accelerator: Accelerator, share: str, on_one_device: int
) -> None:
    wanted = item(sliced(workload(model=model, count=1), profile), offer(accelerator=accelerator))

    assert wanted is not None
    assert (wanted.devices, wanted.share) == (0, Fraction(share))
    assert most_on_one_node(wanted, node_shape(offer(count=1))) == on_one_device


@pytest.mark.parametrize(
    ("profile", "model", "accelerator"),
    [
        ("1g.10gb", "H200", H200),
        ("1g.5gb", "H100", H100),
        ("1g.18gb", "A100", A100_80),
        ("1g.10gb", "L4", L4),
    ],
)
def test_a_device_that_can_not_be_cut_that_way_will_not_do(
    profile: str, model: str, accelerator: Accelerator
) -> None:
    assert (
        item(sliced(workload(model=model, count=1), profile), offer(accelerator=accelerator))
        is None
    )


def test_the_largest_slice_is_a_whole_device() -> None:
    wanted = item(sliced(workload(count=1), "7g.80gb"), offer())

    assert wanted == Item(devices=1, share=Fraction(0), milli_vcpus=0, memory_mib=0)


def test_of_several_slices_the_smallest_share_counts() -> None:
    either = sliced(workload(model="A100", count=1), "1g.10gb", "H100")

    on_small, on_large = item(either, offer(accelerator=A100)), item(either, offer())
    assert on_small is not None
    assert on_large is not None
    assert (on_small.share, on_large.share) == (Fraction(11, 56), Fraction(15, 112))


@pytest.mark.parametrize(
    ("wanted", "on", "most"),
    [
        (workload(count="3/5"), offer(count=2), 2),
        (workload(count="1/2"), offer(count=2), 4),
        (workload(count="2/5"), offer(count=1), 2),
        (workload(count="1/2"), offer(count=Fraction(1, 2)), 1),
        (workload(count="1/6"), offer(count=Fraction(1, 2)), 3),
        (workload(count="3/4"), offer(count=Fraction(1, 2)), 0),
        (workload(count=1), offer(count=Fraction(1, 2)), 0),
        (workload(count=3), offer(count=8), 2),
        (workload(count=9), offer(count=8), 0),
        (workload(count=1, vcpus=3), offer(count=8, vcpus=8), 2),
        (workload(count=1, milli_vcpus=3955), offer(count=8, vcpus=8), 2),
        (workload(count=1, milli_vcpus=3956), offer(count=8, vcpus=8), 1),
        (workload(count=1, memory_mib=13621), offer(count=8, memory_gib=16), 1),
        (workload(count=1, memory_mib=13622), offer(count=8, memory_gib=16), 0),
    ],
)
def test_a_node_holds_what_its_scarcest_part_allows(wanted: Workload, on: Offer, most: int) -> None:
    needed = item(wanted, on)

    assert needed is not None
    assert most_on_one_node(needed, node_shape(on)) == most


def test_two_shares_of_six_tenths_do_not_share_a_device() -> None:
    share = Item(devices=0, share=Fraction(3, 5), milli_vcpus=0, memory_mib=0)

    for devices in (1, 2, 3):
        node = NodeShape(devices=devices, device_size=Fraction(1), milli_vcpus=0, memory_mib=0)
        assert most_on_one_node(share, node) == devices


@pytest.mark.parametrize(
    ("profile", "count", "devices"),
    [("1g.10gb", 8, "2"), ("3g.40gb", 3, "2"), ("4g.40gb", 2, "2"), ("7g.80gb", 3, "3")],
)
def test_slices_of_one_replica_take_whole_devices_once_they_need_several(
    profile: str, count: int, devices: str
) -> None:
    assert cut(MIG_PROFILES["H100"][profile], count) == Fraction(devices)


@pytest.mark.parametrize(("profile", "count"), [("1g.10gb", 7), ("3g.40gb", 2), ("2g.20gb", 1)])
def test_slices_of_one_replica_that_fit_on_one_device_lie_on_one(profile: str, count: int) -> None:
    places = MIG_PROFILES["H100"][profile]

    assert cut(places, count) == Slices(places, count)


@pytest.mark.parametrize(("profile", "most"), [("1g.10gb", 1), ("1g.20gb", 0), ("3g.40gb", 0)])
def test_a_node_that_is_sold_as_a_slice_holds_that_slice_alone(profile: str, most: int) -> None:
    wanted = item(sliced(workload(count=1), profile), offer(count=Fraction(1, 7)))

    assert wanted is not None
    assert most_on_one_node(wanted, node_shape(offer(count=Fraction(1, 7)))) == most


def test_a_node_is_as_good_as_another_for_slices_where_all_of_their_places_are_there() -> None:
    def on(accelerator: Accelerator, profile: str) -> Item:
        asked = sliced(workload(model=accelerator.model, count=1), profile)
        wanted = item(asked, offer(accelerator=accelerator))
        assert wanted is not None
        return wanted

    one, two, three = (on(H100, profile) for profile in ("1g.10gb", "2g.20gb", "3g.40gb"))
    double, quarter = on(H100, "1g.20gb"), on(A30, "1g.6gb")

    assert not one.takes_more(double)
    assert not two.takes_more(three)
    assert two.takes_more(double)  # which has a place at the end of the device, where two has none
    assert three.takes_more(two)
    assert quarter.takes_more(one)
    assert not one.takes_more(quarter)
