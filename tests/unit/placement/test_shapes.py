"""How much of a node is there for workloads, and how much of it a replica takes."""

from fractions import Fraction

import pytest

from broker.domain.accelerators import Accelerator
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.shapes import (
    Item,
    NodeShape,
    allocatable_memory_mib,
    allocatable_milli_vcpus,
    devices_for,
    item,
    most_on_one_node,
    node_shape,
)
from tests.fakes.problems import A100, A100_80, H100, H200, L4, offer, sliced, workload

GIB = 1024


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
        ("1g.10gb", "A100", A100_80, "1/7", 7),
        ("1g.10gb", "H100", H100, "1/7", 7),
        ("1g.10gb", "A100", A100, "1/4", 4),
        ("1g.5gb", "A100", A100, "1/7", 7),
        ("1g.18gb", "H200", H200, "1/7", 7),
        ("1g.20gb", "H100", H100, "1/4", 4),
        ("2g.20gb", "H100", H100, "2/7", 3),
        ("3g.40gb", "H100", H100, "1/2", 2),
        ("4g.40gb", "H100", H100, "4/7", 1),
    ],
)
def test_a_slice_takes_the_larger_of_its_compute_and_memory(
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
    assert (on_small.share, on_large.share) == (Fraction(1, 4), Fraction(1, 7))


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
    ("share", "count", "devices"),
    [("1/7", 1, "1/7"), ("1/7", 7, "1"), ("1/7", 8, "2"), ("1/2", 3, "2"), ("4/7", 2, "2"),
     ("1", 8, "8"), ("1", "1/4", "1/4")],
)  # fmt: skip
def test_slices_of_one_replica_take_whole_devices_once_they_need_several(
    share: str, count: int | str, devices: str
) -> None:
    assert devices_for(Fraction(share), Fraction(count)) == Fraction(devices)
