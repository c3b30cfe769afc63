"""Of work that is left out it is told whether room, money or the search came to an end."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from broker.domain.ids import TeamName
from broker.domain.money import Money
from broker.domain.spec import Budget, OnBreach
from broker.domain.workloads import Priority
from broker.placement.highs import Answer
from broker.placement.outcome import Failure
from broker.placement.problem import Problem
from broker.placement.raising import MoreRoom, StillOut, more_room
from broker.placement.solution import Solution
from broker.placement.solve import solve, solve_with
from broker.placement.yielding import Instead, instead, outbids
from tests.fakes.problems import offer, problem, quota, running, workload

RENDER = workload("render", hours=10, priority=Priority.BEST_EFFORT)
AS_A_WHOLE, IN_PART = 500, -1


def crowded(train_hours: int | None = None, **changes: Any) -> Problem:
    """Two ask for one node of ten dollars an hour; beside it there is a cluster of 73 a month."""
    train = workload("train", hours=train_hours)
    asked = problem([offer()], train, RENDER, quotas=(quota(1),), **changes)
    return replace(asked, allow_unplaced=True)


def told(
    asked: Problem, solution: Solution, largest: int
) -> tuple[list[MoreRoom | StillOut], Instead | Failure]:
    """What would make room for render, and who would yield."""
    return (
        list(more_room(asked, solution, RENDER, largest=largest)),
        instead(asked, solution, RENDER, largest=largest),
    )


@pytest.mark.parametrize("largest", [AS_A_WHOLE, IN_PART])
def test_where_there_is_room_but_no_money_it_is_the_money(largest: int) -> None:
    asked = crowded(budget=Budget(monthly=Money.parse("7400")))
    more, _ = told(asked, solve(asked), largest)

    assert [(type(each), getattr(each, "why", None)) for each in more] == [
        (StillOut, Failure.OVER_BUDGET)
    ]


@pytest.mark.parametrize("largest", [AS_A_WHOLE, IN_PART])
def test_a_budget_that_warns_leaves_the_money(largest: int) -> None:
    asked = crowded(budget=Budget(monthly=Money.parse("7400"), on_breach=OnBreach.WARN))
    more, _ = told(asked, solve(asked), largest)

    assert [type(each) for each in more] == [MoreRoom]


@pytest.mark.parametrize("largest", [AS_A_WHOLE, IN_PART])
def test_who_would_yield_is_not_asked_where_the_fleet_is_then_over_the_budget(largest: int) -> None:
    """Render has 100 dollars a month, and train 40: in its place it is over 150."""
    asked = crowded(train_hours=4, budget=Budget(monthly=Money.parse("150")))

    assert told(asked, solve(asked), largest)[1] is Failure.OVER_BUDGET


@pytest.mark.parametrize("largest", [AS_A_WHOLE, IN_PART])
def test_nobody_is_outbid_whom_there_is_no_money_for(largest: int) -> None:
    """Without train there is room for render, but a fleet with it is over 150 dollars."""
    allowed, denied = (
        crowded(train_hours=4, budget=Budget(monthly=Money.parse(most))) for most in ("180", "150")
    )
    train, _ = denied.spec.workloads

    assert outbids(allowed, solve(allowed), train, largest=largest) is not None
    assert outbids(denied, solve(denied), train, largest=largest) is None


def test_a_team_that_has_not_the_money_for_it_alone_has_room_for_it() -> None:
    teams = ((TeamName("research"), Money.parse("50")),)
    asked = crowded(train_hours=4, budget=Budget(monthly=Money.parse("9999"), teams=teams))

    assert told(asked, solve(asked), AS_A_WHOLE)[1] is Failure.OVER_BUDGET


def test_what_fits_on_no_node_beside_nothing_has_no_room() -> None:
    asked = replace(
        problem([offer()], workload("train"), RENDER, quotas=(quota(0),)),
        allow_unplaced=True,
    )

    assert told(asked, solve(asked), AS_A_WHOLE)[1] is Failure.IMPOSSIBLE


def test_a_search_that_stops_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = crowded()
    solution = solve(asked)
    stopped = Answer(values=None, objective=float("inf"), bound=0.0, ended=False)
    monkeypatch.setattr("broker.placement.rounds.solve_model", lambda *_, **__: stopped)

    more, other = told(asked, solution, AS_A_WHOLE)

    assert [getattr(each, "why", None) for each in more] == [Failure.UNDECIDED]
    assert other is Failure.UNDECIDED


def test_stability_keeps_no_work_out_that_there_is_the_money_for() -> None:
    """Train runs on dear nodes: it moves where the money is not enough, as in any plan."""
    budget = Budget(monthly=Money.parse("8000"))
    asked = problem([offer("p5", "10"), offer("p4", "30")], workload("train"), budget=budget)
    objective = replace(asked.spec.objective, stability=Fraction(9))
    asked = replace(asked, spec=replace(asked.spec, objective=objective), allow_unplaced=True)

    found = solve_with(replace(asked, recorded=running(asked, {"p4": 1})), "train")

    assert found.paid == Money.parse("7373")
