"""Prices of whole nodes, of devices and of slices compare, and those of another unit are found."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from broker.catalog.sanity import market, sane
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from tests.fakes.problems import EAST, NOW, offer

COUNTS = st.sampled_from([Fraction(1, 8), Fraction(1, 3), *map(Fraction, (1, 2, 4, 8, 16))])
PER_DEVICE = st.integers(1_000_000, 2_000_000)
"""Micro-dollars an hour: a market in which the dearest is twice the cheapest."""

WRONG_UNITS = st.sampled_from([Fraction(1, 3600), Fraction(1, 60), Fraction(730)])
"""Per second, per minute, per month."""


def of(name: str, count: Fraction, per_device_micros: int) -> Offer:
    return replace(offer(name, None, count=count), price=Money(per_device_micros) * count)


offers = st.lists(st.tuples(COUNTS, PER_DEVICE), min_size=7, max_size=12).map(
    lambda pairs: [of(f"t{n:02}", count, micros) for n, (count, micros) in enumerate(pairs)]
)


def judged(stated: list[Offer]) -> dict[str, Money | None]:
    answer = RegionResult(
        region=EAST, status=RegionStatus.OK, offers=tuple(stated), fetched_at=NOW, source="test"
    )
    result = sane(answer, market([], stated))
    return {one.machine_type: one.price for one in result.offers}


@given(COUNTS, PER_DEVICE)
def test_a_price_per_device_is_that_of_the_node_for_its_devices(
    count: Fraction, micros: int
) -> None:
    per_device = of("t", count, micros).price_per_gpu_hour

    assert per_device is not None
    assert abs(per_device.micros - micros) <= 1 / count, "but for the rounding of a micro-dollar"


@given(offers)
def test_nothing_of_an_even_market_is_doubted(stated: list[Offer]) -> None:
    assert judged(stated) == {one.machine_type: one.price for one in stated}


@given(offers, WRONG_UNITS, st.data())
def test_a_price_of_another_unit_is_found_whatever_the_size(
    stated: list[Offer], factor: Fraction, data: st.DataObject
) -> None:
    wrong = data.draw(st.integers(0, len(stated) - 1))
    right = stated[wrong]
    assert right.price is not None
    stated[wrong] = replace(right, price=right.price * factor)

    found = judged(stated)

    assert found.pop(right.machine_type) is None
    assert None not in found.values()
