"""Offers as columns: in the order of names, by kind, and with arithmetic that is exact."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.ids import ZoneId
from broker.domain.money import Money
from broker.placement.market import UNKNOWN, columns, market, times_hours, whole
from tests.fakes.problems import WEST, offer


def test_offers_are_in_the_order_of_their_names_and_found_by_them() -> None:
    made = columns([offer("p6"), offer("p5", region=WEST), offer("p5")])

    assert list(made.names) == sorted(made.names)
    assert [made.offers[row].name for row in made.rows(made.names)] == list(made.names)
    assert made.row("nobody") is None
    assert made.mask([made.names[1], "nobody"]).tolist() == [False, True, False]


def test_offers_that_differ_in_place_and_price_alone_are_of_one_kind() -> None:
    zoned = replace(offer("p5", "11"), zone=ZoneId("us-east-1a"))
    made = columns([offer("p5", "10"), offer("p5", "9", region=WEST), zoned])

    assert len(made.examples) == 1
    assert made.kind.tolist() == [0, 0, 0]
    assert len(made.regions) == 2


def test_what_rules_or_room_depend_on_tells_kinds_apart() -> None:
    made = columns([offer("p5"), offer("p6"), offer("p7", count=16), offer("p8", vcpus=300)])

    assert sorted(made.kind.tolist()) == [0, 1, 2, 3]


def test_an_unknown_price_is_no_number_of_dollars() -> None:
    made = columns([replace(offer("p5"), price=None), offer("p6", "0")])

    assert made.price.tolist() == [UNKNOWN, 0]


def test_the_columns_of_the_same_offers_are_made_once() -> None:
    offers = (offer("p5"), offer("p6"))

    assert market(offers) is market(offers)
    assert market(offers) is not market((*offers, offer("p7")))


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=5),
    st.fractions(min_value=0, max_value=2000, max_denominator=10**6),
)
def test_prices_times_hours_are_those_of_money(micros: list[int], hours: Fraction) -> None:
    made = times_hours(np.array(micros, dtype=np.int64), hours)

    assert made.tolist() == [(Money(m) * hours).micros for m in micros]


@given(st.integers(0, 2**61), st.integers(1, 2**40))
def test_products_of_whole_numbers_are_exact(value: int, times: int) -> None:
    assert (whole(np.array([value]), times) * times).tolist() == [value * times]
