"""Packing is exact on small nodes, and never claims what it has not proven."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.placement.packing import least_nodes, pack
from broker.placement.shapes import Item, NodeShape, most_on_one_node
from broker.placement.sizes import dual_feasible, relative_sizes
from tests.fakes.brute_packing import fewest_nodes, lie_on_one_node
from tests.packing_strategies import items, nodes, room, rooms

CUTS = range(4)

exhaustive = settings(max_examples=300, deadline=None, derandomize=True, database=None)


@st.composite
def loads(draw: st.DrawFn) -> tuple[list[Item], list[int], NodeShape]:
    """One to three classes of items that fit on a node, up to eight items in all."""
    node = draw(nodes())
    classes = draw(st.lists(items(node), min_size=1, max_size=3, unique=True))
    counts = [draw(st.integers(0, 8 // len(classes))) for _ in classes]
    return classes, counts, node


@exhaustive
@given(loads())
def test_small_loads_are_packed_into_the_fewest_nodes(
    load: tuple[list[Item], list[int], NodeShape],
) -> None:
    classes, counts, node = load
    packing = pack(classes, counts, node)

    assert packing.proven
    assert packing.nodes == fewest_nodes(rooms(classes, counts), room(node))


@exhaustive
@given(loads())
def test_the_lower_bound_is_never_above_the_fewest_nodes(
    load: tuple[list[Item], list[int], NodeShape],
) -> None:
    classes, counts, node = load

    assert least_nodes(classes, counts, node) <= fewest_nodes(rooms(classes, counts), room(node))


@exhaustive
@given(loads())
def test_patterns_hold_every_item_and_fit(
    load: tuple[list[Item], list[int], NodeShape],
) -> None:
    classes, counts, node = load
    packing = pack(classes, counts, node)

    for number, count in enumerate(counts):
        there = sum(pattern[number] * times for pattern, times in packing.patterns)
        assert there == count
        assert packing.nodes_with(number) <= min(packing.nodes, count)
    for pattern, times in packing.patterns:
        assert times > 0
        assert lie_on_one_node(rooms(classes, pattern), room(node))


@exhaustive
@given(loads())
def test_no_cut_adds_up_to_more_than_one_on_a_node(
    load: tuple[list[Item], list[int], NodeShape],
) -> None:
    classes, counts, node = load
    if not lie_on_one_node(rooms(classes, counts), room(node)):
        counts = list(pack(classes, counts, node).patterns[0][0])

    for cut in CUTS:
        for sizes in relative_sizes(classes, node, cut):
            assert sum(s * c for s, c in zip(sizes, counts, strict=True)) <= 1


@exhaustive
@given(st.lists(st.fractions(0, 1, max_denominator=12), max_size=6), st.sampled_from(CUTS))
def test_a_dual_feasible_cut_keeps_sums_up_to_one(sizes: list[Fraction], cut: int) -> None:
    kept: list[Fraction] = []
    for size in sizes:
        if sum(kept) + size <= 1:
            kept.append(size)

    assert sum((dual_feasible(size, cut) for size in kept), Fraction(0)) <= 1


@exhaustive
@given(loads())
def test_an_empty_node_holds_as_many_as_stated(
    load: tuple[list[Item], list[int], NodeShape],
) -> None:
    classes, _, node = load
    for item in classes:
        most = most_on_one_node(item, node)
        assert lie_on_one_node(rooms([item], [most]), room(node))
        assert not lie_on_one_node(rooms([item], [most + 1]), room(node))


@exhaustive
@given(loads(), st.integers(1, 50))
def test_many_items_are_packed_validly(
    load: tuple[list[Item], list[int], NodeShape], times: int
) -> None:
    classes, counts, node = load
    many = [count * times for count in counts]
    packing = pack(classes, many, node)

    for number, count in enumerate(many):
        assert sum(pattern[number] * n for pattern, n in packing.patterns) == count
    assert least_nodes(classes, many, node) <= packing.nodes
    if packing.proven:
        assert packing.nodes <= times * pack(classes, counts, node).nodes
    for pattern, _ in packing.patterns:
        assert lie_on_one_node(rooms(classes, pattern), room(node))


NODE = NodeShape(devices=8, device_size=Fraction(1), milli_vcpus=100_000, memory_mib=1_000_000)


def item(devices: int = 0, share: str = "0") -> Item:
    return Item(devices=devices, share=Fraction(share), milli_vcpus=0, memory_mib=0)


@pytest.mark.parametrize(
    ("counts", "fewest"),
    [([8, 8], 4), ([16, 0], 8), ([0, 24], 3), ([1, 1], 1), ([2, 4], 2), ([0, 0], 0)],
)
def test_threes_and_ones_share_nodes_of_eight(counts: list[int], fewest: int) -> None:
    assert pack([item(devices=3), item(devices=1)], counts, NODE).nodes == fewest


def test_two_shares_over_one_half_need_two_devices() -> None:
    two = NodeShape(devices=2, device_size=Fraction(1), milli_vcpus=0, memory_mib=0)

    assert pack([item(share="3/5")], [2], two).nodes == 1
    assert pack([item(share="3/5")], [3], two).nodes == 2


def test_the_search_beats_first_fit_where_that_fails() -> None:
    """1/2 + 1/4 + 1/4 and 1/3 + 1/3 + 1/4; putting 1/3 beside 1/2 would open a third device."""
    one = NodeShape(devices=1, device_size=Fraction(1), milli_vcpus=0, memory_mib=0)

    packing = pack([item(share=share) for share in ("1/2", "1/3", "1/4")], [1, 2, 3], one)

    assert packing.proven
    assert packing.nodes == 2


def test_equal_shares_of_different_classes_add_up() -> None:
    """Five halves need three devices, though they come in classes that differ in memory."""
    two = NodeShape(devices=2, device_size=Fraction(1), milli_vcpus=0, memory_mib=1000)
    halves = [
        Item(devices=0, share=Fraction(1, 2), milli_vcpus=0, memory_mib=memory)
        for memory in (0, 1, 2)
    ]

    assert pack(halves, [1, 2, 2], two).nodes == 2
