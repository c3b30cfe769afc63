"""MIG slices lie on a device where the vendor lets them begin, not wherever sums allow."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest

from broker.domain.accelerators import MIG_PROFILES
from broker.placement.devices import fewest_devices
from broker.placement.slices import Slices, lie_on_one_device, most_on_one_device
from tests.fakes import brute_slices

KINDS = {
    kind: Slices(MIG_PROFILES["H100"][profile], 1)
    for profile, kind in brute_slices.KINDS["H100"].items()
}


def content(kinds: tuple[str, ...]) -> tuple[tuple[Slices, int], ...]:
    return tuple((KINDS[kind], count) for kind, count in Counter(kinds).items())


def test_every_set_of_slices_lies_on_a_device_where_trying_all_places_finds_some() -> None:
    """All sets of up to seven slices, of six kinds."""
    sets = list(brute_slices.multisets(7))

    for kinds in sets:
        assert lie_on_one_device(content(kinds)) is brute_slices.lie_on_one_device(kinds), kinds
    assert len(sets) > 1_000
    assert not any(lie_on_one_device(((slices, 8),)) for slices in KINDS.values())


def test_the_full_devices_are_those_that_the_vendor_draws() -> None:
    """Of profiles without more memory than compute: 4+3, 4+2+1, ... 1x7, by slices of compute."""
    plain = [kind for kind in KINDS if kind not in {"1g, double memory", "all"}]
    fitting = [
        kinds
        for kinds in brute_slices.multisets(7)
        if set(kinds) <= set(plain) and lie_on_one_device(content(kinds))
    ]
    full = {
        "+".join(sorted((kind[0] for kind in kinds), reverse=True))
        for kinds in fitting
        if not any(lie_on_one_device(content((*kinds, more))) for more in plain)
    }

    assert full == {
        "4+3", "4+2+1", "4+1+1+1",
        "3+3", "3+2+2", "3+2+1+1", "3+1+1+1+1",
        "2+2+2+1", "2+2+1+1+1", "2+1+1+1+1+1", "1+1+1+1+1+1+1",
    }  # fmt: skip


def test_what_lies_on_a_device_never_adds_up_to_more_than_it() -> None:
    for kinds in brute_slices.multisets(7):
        if lie_on_one_device(content(kinds)):
            slices = [KINDS[kind] for kind in kinds]
            assert sum(one.compute for one in slices) <= 1, kinds
            assert sum(one.memory for one in slices) <= 1, kinds
            assert sum(one.share for one in slices) <= 1, kinds


def test_where_memory_alone_would_allow_two_the_places_do_not() -> None:
    four = KINDS["4g"]

    assert four.memory * 2 == 1
    assert not lie_on_one_device(((four, 2),))
    assert most_on_one_device(four.places) == 1


def test_a_three_goes_to_the_second_half_and_leaves_room_for_four_ones() -> None:
    assert lie_on_one_device(((KINDS["3g"], 1), (KINDS["1g"], 4)))
    assert not lie_on_one_device(((KINDS["3g"], 2), (KINDS["1g"], 1)))


def test_a_device_of_four_slices_is_cut_in_quarters_and_halves() -> None:
    quarter, half = (Slices(MIG_PROFILES["A30"][name], 1) for name in ("1g.6gb", "2g.12gb"))

    assert lie_on_one_device(((quarter, 2), (half, 1)))
    assert not lie_on_one_device(((quarter, 3), (half, 1)))
    assert (most_on_one_device(quarter.places), most_on_one_device(half.places)) == (4, 2)


@pytest.mark.parametrize("accelerator", MIG_PROFILES)
def test_profiles_of_a_device_grow_in_memory(accelerator: str) -> None:
    places = list(MIG_PROFILES[accelerator].values())

    assert all(one.size <= other.size for one, other in pairwise(places))
    assert places[-1].compute == places[-1].memory == 1
    assert all(start + one.size <= places[-1].size for one in places for start in one.starts)


@pytest.mark.parametrize(
    ("kinds", "devices"),
    [
        (("3g", "1g", "1g", "1g", "1g"), 1),
        (("4g", "4g"), 2),
        (("4g", "3g", "4g", "3g"), 2),
        (("2g",) * 6 + ("1g, double memory",) * 2, 2),
        (("2g",) * 4, 2),
        (("1g",) * 15, 3),
        (("3g",) * 3 + ("2g",) * 2 + ("1g",) * 4, 3),
    ],
)
def test_slices_take_the_fewest_devices(kinds: tuple[str, ...], devices: int) -> None:
    assert fewest_devices(content(kinds)) == (devices, True)


def test_slices_and_shares_have_devices_of_their_own() -> None:
    share = Fraction(1, 10)

    assert fewest_devices(((share, 3), (KINDS["1g"], 3))) == (2, True)


def test_the_slices_of_one_replica_lie_together() -> None:
    """Three of 2g in threes fill a device each, but for a single 1g."""
    three = Slices(KINDS["2g"].places, 3)

    assert fewest_devices(((three, 2), (KINDS["1g"], 2))) == (2, True)
    assert fewest_devices(((three, 2), (KINDS["2g"], 1))) == (3, True)
