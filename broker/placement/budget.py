"""The most a month may cost."""

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Denied
from broker.domain.spec import OnBreach
from broker.placement.problem import Problem
from broker.placement.solution import Solution


def check_budget(problem: Problem, solution: Solution) -> None:
    """Deny the cheapest fleet if even it costs more than the budget allows.

    The objective is the cost, so a row in the model could not lead to a cheaper fleet: whether the
    budget can be kept is read off the cheapest one, and the answer says by how much it fails.
    Raises Denied; a budget that only warns passes here and is reported with the plan.
    """
    budget = problem.spec.budget
    if budget is None or not is_over_budget(problem, solution):
        return
    over = -(budget.monthly - solution.paid).floored()
    proof = (
        f"No lawful fleet costs less than {solution.bound.floored().shown()}."
        if solution.bound > budget.monthly
        else "The search stopped early: a fleet of "
        f"{solution.bound.floored().shown()} is not ruled out."
    )
    raise Denied(
        Diagnostic(
            code="budget-exceeded",
            subject="budget.monthly",
            summary=(
                f"The cheapest fleet found costs {solution.paid.shown()} a month, "
                f"{over.shown()} over the budget of {budget.monthly.shown()}"
            ),
            detail=proof,
            hint="Raise budget.monthly, run fewer hours or replicas, or allow spot capacity.",
            where=budget.where,
        )
    )


def is_over_budget(problem: Problem, solution: Solution) -> bool:
    """Whether the fleet costs more than a budget that denies."""
    budget = problem.spec.budget
    return (
        budget is not None and budget.on_breach is OnBreach.DENY and solution.paid > budget.monthly
    )
