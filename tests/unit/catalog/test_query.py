"""Which offers a query means, and in which order they come."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.catalog.query import (
    CountRange,
    Order,
    Query,
    Wanted,
    by_accelerator,
    matching,
    ordered,
    within_price,
)
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from tests.fakes.problems import EAST, FRANKFURT, H100, L4, NETHERLANDS, network, offer

BIG = offer("p5.48xlarge", "58.8928")
SPOT = offer("p5.48xlarge", "20", capacity_type=CapacityType.SPOT, zone="use1-az4")
GERMAN = offer("p5.48xlarge", "70", region=FRANKFURT, zones=("euc1-az2", "euc1-az3"))
SMALL = offer("g2-standard-4", "0.7", region=NETHERLANDS, accelerator=L4, count=1)
SLICE = offer("NV6", "0.45", region=NETHERLANDS, accelerator=L4, count=Fraction(1, 6))
UNPRICED = offer("p5en.48xlarge", None)
ALL = [BIG, SPOT, GERMAN, SMALL, SLICE, UNPRICED]


def found(**narrowing: object) -> list[Offer]:
    query = Query(**narrowing)  # type: ignore[arg-type]
    return within_price(matching(ALL, query, network()), query)


def test_an_empty_query_means_every_offer() -> None:
    assert found() == ALL


@pytest.mark.parametrize(
    ("narrowing", "expected"),
    [
        ({"accelerators": (Wanted(frozenset({L4})),)}, [SMALL, SLICE]),
        ({"accelerators": (Wanted(frozenset({L4}), CountRange.parse("1")),)}, [SMALL]),
        (
            {"accelerators": (Wanted(frozenset({L4}), CountRange.parse("1")),
                              Wanted(frozenset({H100})))},
            [BIG, SPOT, GERMAN, SMALL, UNPRICED],
        ),
        ({"least_memory_mib": L4.memory_mib + 1}, [BIG, SPOT, GERMAN, UNPRICED]),
        ({"least_memory_mib": L4.memory_mib}, ALL),
        ({"count": CountRange.parse("1/6:1")}, [SMALL, SLICE]),
        ({"providers": frozenset({"gcp"})}, [SMALL, SLICE]),
        ({"regions": frozenset({"us-east-1"})}, [BIG, SPOT, UNPRICED]),
        ({"regions": frozenset({"aws/eu-central-1"})}, [GERMAN]),
        ({"zones": frozenset({"use1-az4"})}, [SPOT]),
        ({"zones": frozenset({"euc1-az3", "euc1-az9"})}, [GERMAN]),
        ({"jurisdictions": frozenset({"DE"})}, [GERMAN]),
        ({"jurisdictions": frozenset({"DE", "NL"})}, [GERMAN, SMALL, SLICE]),
        ({"capacity_types": frozenset({CapacityType.SPOT})}, [SPOT]),
        ({"machine_types": frozenset({"P5.*"})}, [BIG, SPOT, GERMAN]),
        ({"max_price": Money.parse("58.8928")}, [BIG, SPOT, SMALL, SLICE]),
        ({"max_price_per_gpu": Money.parse("2.50")}, [SPOT, SMALL]),
        ({"providers": frozenset({"aws"}), "count": CountRange.parse("1")}, []),
    ],
)  # fmt: skip
def test_each_field_narrows(narrowing: dict[str, object], expected: list[Offer]) -> None:
    assert found(**narrowing) == expected


def test_a_region_without_known_law_is_in_no_jurisdiction() -> None:
    nowhere = network(regions=(EAST,))

    assert matching([GERMAN], Query(jurisdictions=frozenset({"DE"})), nowhere) == []


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("8", ["8"], ["7", "9", "1/8"]),
        ("1/4", ["1/4"], ["1/3", "1"]),
        ("0.125", ["1/8"], ["1/6"]),
        ("4:8", ["4", "6", "8"], ["3", "9"]),
        ("4:", ["4", "16"], ["3"]),
        (":1", ["1/6", "1"], ["2"]),
    ],
)
def test_counts_are_exact_or_a_range(text: str, inside: list[str], outside: list[str]) -> None:
    counts = CountRange.parse(text)

    assert all(Fraction(count) in counts for count in inside)
    assert not any(Fraction(count) in counts for count in outside)


@pytest.mark.parametrize(
    "text",
    ["", ":", "eight", "8:4", "0", "0/4", "-1", "1/0", "4:8:9", "nan", "1e999999999", "\u0668"],
)
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number of devices"):
        CountRange.parse(text)


@pytest.mark.parametrize("order", list(Order))
@given(offers=st.permutations(ALL))
def test_order_does_not_depend_on_where_it_began(order: Order, offers: list[Offer]) -> None:
    assert ordered(offers, order) == ordered(ALL, order)


@pytest.mark.parametrize("order", [Order.PRICE, Order.PRICE_PER_GPU])
def test_an_unknown_price_comes_last(order: Order) -> None:
    free = replace(BIG, price=Money(0))

    assert ordered([UNPRICED, BIG, free, SMALL], order)[-1] == UNPRICED
    assert ordered([UNPRICED, BIG, free, SMALL], order)[0] == free


def test_offers_of_different_sizes_compare_per_gpu() -> None:
    assert ordered(ALL, Order.PRICE)[0] == SLICE
    assert ordered(ALL, Order.PRICE_PER_GPU)[0] == SMALL


def test_the_summary_has_the_cheapest_known_offer_of_each_capacity_type() -> None:
    later = replace(
        SPOT, zone=None, price=Money.parse("30"), fetched_at=SPOT.fetched_at + timedelta(1)
    )

    h100, l4 = by_accelerator([*ALL, later])

    assert (h100.accelerator, l4.accelerator) == (H100, L4)
    assert h100.cheapest == {CapacityType.ON_DEMAND: BIG, CapacityType.SPOT: SPOT}
    assert (h100.offers, h100.unknown_prices, h100.machine_types, h100.regions) == (5, 1, 2, 2)
    assert l4.counts == (Fraction(1, 6), Fraction(1))
    assert l4.providers == ("gcp",)


def test_an_accelerator_without_any_price_has_no_cheapest_offer() -> None:
    (group,) = by_accelerator([UNPRICED])

    assert group.cheapest == {}


@pytest.mark.parametrize(
    ("order", "first"),
    [
        (Order.GPU, "H100"),
        (Order.NAME, "H100"),
        (Order.PRICE, "L4"),
        (Order.PRICE_PER_GPU, "L4"),
        (Order.COUNT, "H100"),
        (Order.MEMORY, "H100"),
        (Order.REGION, "H100"),
    ],
)
def test_summaries_are_sorted_as_offers_are(order: Order, first: str) -> None:
    groups = by_accelerator([UNPRICED, SMALL, BIG, SLICE], order)

    assert groups[0].accelerator.name == first


def test_a_summary_without_a_price_comes_last() -> None:
    groups = by_accelerator([UNPRICED, SMALL], Order.PRICE)

    assert [group.least_price for group in groups] == [SMALL.price, None]
