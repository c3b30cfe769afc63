"""The most a month may cost."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import Denied, Infeasible
from broker.domain.money import Money
from broker.domain.spec import Budget, OnBreach
from broker.domain.wording import many
from broker.placement.charges import overruns
from broker.placement.expenses import expenses
from broker.placement.problem import Problem
from broker.placement.solution import Solution, SolveStatus

_WARN = (
    "With `on-breach: warn` the plan is made all the same, and `broker explain WORKLOAD` says why."
)


def check_budget(problem: Problem, solution: Solution) -> None:
    """Deny the cheapest fleet if even it costs more than the budget allows.

    The objective is the cost, so a row in the model could not lead to a cheaper fleet: whether the
    budget can be kept is read off the cheapest one, and the answer says by how much it fails. Where
    something runs already, *solution* weighs no moves. Raises Denied; a budget that only warns
    passes here, and `budget_warnings` tells of it.
    """
    budget = problem.spec.budget
    if budget is None or not is_over_budget(problem, solution):
        return
    lines = (_proof(budget, solution), *expenses(solution.fleet, solution.paid))
    raise Denied(
        Diagnostic(
            code="budget-exceeded",
            subject="budget.monthly",
            summary=_summary(budget, solution),
            detail="\n".join(lines),
            hint=f"Raise budget.monthly, run fewer hours or replicas, or allow spot capacity.\n{_WARN}",
            where=budget.where,
        )
    )


def budget_warnings(problem: Problem, solution: Solution) -> tuple[Diagnostic, ...]:
    """What to tell of a fleet over a budget that only warns: a finding about the fleet, and one about teams."""
    budget = problem.spec.budget
    if budget is None:
        return ()
    return (*_fleet_warnings(budget, solution), *_team_warnings(budget, solution))


def _team_warnings(budget: Budget, solution: Solution) -> Iterator[Diagnostic]:
    over = list(overruns(budget, solution.charges))
    if over:
        yield Diagnostic(
            severity=Severity.WARNING,
            code="team-budget-exceeded",
            subject="budget.teams",
            summary=f"{many(len(over), 'team')} charged more than budgeted",
            detail="\n".join(over),
            hint="The plan is made all the same, as `on-breach: warn` says.",
            where=budget.where,
        )


def _fleet_warnings(budget: Budget, solution: Solution) -> tuple[Diagnostic, ...]:
    if solution.paid <= budget.monthly:
        return ()
    lines = (_proof(budget, solution), *expenses(solution.fleet, solution.paid))
    return (
        Diagnostic(
            severity=Severity.WARNING,
            code="budget-exceeded",
            subject="budget.monthly",
            summary=_summary(budget, solution),
            detail="\n".join(lines),
            hint="The plan is made all the same, as `on-breach: warn` says.",
            where=budget.where,
        ),
    )


def without_team_budgets(problem: Problem) -> Problem:
    """The same question, with no team bound."""
    budget = problem.spec.budget and replace(problem.spec.budget, teams=())
    return replace(problem, spec=replace(problem.spec, budget=budget))


def over_team_budgets(problem: Problem, cheapest: Solution) -> Denied:
    """What to say where no lawful fleet keeps the budgets of all teams, but *cheapest* exists."""
    budget = problem.spec.budget
    over = list(overruns(budget, cheapest.charges)) if budget else []
    return Denied(
        Diagnostic(
            code="team-budget-exceeded",
            subject="budget.teams",
            summary="No lawful fleet keeps the budget of every team",
            detail="\n".join(["without them, the cheapest fleet charges", *over]),
            hint=f"Raise the team's budget, run fewer hours or replicas, or allow spot capacity.\n{_WARN}",
            where=budget.where if budget else None,
        )
    )


def over_team_budgets_in_part(
    problem: Problem, conflict: Infeasible, cheapest: Solution
) -> Infeasible:
    """The same *conflict*, in money: *cheapest* is the fleet of just its workloads without those budgets."""
    budget = problem.spec.budget
    over = list(overruns(budget, cheapest.charges)) if budget else []
    if not over:
        return conflict
    names = ", ".join(conflict.workloads)
    how = "" if len(conflict.workloads) == 1 else " all"
    summary = f"{names} can not{how} be placed within budget.teams: the cheapest fleet charges {'; '.join(over)}"
    told = (replace(diagnostic, summary=summary) for diagnostic in conflict.diagnostics)
    return Infeasible(*told, workloads=conflict.workloads)


def is_over_budget(problem: Problem, solution: Solution) -> bool:
    """Whether the fleet costs more than a budget that denies."""
    return not allows(problem, solution.paid)


def allows(problem: Problem, monthly: Money) -> bool:
    """Whether no budget denies a fleet that costs so much a month."""
    budget = problem.spec.budget
    return budget is None or budget.on_breach is OnBreach.WARN or monthly <= budget.monthly


def _summary(budget: Budget, solution: Solution) -> str:
    over = -(budget.monthly - solution.paid).floored()
    fleet = "The best fleet found" if solution.weighs_moves else "The cheapest fleet found"
    return (
        f"{fleet} costs {solution.paid.shown()} a month, "
        f"{over.shown()} over the budget of {budget.monthly.shown()}"
    )


def _proof(budget: Budget, solution: Solution) -> str:
    """What is known of cheaper fleets: that all are over the budget too, or no more than that."""
    bound = solution.bound.floored().shown()
    if solution.weighs_moves:
        return f"No lawful fleet, with what its moves weigh, comes to less than {bound}: one that moves more may cost less."
    if solution.bound > budget.monthly:
        return f"No lawful fleet costs less than {bound}."
    stopped = solution.status is SolveStatus.STOPPED
    return (
        f"{'The search stopped early, and the' if stopped else 'The'} budget lies within the gap of "
        f"{_per_cent(solution.gap)} that is not proven: a fleet of {bound} is not ruled out."
    )


def _per_cent(gap: Fraction) -> str:
    """Rounded up to two decimals: a gap is never shown smaller than it is."""
    return f"{Decimal(ceil(gap * 10_000)).scaleb(-2):f} %"
