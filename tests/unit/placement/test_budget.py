"""A budget denies what even the cheapest fleet exceeds, with proof, or lets it pass with a warning."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.diagnostics import Severity, Where
from broker.domain.errors import Denied
from broker.domain.money import Money
from broker.domain.spec import Budget, Objective, OnBreach
from broker.placement.budget import budget_warnings, check_budget
from broker.placement.problem import Problem
from broker.placement.solution import SolveStatus
from broker.placement.solve import solve
from tests.fakes.problems import NETHERLANDS, offer, problem, workload

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
    assert "on-breach: warn" in told.hint
    assert "broker explain" in told.hint


def test_a_fleet_of_exactly_the_budget_passes() -> None:
    assert solve(limited(COST)).objective == Money.parse(COST)


def test_one_micro_dollar_over_is_over() -> None:
    with pytest.raises(Denied):
        solve(limited("7372.999999"))


def test_a_budget_that_warns_passes() -> None:
    assert solve(limited("1", OnBreach.WARN)).objective == Money.parse(COST)


def test_no_budget_passes() -> None:
    assert solve(problem([offer()], workload())).objective == Money.parse(COST)


def test_a_denial_says_where_the_money_goes() -> None:
    offers = [offer(), offer("big", "30", count=16), offer("a3", "5", region=NETHERLANDS)]
    wanted = [
        workload("bulk", count=16),
        workload("eu", residency=frozenset({"EU"})),
        workload("us", residency=frozenset({"US"}), replicas=2),
        workload("more", hours=100, residency=frozenset({"US"})),
    ]
    budget = Budget(monthly=Money.parse("1"), where=WHERE)

    with pytest.raises(Denied) as caught:
        solve(problem(offers, *wanted, budget=budget))

    _, workloads, clusters, beside = caught.value.diagnostics[0].detail.splitlines()
    assert workloads == (
        "The costliest workloads: bulk $21,900.00 (53 %), us $14,600.00 (35 %), "
        "eu $3,650.00 (9 %) and 1 more."
    )
    assert clusters == (
        "The costliest clusters: aws-us-east-1 $37,573.00 (91 %), gcp-europe-west4 $3,723.00 (9 %)."
    )
    assert beside == "Beside nodes: cluster overheads $146.00 (under 1 %)."


GAP = (
    "budget lies within the gap of {gap} % that is not proven: a fleet of {bound} is not ruled out."
)


@pytest.mark.parametrize(
    ("bound", "status", "proof"),
    [
        ("7000.01", SolveStatus.STOPPED, "No lawful fleet costs less than $7,000.01."),
        (
            "7000",
            SolveStatus.STOPPED,
            "The search stopped early, and the " + GAP.format(gap="5.06", bound="$7,000.00"),
        ),
        ("6000", SolveStatus.OPTIMAL, "The " + GAP.format(gap="18.63", bound="$6,000.00")),
    ],
)
def test_what_is_not_proven_is_not_said_to_be(bound: str, status: SolveStatus, proof: str) -> None:
    found = replace(solve(limited(COST)), bound=Money.parse(bound), status=status)

    with pytest.raises(Denied) as caught:
        check_budget(limited("7000"), found)
    (warned,) = budget_warnings(limited("7000", OnBreach.WARN), found)

    for told in (caught.value.diagnostics[0], warned):
        assert told.detail.splitlines()[0] == proof


def test_a_budget_that_only_warns_is_a_warning_of_the_same_facts() -> None:
    asked = limited("7000", OnBreach.WARN)
    found = solve(asked)

    (warned,) = budget_warnings(asked, found)
    with pytest.raises(Denied) as caught:
        check_budget(limited("7000"), found)

    (denied,) = caught.value.diagnostics
    assert (warned.severity, warned.code, warned.where) == (
        Severity.WARNING, "budget-exceeded", WHERE,
    )  # fmt: skip
    assert (warned.summary, warned.detail) == (denied.summary, denied.detail)
    assert warned.hint == "The plan is made all the same, as `on-breach: warn` says."


def test_a_fleet_within_budget_is_no_warning() -> None:
    asked = limited(COST, OnBreach.WARN)

    assert budget_warnings(asked, solve(asked)) == ()


def test_a_bound_that_weighs_moves_proves_nothing_about_cost_alone() -> None:
    asked = limited("7000", OnBreach.WARN)
    stable = replace(asked.spec, objective=Objective(stability=Fraction(1, 50)))
    running = replace(asked, spec=stable, recorded=solve(asked).fleet)

    (warned,) = budget_warnings(running, solve(running))

    assert warned.summary.startswith("The best fleet found costs $7,373.00 a month, $373.00 over")
    proof, *expenses = warned.detail.splitlines()
    assert proof.startswith("No lawful fleet, with what its moves weigh, comes to less than $7,37")
    assert proof.endswith(": one that moves more may cost less.")
    assert expenses[0].startswith("The costliest workloads: train")
