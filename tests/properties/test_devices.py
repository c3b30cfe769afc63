"""Shares and slices lie on the fewest devices, found by trying each on each."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.domain.accelerators import MIG_PROFILES
from broker.placement.devices import Part, fewest_devices
from broker.placement.slices import Slices, lie_on_one_device
from tests.fakes import brute_slices

PROFILE_OF = {kind: profile for profile, kind in brute_slices.KINDS["H100"].items()}
FEW, MANY = 7, 60

exhaustive = settings(max_examples=300, deadline=None, derandomize=True, database=None)

shares = st.fractions(Fraction(1, 12), Fraction(11, 12), max_denominator=12)
kinds = st.tuples(
    st.sampled_from(["1g", "1g", "1g, double memory", "2g", "3g", "4g"]), st.integers(1, 2)
)


def slices(kind: str, each: int) -> Slices:
    return Slices(MIG_PROFILES["H100"][PROFILE_OF[kind]], each)


def is_possible(kind: tuple[str, int]) -> bool:
    return brute_slices.lie_on_one_device((kind[0],) * kind[1])


def grouped(parts: Sequence[Part]) -> tuple[tuple[Part, int], ...]:
    """As they are asked for: each part with how many of it."""
    return tuple((part, parts.count(part)) for part in dict.fromkeys(parts))


def by_trying(shared: Sequence[Fraction], cut: Sequence[tuple[str, ...]]) -> int:
    """Devices for shares, and others for slices."""
    by_sum = next(
        n for n in count() if _shares_lie(sorted(shared, reverse=True), (Fraction(0),) * n)
    )
    return by_sum + next(n for n in count() if _slices_lie(cut, ((),) * n))


def _shares_lie(left: Sequence[Fraction], devices: tuple[Fraction, ...]) -> bool:
    if not left:
        return True
    return any(
        _shares_lie(left[1:], tuple(sorted((*devices[:n], used + left[0], *devices[n + 1 :]))))
        for used, n in {used: n for n, used in enumerate(devices)}.items()
        if used + left[0] <= 1
    )


def _slices_lie(left: Sequence[tuple[str, ...]], devices: tuple[tuple[str, ...], ...]) -> bool:
    if not left:
        return True
    return any(
        _slices_lie(left[1:], tuple(sorted((*devices[:n], content, *devices[n + 1 :]))))
        for there, n in {there: n for n, there in enumerate(devices)}.items()
        for content in [tuple(sorted((*there, *left[0])))]
        if brute_slices.lie_on_one_device(content)
    )


@exhaustive
@given(st.lists(shares, max_size=FEW), st.lists(kinds.filter(is_possible), max_size=5))
def test_few_parts_take_the_fewest_devices(
    shared: list[Fraction], cut: list[tuple[str, int]]
) -> None:
    parts = [*shared, *(slices(*kind) for kind in cut)]
    found, proven = fewest_devices(grouped(parts))

    assert proven
    assert found == by_trying(shared, [(kind,) * each for kind, each in cut])


@exhaustive
@given(
    st.lists(st.tuples(shares, st.integers(1, MANY)), max_size=6),
    st.lists(st.tuples(kinds.filter(is_possible), st.integers(1, MANY)), max_size=4),
)
def test_many_parts_take_no_fewer_than_their_sum_and_no_more_than_one_each(
    shared: list[tuple[Fraction, int]], cut: list[tuple[tuple[str, int], int]]
) -> None:
    parts: list[tuple[Part, int]] = [*shared, *((slices(*kind), n) for kind, n in cut)]
    found, _ = fewest_devices(tuple(parts))
    least = sum((share * n for share, n in shared), Fraction(0))
    least_cut = sum((slices(*kind).share * n for kind, n in cut), Fraction(0))

    assert -(-least // 1) + -(-least_cut // 1) <= found <= sum(n for _, n in parts)
    one_more = (*parts, (Fraction(1, 2), 1))
    more, is_least = fewest_devices(tuple(one_more))
    assert more <= found + 1 or not is_least


@exhaustive
@given(st.lists(kinds.filter(is_possible), min_size=1, max_size=8))
def test_whatever_lies_on_a_device_lies_there_with_any_of_it_gone(
    cut: list[tuple[str, int]],
) -> None:
    content = [(slices(*kind), 1) for kind in cut]

    together = lie_on_one_device(tuple(content))
    assert together is brute_slices.lie_on_one_device(
        tuple(kind for kind, each in cut for _ in range(each))
    )
    if together:
        assert all(
            lie_on_one_device(tuple(content[:n] + content[n + 1 :])) for n in range(len(cut))
        )
