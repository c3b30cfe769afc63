"""Where not all work can be placed: who yields to whom, by solving again."""

from dataclasses import dataclass, replace

from broker.domain.ids import WorkloadName
from broker.domain.money import Money
from broker.domain.workloads import Workload
from broker.placement.budget import allows
from broker.placement.candidates import candidates
from broker.placement.counterfactual import SMALL
from broker.placement.nowhere import nowhere_to_run
from broker.placement.outcome import Failure
from broker.placement.partial import unplaced, without
from broker.placement.problem import Problem
from broker.placement.solution import Solution, Unplaced
from broker.placement.solve import solved_or_why
from broker.placement.yielding_nearby import Beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """The lightest work that would have to be left out for the workload to be placed.

    *yields* are placed in the plan, and *placed* are left out there, as the workload is. The fleet
    then costs *costs* more a month, or less. *is_least* tells whether no lighter work would do.
    """

    yields: tuple[Unplaced, ...]
    placed: tuple[WorkloadName, ...]
    costs: Money
    is_least: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbids:
    """Work that is left out, and would be placed if the workload were left out instead.

    The fleet would then cost *costs* more a month, or less. *is_all* tells whether no more would be.
    """

    yields: tuple[Unplaced, ...]
    costs: Money
    is_all: bool


def misses(problem: Problem, workload: Workload) -> tuple[str, ...]:
    """For *workload* without any lawful offer: what took them, the nearest of them, and what to do."""
    others = {w.name for w in problem.spec.workloads} - {workload.name}
    alone = without(problem, others)
    found = candidates(alone)
    if found.by_workload[workload.name]:
        return ()
    (told,) = nowhere_to_run(alone, found).diagnostics
    return (*told.detail.splitlines(), *told.hint.splitlines())


def instead(
    problem: Problem, solution: Solution, workload: Workload, *, largest: int = SMALL
) -> Instead | Failure:
    """Who would yield if *workload* had to be placed.

    Impossible where no part of the work has it, and over the budget where the lightest to yield leaves
    a fleet that is. Of a large fleet, one that would do is looked for around the plan; where there is
    none, it is undecided who would.
    """
    if workload.name in _nowhere(solution):
        return Failure.IMPOSSIBLE
    if solution.variables > largest:
        return _instead_of_one(Beside(problem, solution), workload)
    found = solved_or_why(problem, workload.name)
    if isinstance(found, Failure):
        return found
    before = {entry.workload for entry in solution.unplaced}
    after = {entry.workload for entry in found.unplaced}
    if workload.name in after:
        return _why_not_alone(problem, workload)
    return Instead(
        yields=tuple(entry for entry in found.unplaced if entry.workload not in before),
        placed=tuple(sorted(before - after - {workload.name})),
        costs=found.paid - solution.paid,
        is_least=True,
    )


def _why_not_alone(problem: Problem, workload: Workload) -> Failure:
    """Why the workload is left out though all others may yield: there is no room, or no money for its team."""
    others = {w.name for w in problem.spec.workloads} - {workload.name}
    alone = solved_or_why(replace(without(problem, others), allow_unplaced=False))
    return alone if isinstance(alone, Failure) else Failure.UNDECIDED


def _instead_of_one(beside: Beside, workload: Workload) -> Instead | Failure:
    why = Failure.UNDECIDED
    for name in beside.who_may_yield(workload):
        outcome = beside.placed(workload, gone=name)
        if outcome is not None and not allows(beside.problem, outcome.costs.paid):
            why = Failure.OVER_BUDGET
        elif outcome is not None:
            return Instead(
                yields=(unplaced(beside.problem, name, f"{workload.name} has its room"),),
                placed=(),
                costs=outcome.costs.paid - beside.solution.paid,
                is_least=False,
            )
    return why


def outbids(
    problem: Problem, solution: Solution, workload: Workload, *, largest: int = SMALL
) -> Outbids | None:
    """What is left out because *workload* is placed; None where nothing would have its room.

    Of a large fleet, one that is found to have it, the heaviest of few that are tried.
    """
    if {entry.workload for entry in solution.unplaced} == _nowhere(solution):
        return None
    if solution.variables > largest:
        return _outbids_one(Beside(problem, solution), workload)
    found = solved_or_why(replace(without(problem, {workload.name}), allow_unplaced=True))
    if isinstance(found, Failure):
        return None
    after = {entry.workload for entry in found.unplaced}
    yields = tuple(e for e in solution.unplaced if e.workload not in after)
    costs = found.paid - solution.paid
    return Outbids(yields=yields, costs=costs, is_all=True) if yields else None


def _outbids_one(beside: Beside, workload: Workload) -> Outbids | None:
    for entry, other in beside.heaviest_left_out():
        outcome = beside.placed(other, gone=workload.name)
        if outcome is not None and allows(beside.problem, outcome.costs.paid):
            costs = outcome.costs.paid - beside.solution.paid
            return Outbids(yields=(entry,), costs=costs, is_all=False)
    return None


def _nowhere(solution: Solution) -> set[WorkloadName]:
    """What is left out because no offer may run it: whoever yields, there is no room for it."""
    return {entry.workload for entry in solution.unplaced if entry.alone is None}
