"""Where not all work can be placed: how far a quota has to be raised for some more of it, by solving again."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from broker.domain.money import Money
from broker.domain.spec import Quota
from broker.domain.workloads import Workload
from broker.placement.budget import allows
from broker.placement.candidates import candidates
from broker.placement.counterfactual import SMALL
from broker.placement.lifts import raised
from broker.placement.outcome import Failure, cost_alone
from broker.placement.partial import without
from broker.placement.problem import Problem
from broker.placement.purchase import assignment_of, buy
from broker.placement.quotas import quota_use_per_node, quotas_of
from broker.placement.solution import Solution
from broker.placement.solve import solved_or_why
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
        roomy = solved_or_why(most)
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


def _least(
    asked: Problem, quota: Quota, roomy_problem: Problem, roomy: Solution
) -> tuple[int, Solution, bool]:
    """The least limit that is enough, by halving, the fleet with it, and whether less is known not to be."""
    pools = buy(assignment_of(roomy.fleet.placements, candidates(roomy_problem).by_workload))
    low, high = quota.limit, math.ceil(max(used_by_place(pools, quota).values(), default=0))
    high, best, is_least = max(high, low + 1), roomy, True
    while high - low > 1:
        middle = (low + high) // 2
        found = solved_or_why(raised(asked, quota, middle).problem)
        if isinstance(found, Failure):
            low, is_least = middle, found is not Failure.UNDECIDED
        else:
            high, best = middle, found
    return high, best, is_least
