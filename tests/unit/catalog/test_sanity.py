"""Prices that can not be right are kept out of every ranking."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import pytest

from broker.catalog.sanity import Market, market, sane
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import RegionResult, RegionStatus
from tests.fakes.problems import EAST, L4, NOW, offer

SPOT = CapacityType.SPOT


def answer(*offers: Offer) -> RegionResult:
    return RegionResult(
        region=EAST, status=RegionStatus.OK, offers=offers, fetched_at=NOW, source="fake"
    )


def judged(
    offers: Iterable[Offer], before: Iterable[Offer] = (), *, accept_falls: bool = False
) -> tuple[dict[str, Money | None], list[str]]:
    stated = answer(*offers)
    result = sane(stated, market(before, stated.offers), accept_falls=accept_falls)
    return (
        {one.machine_type: one.price for one in result.offers},
        [finding.code for finding in result.findings],
    )


PEERS = [offer(f"peer{n}", str(80 + n)) for n in range(7)]


def test_ordinary_prices_pass_untouched() -> None:
    stated = answer(*PEERS, offer("unpriced", None))

    assert sane(stated, market([], stated.offers)) is stated


@pytest.mark.parametrize("price", ["0", "-1"])
def test_what_costs_nothing_is_not_believed(price: str) -> None:
    assert judged([offer("p5", price)]) == ({"p5": None}, ["price-not-positive"])


def test_another_currency_is_not_believed() -> None:
    euros = offer("p5", None)

    assert judged([replace(euros, price=Money.parse("90", "EUR"))]) == (
        {"p5": None},
        ["price-currency"],
    )


@pytest.mark.parametrize(
    ("price", "what"),
    [
        ("0.0230", "per second"),
        ("10.4", "per accelerator, of a node with eight"),
        ("60000", "per month"),
    ],
)
def test_a_price_of_another_unit_is_not_believed(price: str, what: str) -> None:
    prices, codes = judged([*PEERS, offer("p5", price)])

    assert (prices["p5"], codes) == (None, ["price-unit"]), what
    assert prices["peer0"] == Money.parse("80")


def test_too_few_peers_judge_nobody() -> None:
    assert judged([*PEERS[:3], offer("p5", "0.02")])[1] == []


def test_the_spread_of_a_real_market_passes() -> None:
    assert judged([*PEERS, offer("cheap", "20"), offer("dear", "500")])[1] == []


def test_sizes_and_slices_compare_by_accelerator() -> None:
    slices = [
        offer(f"g{n}", str(price), accelerator=L4, count=Fraction(n, 8))
        for n, price in ((1, "0.1"), (2, "0.2"), (4, "0.4"), (8, "0.8"), (16, "1.6"), (64, "6.4"))
    ]

    assert judged(slices)[1] == []


class TestFalls:
    before = (offer("p5", "98"), offer("p6", "80"))

    def test_a_fall_by_more_than_half_to_the_cheapest_waits_for_confirmation(self) -> None:
        stated = [offer("p5", "39"), offer("p6", "80")]

        assert judged(stated, self.before) == (
            {"p5": None, "p6": Money.parse("80")},
            ["price-fell-far"],
        )
        assert judged(stated, self.before, accept_falls=True)[1] == []

    @pytest.mark.parametrize("price", ["49", "81", "200"])
    def test_a_lesser_fall_or_a_rise_is_the_market(self, price: str) -> None:
        assert judged([offer("p5", price)], self.before)[1] == []

    def test_a_fall_that_does_not_make_it_the_cheapest_does_no_harm(self) -> None:
        before = [offer("p5", "98"), offer("p6", "30")]

        assert judged([offer("p5", "40")], before)[1] == []

    def test_a_new_offer_far_below_the_cheapest_waits_too(self) -> None:
        assert judged([offer("new", "39")], self.before)[1] == ["price-fell-far"]
        assert judged([offer("new", "41")], self.before)[1] == []

    def test_spot_is_not_compared_with_on_demand(self) -> None:
        assert judged([offer("p5", "20", capacity_type=SPOT)], self.before)[1] == []

    def test_at_the_first_refresh_nothing_has_fallen(self) -> None:
        assert judged([offer("p5", "39"), offer("p6", "98")])[1] == []

    def test_what_is_not_positive_stays_unbelieved(self) -> None:
        assert judged([offer("p5", "0")], self.before, accept_falls=True)[1] == [
            "price-not-positive"
        ]


def test_two_prices_for_one_offer_are_both_not_believed() -> None:
    prices, codes = judged([offer("p5", "90"), offer("p5", "91")])

    assert (prices, codes) == ({"p5": None}, ["price-ambiguous"])


def test_an_offer_that_is_stated_twice_alike_is_one() -> None:
    stated = answer(offer("p5", "90"), offer("p5", "90"))

    assert sane(stated, Market(last={}, cheapest={}, middle={})).offers == (offer("p5", "90"),)
