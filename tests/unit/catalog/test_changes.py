"""What moved between two refreshes."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from broker.catalog.changes import PriceMove, StatusMove, changes
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from tests.fakes.problems import EAST, NOW, offer


def state(*offers: Offer, status: RegionStatus = RegionStatus.OK) -> list[RegionResult]:
    return [RegionResult(region=EAST, status=status, offers=offers, fetched_at=NOW, source="fake")]


def test_what_only_grew_older_did_not_move() -> None:
    older = replace(offer("p5"), fetched_at=NOW - timedelta(days=9))

    assert not changes(state(older), state(offer("p5")))


def test_offers_come_and_go() -> None:
    moved = changes(state(offer("p4")), state(offer("p5")))

    assert moved.came == (offer("p5"),)
    assert moved.went == (offer("p4"),)
    assert moved.moved == ()


def test_the_largest_move_comes_first_and_unknown_last() -> None:
    before = state(offer("a", "10"), offer("b", "10"), offer("c", "10"), offer("d", None))
    after = state(offer("a", "11"), offer("b", "5"), offer("c", None), offer("d", None))

    moves = changes(before, after).moved

    assert [(move.after.machine_type, move.share) for move in moves] == [
        ("b", Fraction(-1, 2)),
        ("a", Fraction(1, 10)),
        ("c", None),
    ]


def test_a_price_that_was_zero_has_no_share() -> None:
    assert PriceMove(before=offer("a", "0"), after=offer("a", "1")).share is None


def test_a_region_that_answers_otherwise_has_moved() -> None:
    moved = changes(state(offer("p5")), state(offer("p5"), status=RegionStatus.DENIED))

    assert moved.statuses == (
        StatusMove(region=EAST, source="fake", before=RegionStatus.OK, after=RegionStatus.DENIED),
    )
    assert moved
    assert changes([], state()).statuses[0].before is None
