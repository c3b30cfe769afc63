"""The best fleet for as much of the work as can be placed, where not all of it can."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import Infeasible
from broker.domain.money import Money, total
from broker.domain.workloads import Priority, Workload
from broker.placement.candidates import Candidate, Candidates, candidates
from broker.placement.hitting import Set, Weight, lightest
from broker.placement.nowhere import nowhere_to_run
from broker.placement.outcome import cost_alone
from broker.placement.problem import Problem
from broker.placement.solution import Solution, Unplaced

YIELDS_LAST = (Priority.PRODUCTION, Priority.STANDARD, Priority.BEST_EFFORT)


@dataclass(frozen=True, slots=True)
class _Conflict:
    """Workloads that can not all be placed, and why in words."""

    workloads: Set
    reason: str


def solve_in_part(
    problem: Problem, solve: Callable[[Problem], Solution], needed: str = ""
) -> Solution:
    """The cheapest fleet for all but the lightest work that has to be left out.

    The *needed* workload weighs more than all others: it is left out only where it can not be
    placed even alone.

    What weighs is the accelerators of production work that are not placed, then those of standard
    and then of best-effort work, then what stopping it loses where it runs; among equals the names
    decide. Workloads are left out whole. Each
    fleet that turns out impossible names a smallest set of workloads that can not all be placed, so
    one of each such set is left out: the lightest choice is a lower bound as long as it is
    impossible, and the answer once it is possible. *near* and *apart* hold among what is placed.
    """
    lawful = candidates(problem)
    nowhere = _nowhere(problem, lawful)
    weights: dict[str, Weight] = {
        w.name: (Fraction(w.name == needed), *weight_of(problem, w)) for w in problem.spec.workloads
    }
    conflicts: list[_Conflict] = []
    while True:
        left_out = lightest((c.workloads for c in conflicts), weights)
        rest = without(problem, left_out | nowhere.keys())
        try:
            found = solve(rest)
        except Infeasible as error:
            if not error.workloads:
                raise
            conflicts.append(_Conflict(frozenset(error.workloads), str(error)))
            continue
        reasons = dict(nowhere)
        for name in sorted(left_out):
            reasons[name] = next(c.reason for c in conflicts if name in c.workloads)
        return replace(found, unplaced=tuple(_unplaced(problem, lawful, reasons)))


def weight_of(problem: Problem, workload: Workload) -> Weight:
    """Accelerators of each priority that go unplaced without it, the highest first, and what is lost."""
    devices = workload.accelerators.count * workload.replicas.minimum
    lost = preemption_cost(problem, workload)
    by_priority = (devices * (workload.priority is priority) for priority in YIELDS_LAST)
    return (*by_priority, Fraction(lost.micros if lost else 0))


def _nowhere(problem: Problem, found: Candidates) -> dict[str, str]:
    """Workloads that no offer may run, with the rules that say so."""
    if all(found.by_workload.values()):
        return {}
    return {
        finding.subject.removeprefix("workloads."): finding.summary
        for finding in nowhere_to_run(problem, found).diagnostics
    }


def without(problem: Problem, names: Iterable[str]) -> Problem:
    """The same question without the workloads of *names*."""
    gone = set(names)
    kept = tuple(w for w in problem.spec.workloads if w.name not in gone)
    return replace(problem, spec=replace(problem.spec, workloads=kept))


def _unplaced(
    problem: Problem, found: Candidates, reasons: Mapping[str, str]
) -> Iterable[Unplaced]:
    for name in sorted(reasons):
        yield unplaced(problem, name, reasons[name], found.by_workload[name])


def unplaced(
    problem: Problem, name: str, reason: str, lawful: Iterable[Candidate] = ()
) -> Unplaced:
    """That the workload of that name is left out for that *reason*, of *lawful* offers."""
    (workload,) = (w for w in problem.spec.workloads if w.name == name)
    return Unplaced(
        workload=workload.name,
        priority=workload.priority,
        reason=reason,
        preemption_cost=preemption_cost(problem, workload),
        alone=min(map(cost_alone, lawful), default=None),
    )


def unplaced_warnings(problem: Problem, solution: Solution) -> Iterator[Diagnostic]:
    """A finding for each workload that is left out."""
    where = {w.name: w.where for w in problem.spec.workloads}
    for entry in solution.unplaced:
        yield Diagnostic(
            severity=Severity.WARNING,
            code="work-unplaced",
            subject=f"workloads.{entry.workload}",
            summary=f"{entry.workload} is not placed",
            detail=entry.reason,
            hint="Without -allow-unplaced the plan is refused, and says what would help.",
            where=where[entry.workload],
        )


def preemption_cost(problem: Problem, workload: Workload) -> Money | None:
    """What is lost by stopping it: the restart, and of a burst half the time between checkpoints.

    None if it does not run now.
    """
    placements = problem.recorded.placements if problem.recorded else ()
    running = [p.hourly for p in placements if p.workload == workload.name]
    if not running:
        return None
    return total(running, problem.spec.objective.currency) * workload.lost_hours
