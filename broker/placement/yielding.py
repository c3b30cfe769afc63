"""Where not all work can be placed: what would make room, and who yields to whom, solved anew."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from broker.domain.errors import Denied, Infeasible, Unsolved
from broker.domain.ids import WorkloadName
from broker.domain.money import Money
from broker.domain.spec import Quota
from broker.domain.workloads import Workload
from broker.placement.candidates import candidates
from broker.placement.counterfactual import SMALL
from broker.placement.lifts import raised
from broker.placement.nowhere import nowhere_to_run
from broker.placement.outcome import cost_alone
from broker.placement.partial import without
from broker.placement.problem import Problem
from broker.placement.purchase import assignment_of, buy
from broker.placement.quotas import quota_use_per_node, quotas_of
from broker.placement.solution import Solution, Unplaced
from broker.placement.solve import solve, solve_with
from broker.placement.used import used_by_place

QUOTAS_TRIED, OF_LARGE_FLEETS = 4, 1
"""Quotas that are raised one by one, those of the workload's cheapest offers first. Each takes as long
as a plan does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreRoom:
    """With *quota* raised to *limit* all that the plan places has room, and the workload too.

    The fleet then costs *costs* more a month. *is_least* tells whether a limit of one less was
    tried and is too little.
    """

    quota: Quota
    limit: int
    words: str
    costs: Money
    is_least: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """The lightest work that would have to be left out for the workload to be placed.

    *yields* are placed in the plan, and *placed* are left out there, as the workload is. The fleet
    then costs *costs* more a month, or less.
    """

    yields: tuple[Unplaced, ...]
    placed: tuple[WorkloadName, ...]
    costs: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbids:
    """Work that is left out, and would be placed if the workload were left out instead.

    The fleet would then cost *costs* more a month, or less.
    """

    yields: tuple[Unplaced, ...]
    costs: Money


def more_room(problem: Problem, solution: Solution, workload: Workload) -> Iterator[MoreRoom]:
    """Of each quota that alone is in the way: how far it would have to be raised.

    *problem* is that of *solution*, a fleet that leaves *workload* out.
    """
    others = {entry.workload for entry in solution.unplaced} - {workload.name}
    asked = replace(without(problem, others), allow_unplaced=False)
    most_tried = QUOTAS_TRIED if _is_small(solution) else OF_LARGE_FLEETS
    for quota in _quotas_met(asked, workload)[:most_tried]:
        most = raised(asked, quota, quota.limit + _plenty(asked, quota)).problem
        roomy = _solved(most)
        if roomy is None:
            continue
        limit, found = _least(asked, quota, most, roomy)
        yield MoreRoom(
            quota=quota,
            limit=limit,
            words=raised(asked, quota, limit).words,
            costs=found.paid - solution.paid,
            is_least=_is_small(found),
        )


def misses(problem: Problem, workload: Workload) -> tuple[str, ...]:
    """For *workload* without any lawful offer: what took them, the nearest of them, and what to do."""
    others = {w.name for w in problem.spec.workloads} - {workload.name}
    alone = without(problem, others)
    found = candidates(alone)
    if found.by_workload[workload.name]:
        return ()
    (told,) = nowhere_to_run(alone, found).diagnostics
    return (*told.detail.splitlines(), *told.hint.splitlines())


def instead(problem: Problem, solution: Solution, workload: Workload) -> Instead | None:
    """Who would yield if *workload* had to be placed; None where no part of the work has it."""
    if workload.name in _nowhere(solution):
        return None
    try:
        found = solve_with(problem, workload.name)
    except (Denied, Infeasible, Unsolved):
        return None
    before = {entry.workload for entry in solution.unplaced}
    after = {entry.workload for entry in found.unplaced}
    if workload.name in after:
        return None
    return Instead(
        yields=tuple(entry for entry in found.unplaced if entry.workload not in before),
        placed=tuple(sorted(before - after - {workload.name})),
        costs=found.paid - solution.paid,
    )


def outbids(problem: Problem, solution: Solution, workload: Workload) -> Outbids | None:
    """What is left out because *workload* is placed; None where nothing would have its room."""
    if {entry.workload for entry in solution.unplaced} == _nowhere(solution):
        return None
    found = _solved(replace(without(problem, {workload.name}), allow_unplaced=True))
    after = {entry.workload for entry in found.unplaced} if found else set()
    yields = tuple(e for e in solution.unplaced if found and e.workload not in after)
    return Outbids(yields=yields, costs=found.paid - solution.paid) if found and yields else None


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


def _solved(asked: Problem) -> Solution | None:
    try:
        return solve(asked)
    except (Denied, Infeasible, Unsolved):
        return None


def _least(
    asked: Problem, quota: Quota, roomy_problem: Problem, roomy: Solution
) -> tuple[int, Solution]:
    """The least limit that is enough, by halving, and the fleet with it; of a large fleet, one that is enough."""
    pools = buy(assignment_of(roomy.fleet.placements, candidates(roomy_problem).by_workload))
    low, high = quota.limit, math.ceil(max(used_by_place(pools, quota).values(), default=0))
    high, best = max(high, low + 1), roomy
    while _is_small(roomy) and high - low > 1:
        middle = (low + high) // 2
        found = _solved(raised(asked, quota, middle).problem)
        if found is None:
            low = middle
        else:
            high, best = middle, found
    return high, best


def _is_small(solution: Solution) -> bool:
    return sum(part.variables for part in solution.components) <= SMALL
