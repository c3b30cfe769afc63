"""A team is charged for the accelerators it holds, and never for more than its budget."""

from dataclasses import replace

import pytest

from broker.domain.diagnostics import Severity
from broker.domain.errors import Denied
from broker.domain.ids import TeamName
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.domain.spec import Budget, OnBreach
from broker.placement.budget import budget_warnings
from broker.placement.problem import Problem
from broker.placement.solve import solve
from tests.fakes.problems import offer, problem, quota, workload

ML, WEB = TeamName("ml"), TeamName("web")
FLEET = Money.parse("100000")


def limited(asked: Problem, most: str, on_breach: OnBreach = OnBreach.DENY) -> Problem:
    budget = Budget(monthly=FLEET, teams=((ML, Money.parse(most)),), on_breach=on_breach)
    return replace(asked, spec=replace(asked.spec, budget=budget))


def shared() -> Problem:
    """A node of eight devices at 7,300 a month for two teams, and a slower, dearer one."""
    return problem(
        [offer(), offer("p4", "30", count=32)],
        workload("tune", count=2, team=ML),
        workload("chat", count=6, team=WEB),
    )


def test_each_team_is_charged_its_accelerators_and_not_the_idle_ones() -> None:
    found = solve(problem([offer()], workload("tune", count=2, team=ML)))

    assert found.charges == ((ML, Money.parse("1825")),)  # a quarter of 7,300


def test_a_burst_is_charged_all_of_its_nodes() -> None:
    found = solve(problem([offer()], workload("tune", count=2, hours=100, team=ML)))

    assert found.charges == ((ML, Money.parse("1000")),)


def test_a_tight_budget_moves_the_team_to_where_it_is_charged_less() -> None:
    # Alone, the large node is dearer for the fleet, and cheaper for what the team holds of it.
    large = offer("p4", "12", count=16)
    asked = problem([offer(), large], workload("tune", count=2, team=ML))

    assert [p.offer.machine_type for p in solve(asked).fleet.placements] == ["p5"]
    found = solve(limited(asked, "1500"))
    assert [p.offer.machine_type for p in found.fleet.placements] == ["p4"]
    assert found.charges == ((ML, Money.parse("1095")),)


def test_an_offer_that_is_cheaper_for_the_team_is_not_left_out_for_one_cheaper_as_a_whole() -> None:
    spot = frozenset({CapacityType.ON_DEMAND})
    asked = problem(
        [offer("small", "2", count=2), offer("large", "6", count=8)],
        workload("tune", count=1, replicas=2, team=ML, capacity_types=spot),
    )

    assert solve(limited(asked, "1400")).charges == ((ML, Money.parse("1095")),)


def test_exactly_the_budget_is_within_it() -> None:
    assert solve(limited(shared(), "1825")).charges[0] == (ML, Money.parse("1825"))


def test_a_team_over_its_budget_is_denied_with_the_amount() -> None:
    with pytest.raises(Denied) as caught:
        solve(limited(shared(), "1368.74"))

    (told,) = caught.value.diagnostics
    assert (told.code, told.subject) == ("team-budget-exceeded", "budget.teams")
    assert told.detail.endswith("ml: $1,825.00 of $1,368.74 a month, $456.26 over")
    assert "With `on-breach: warn`" in told.hint
    assert "broker explain" in told.hint


def test_work_that_yields_to_a_budget_is_told_with_the_budget_and_what_it_would_take() -> None:
    asked = limited(problem([offer()], workload("tune", count=2, team=ML)), "100")

    found = solve(replace(asked, allow_unplaced=True))

    (entry,) = found.unplaced
    assert entry.reason == (
        "tune can not be placed within budget.teams: the cheapest fleet charges "
        "ml: $1,825.00 of $100.00 a month, $1,725.00 over"
    )


def test_work_that_yields_to_a_quota_is_not_told_of_a_budget_that_it_keeps() -> None:
    asked = problem([offer()], workload("tune", team=ML), workload("chat", team=WEB))
    short = limited(replace(asked, spec=replace(asked.spec, quotas=(quota(1),))), "90000")

    found = solve(replace(short, allow_unplaced=True))

    (entry,) = found.unplaced
    assert entry.reason.startswith("chat, tune can not all be placed at once")


def test_a_budget_that_warns_lets_it_pass() -> None:
    assert solve(limited(shared(), "1", OnBreach.WARN)).charges[0] == (ML, Money.parse("1825"))


def test_a_budget_that_warns_tells_which_team_is_over() -> None:
    asked = limited(shared(), "1", OnBreach.WARN)

    (told,) = budget_warnings(asked, solve(asked))
    assert (told.code, told.severity) == ("team-budget-exceeded", Severity.WARNING)
    assert told.summary == "1 team charged more than budgeted"
    assert told.detail == "ml: $1,825.00 of $1.00 a month, $1,824.00 over"
