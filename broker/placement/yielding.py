"""Where not all work can be placed: what would make room, and who yields to whom, by solving again."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from broker.domain.errors import Denied, Infeasible, Unsolved
from broker.domain.ids import WorkloadName
from broker.domain.money import Money
from broker.domain.spec import Quota
from broker.domain.workloads import Workload
from broker.placement.budget import allows
from broker.placement.candidates import candidates
from broker.placement.counterfactual import SMALL
from broker.placement.lifts import raised
from broker.placement.nowhere import nowhere_to_run
from broker.placement.outcome import Failure, cost_alone
from broker.placement.partial import unplaced, without
from broker.placement.problem import Problem
from broker.placement.purchase import assignment_of, buy
from broker.placement.quotas import quota_use_per_node, quotas_of
from broker.placement.solution import Solution, Unplaced
from broker.placement.solve import solve, solve_with
from broker.placement.used import used_by_place
from broker.placement.yielding_nearby import Beside

QUOTAS_TRIED, OF_LARGE_FLEETS = 4, 2
"""Quotas that are raised one by one, those of the workload's cheapest offers first. In a small fleet each
takes as long as a plan does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreRoom:
    """With *quota* raised to *limit* all that the plan places has room, and the workload too.

    The fleet then costs *costs* more a month. *is_least* tells whether a limit of one less is known
    to be too little.
    """

    quota: Quota
    limit: int
    words: str
    costs: Money
    is_least: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StillOut:
    """Whatever *quota* is raised to, the workload is left out, though not for lack of room: see *why*."""

    quota: Quota
    why: Failure


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


def more_room(
    problem: Problem, solution: Solution, workload: Workload, *, largest: int = SMALL
) -> Iterator[MoreRoom | StillOut]:
    """Of each quota that alone is in the way: how far it would have to be raised, or why that is in vain.

    *problem* is that of *solution*, a fleet that leaves *workload* out. Of one whose models have
    more than *largest* variables, what is found around the plan is told, and no more than that.
    """
    if solution.variables > largest:
        yield from _more_room_beside(Beside(problem, solution), workload)
        return
    others = {entry.workload for entry in solution.unplaced} - {workload.name}
    asked = replace(without(problem, others), allow_unplaced=False)
    for quota in _quotas_met(asked, workload)[:QUOTAS_TRIED]:
        most = raised(asked, quota, quota.limit + _plenty(asked, quota)).problem
        roomy = _solved(most)
        if isinstance(roomy, Failure):
            if roomy is not Failure.IMPOSSIBLE:
                yield StillOut(quota=quota, why=roomy)
            continue
        limit, found, is_least = _least(asked, quota, most, roomy)
        yield MoreRoom(
            quota=quota,
            limit=limit,
            words=raised(asked, quota, limit).words,
            costs=found.paid - solution.paid,
            is_least=is_least,
        )


def _more_room_beside(beside: Beside, workload: Workload) -> Iterator[MoreRoom | StillOut]:
    problem = beside.problem
    for quota in _quotas_met(problem, workload)[:OF_LARGE_FLEETS]:
        most = quota.limit + _plenty(problem, quota)
        found = beside.with_limits(workload, quota, most)
        if found is None:
            continue
        limit, outcome = found
        if allows(problem, outcome.costs.paid):
            yield MoreRoom(
                quota=quota,
                limit=limit,
                words=raised(problem, quota, limit).words,
                costs=outcome.costs.paid - beside.solution.paid,
                is_least=False,
            )
        else:
            yield StillOut(quota=quota, why=Failure.OVER_BUDGET)


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
    found = _solved(problem, workload.name)
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
    alone = _solved(replace(without(problem, others), allow_unplaced=False))
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
    found = _solved(replace(without(problem, {workload.name}), allow_unplaced=True))
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


def _quotas_met(asked: Problem, workload: Workload) -> list[Quota]:
    """The quotas of offers that the workload may use but for quotas; of the cheapest offers first."""
    unlimited = replace(asked, spec=replace(asked.spec, quotas=()))
    lawful = sorted(
        candidates(unlimited).by_workload[workload.name],
        key=lambda c: (cost_alone(c), c.offer.name),
    )
    met = (quota for c in lawful for quota in quotas_of(c.offer, asked))
    return list({id(quota): quota for quota in met}.values())


def _plenty(asked: Problem, quota: Quota) -> int:
    """What all workloads could use at the most."""
    replicas = sum(workload.replicas.maximum for workload in asked.spec.workloads)
    return math.ceil(replicas * max(quota_use_per_node(offer, quota) for offer in asked.offers))


def _solved(asked: Problem, needed: str = "") -> Solution | Failure:
    try:
        return solve_with(asked, needed) if needed else solve(asked)
    except Denied:
        return Failure.OVER_BUDGET
    except Infeasible:
        return Failure.IMPOSSIBLE
    except Unsolved:
        return Failure.UNDECIDED


def _least(
    asked: Problem, quota: Quota, roomy_problem: Problem, roomy: Solution
) -> tuple[int, Solution, bool]:
    """The least limit that is enough, by halving, the fleet with it, and whether less is known not to be."""
    pools = buy(assignment_of(roomy.fleet.placements, candidates(roomy_problem).by_workload))
    low, high = quota.limit, math.ceil(max(used_by_place(pools, quota).values(), default=0))
    high, best, is_least = max(high, low + 1), roomy, True
    while high - low > 1:
        middle = (low + high) // 2
        found = _solved(raised(asked, quota, middle).problem)
        if isinstance(found, Failure):
            low, is_least = middle, found is not Failure.UNDECIDED
        else:
            high, best = middle, found
    return high, best, is_least
