"""Sentences of an explanation, word by word."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.cli.render.reasons import (
    budget,
    difference,
    team_worth,
    what_would_win,
    why_not,
    worth,
)
from broker.domain.ids import TeamName
from broker.domain.money import Money
from broker.placement.alternatives import Proof
from broker.placement.cheaper import Cheaper
from broker.placement.purchase import Costs
from broker.placement.winning import Change, Winning
from broker.placement.worth import BudgetWorth, TeamWorth, Worth
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
    NETHERLANDS,
    WEST,
    offer,
    problem,
    quota,
    reservation,
    workload,
)

NOTHING = Money(0)


def winning(change: Change, costs: str = "-12.5", **changes: object) -> Winning:
    made = Winning(
        kind="rules",
        words="spot accepted",
        change=change,
        costs=Money.parse(costs),
        moves=NOTHING,
        is_exact=True,
        problem=problem([offer()], workload()),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (winning(Change.LEAST), "wins with spot accepted: the fleet saves 12.50"),
        (
            winning(Change.LEAST, "0", words="a price of 9.99 an hour", price=Money.parse("9.99")),
            "wins with a price of 9.99 an hour",
        ),
        (
            winning(Change.ENOUGH, "0", words="a price of 9.99 an hour", price=Money.parse("9.99")),
            "wins with a price of 9.99 an hour; a higher one may do",
        ),
        (winning(Change.ENOUGH), "with spot accepted the fleet saves at least 12.50"),
        (
            winning(Change.OUTDONE),
            "with spot accepted it would save 12.50, but another offer would be chosen",
        ),
        (winning(Change.NOT_ENOUGH, "8"), "even with spot accepted the fleet would cost +8.00"),
        (
            winning(Change.NOT_ENOUGH, "8", is_exact=False),
            "even with spot accepted the fleet would cost <= +8.00",
        ),
    ],
)
def test_a_change_is_told_by_what_is_known_of_it(told: Winning, sentence: str) -> None:
    assert what_would_win(told) == sentence


MOVING = Money.parse("2")


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            winning(Change.LEAST, moves=MOVING),
            "wins with spot accepted: the fleet saves 14.50, 12.50 with what its moves weigh",
        ),
        (
            winning(Change.NOT_ENOUGH, "8", moves=MOVING),
            ("even with spot accepted the fleet would cost +6.00, +8.00 with what its moves weigh"),
        ),
        (
            winning(Change.NOT_ENOUGH, "8", moves=Money.parse("20")),
            (
                "even with spot accepted the fleet would cost 12.00 less on the bill, "
                "but 8.00 more with what its moves weigh (stability)"
            ),
        ),
        (
            winning(Change.NOT_ENOUGH, "8", moves=Money.parse("20"), is_exact=False),
            (
                "even with spot accepted the fleet would cost at least 12.00 less on the bill, "
                "but at most 8.00 more with what its moves weigh (stability)"
            ),
        ),
    ],
)
def test_what_moves_weigh_is_told_apart_from_what_is_paid(told: Winning, sentence: str) -> None:
    assert what_would_win(told) == sentence
    assert worth(quota_worth(moves=MOVING)).endswith(
        "1 more saves 9.00, 7.00 with what its moves weigh"
    )


CHANGE = Costs(
    nodes=Money.parse("-1"),
    clusters=Money.parse("73"),
    clouds=NOTHING,
    data=NOTHING,
    traffic=NOTHING,
    moves=NOTHING,
)


def cheaper(**changes: object) -> Cheaper:
    made = Cheaper(offer=offer(), alone=NOTHING, rule="cost", reason="")
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (cheaper(rule="residency", reason="is in US"), "residency: is in US"),
        (
            cheaper(change=CHANGE, proof=Proof.EXACT),
            "cost: the fleet would cost +72.00 (nodes -1.00, clusters +73.00)",
        ),
        (
            cheaper(rule="apart", reason="a and b meet", change=CHANGE, proof=Proof.AT_MOST),
            (
                "apart: a and b meet; a fleet with it all the same "
                "would cost <= +72.00 (nodes -1.00, clusters +73.00)"
            ),
        ),
    ],
)
def test_why_not_is_the_rule_or_what_the_fleet_would_cost_more(
    told: Cheaper, sentence: str
) -> None:
    assert why_not(told) == sentence


def test_a_difference_has_its_sign_and_says_if_it_is_a_bound() -> None:
    assert difference(Money.parse("-3"), Proof.EXACT) == "-3.00"
    assert difference(NOTHING, Proof.AT_MOST) == "<= +0.00"


def quota_worth(**changes: object) -> Worth:
    made = Worth(
        quota=quota(4, name="H100"),
        regions=(EAST,),
        used=Fraction(4),
        more=1,
        saves=Money.parse("7"),
        moves=NOTHING,
        proof=Proof.EXACT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_quota_is_told_with_its_use_its_places_and_its_worth() -> None:
    everywhere = (EAST, FRANKFURT, NETHERLANDS, WEST)

    assert worth(quota_worth()) == (
        "quota H100, 4 of 4 nodes used (aws/us-east-1): 1 more saves 7.00"
    )
    assert worth(quota_worth(saves=NOTHING, regions=everywhere)) == (
        "quota H100, 4 of 4 nodes used "
        "(aws/us-east-1, aws/eu-central-1, gcp/europe-west4 and 1 more): 1 more saves nothing"
    )
    assert worth(quota_worth(quota=quota(4, name="all", provider="gcp", spans=True))) == (
        "quota all, 4 of 4 nodes used (all regions of gcp): 1 more saves 7.00"
    )
    assert worth(quota_worth(proof=Proof.AT_LEAST)).endswith("1 more saves at least 7.00")


def test_more_of_a_reservation_saves_less_what_reserving_it_costs() -> None:
    reserved = quota(4, name="reservation block", reservation=reservation(4).key)

    assert worth(quota_worth(quota=reserved)) == (
        "reservation block, 4 of 4 nodes used (aws/us-east-1): "
        "1 more saves 7.00, less what reserving it costs"
    )


def test_budgets_are_told_with_what_is_left_of_them() -> None:
    left = BudgetWorth(monthly=Money.parse("1000"), left=Money.parse("12.34"), denies=True)

    assert budget(left) == (
        "budget 1,000.00: 12.34 left; more of it lets in dearer fleets only, and saves nothing"
    )
    assert budget(replace(left, left=Money.parse("-5"), denies=False)) == (
        "budget 1,000.00: 5.00 over; it only warns"
    )


def test_a_team_is_told_with_its_charge_and_what_more_would_save() -> None:
    told = TeamWorth(
        team=TeamName("ml"),
        budget=Money.parse("20"),
        charged=Money.parse("19.5"),
        more=Money.parse("1"),
        saves=Money.parse("3"),
        moves=NOTHING,
        proof=Proof.EXACT,
    )

    assert team_worth(told) == ("budget of team ml, 19.50 of 20.00 charged: 1.00 more saves 3.00")
