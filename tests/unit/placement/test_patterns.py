"""Weights of patterns bound every packing, and patterns make the best ones."""

from fractions import Fraction

import pytest

from broker.placement.best_pattern import OutOfWork, Steps
from broker.placement.packing import pack
from broker.placement.patterns import best_mix, fewest_nodes, maximal_patterns
from broker.placement.shapes import Item, NodeShape

DEVICE = NodeShape(devices=1, device_size=Fraction(1), milli_vcpus=0, memory_mib=0)


def share(size: str) -> Item:
    return Item(devices=0, share=Fraction(size), milli_vcpus=0, memory_mib=0)


ODD = [share("3/10"), share("2/5"), share("9/20"), share("7/25")]


def test_the_bound_of_patterns_sees_what_sums_do_not() -> None:
    counts = [0, 3, 3, 0]

    assert best_mix(ODD, counts, DEVICE, counts).nodes(counts) == 3
    assert pack(ODD, counts, DEVICE).nodes == 3


def test_no_pattern_weighs_more_than_one() -> None:
    most = (30, 25, 20, 10)
    mix = best_mix(ODD, most, DEVICE, [3.5, 2.25, 7.0, 1.0])

    for pattern in maximal_patterns(ODD, most, DEVICE):
        assert sum(w * n for w, n in zip(mix.weights, pattern, strict=True)) <= 1


def test_many_odd_shares_are_packed_and_proven() -> None:
    packing = pack(ODD, (30, 25, 20, 10), DEVICE)

    assert packing.proven
    assert packing.nodes == 33


def test_nodes_hold_exactly_what_is_wanted() -> None:
    packed, _ = fewest_nodes([(2, 1), (0, 3)], (3, 4))

    assert [sum(p[j] * times for p, times in packed) for j in range(2)] == [3, 4]


def test_fewer_nodes_than_there_can_be_are_not_found() -> None:
    patterns = [(2, 1), (0, 3)]

    assert fewest_nodes(patterns, (3, 4), fewer_than=3) == ((), True)
    packed, proven = fewest_nodes(patterns, (3, 4), fewer_than=4)
    assert (sum(times for _, times in packed), proven) == (3, True)


def test_too_many_patterns_are_not_listed() -> None:
    many = [share(f"1/{n}") for n in range(40, 60)]

    with pytest.raises(OutOfWork):
        maximal_patterns(many, [5] * len(many), DEVICE)


def test_weights_take_steps_from_those_of_their_model_until_there_are_none() -> None:
    counts = (3, 2, 4, 1)
    steps = Steps(10_000)
    best_mix(ODD, counts, DEVICE, counts, steps)
    taken = 10_000 - steps.left

    with pytest.raises(OutOfWork):
        best_mix(ODD, counts, DEVICE, counts, Steps(taken - 1))

    assert taken > 0
    assert best_mix(ODD, counts, DEVICE, counts, Steps(taken)) == best_mix(
        ODD, counts, DEVICE, counts
    )
