"""A budget denies what even the cheapest fleet exceeds, with proof, or lets it pass with a warning."""

from dataclasses import replace

import pytest

from broker.domain.diagnostics import Where
from broker.domain.errors import Denied
from broker.domain.money import Money
from broker.domain.spec import Budget, OnBreach
from broker.placement.budget import check_budget
from broker.placement.problem import Problem
from broker.placement.solve import solve
from tests.fakes.problems import offer, problem, workload

COST = "7373"  # a node of ten dollars an hour, and a cluster of ten cents
WHERE = Where("fleet.yaml", 7, 3)


def limited(monthly: str, on_breach: OnBreach = OnBreach.DENY) -> Problem:
    budget = Budget(monthly=Money.parse(monthly), on_breach=on_breach, where=WHERE)
    return problem([offer()], workload(), budget=budget)


def test_a_fleet_over_budget_is_denied_with_the_proof() -> None:
    with pytest.raises(Denied) as caught:
        solve(limited("7000"))

    (told,) = caught.value.diagnostics
    assert (told.code, told.subject, told.where) == ("budget-exceeded", "budget.monthly", WHERE)
    assert told.summary == (
        "The cheapest fleet found costs $7,373.00 a month, $373.00 over the budget of $7,000.00"
    )
    assert told.detail.startswith("No lawful fleet costs less than $7,37")
    assert told.hint


def test_a_fleet_of_exactly_the_budget_passes() -> None:
    assert solve(limited(COST)).objective == Money.parse(COST)


def test_one_micro_dollar_over_is_over() -> None:
    with pytest.raises(Denied):
        solve(limited("7372.999999"))


def test_a_budget_that_warns_passes() -> None:
    assert solve(limited("1", OnBreach.WARN)).objective == Money.parse(COST)


def test_no_budget_passes() -> None:
    assert solve(problem([offer()], workload())).objective == Money.parse(COST)


def test_a_search_that_stopped_says_that_it_proves_nothing() -> None:
    found = solve(limited(COST))
    stopped = replace(found, bound=Money.parse("6000"))

    with pytest.raises(Denied) as caught:
        check_budget(limited("7000"), stopped)

    assert caught.value.diagnostics[0].detail == (
        "The search stopped early: a fleet of $6,000.00 is not ruled out."
    )
