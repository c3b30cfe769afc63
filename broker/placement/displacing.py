"""Lower priorities in the way of an offer: whether the workload would have it if one of them yielded."""

import math
from collections.abc import Iterator
from dataclasses import replace

from broker.domain.spec import Quota
from broker.domain.workloads import Workload
from broker.placement.lifts import Given, Step, raised
from broker.placement.partial import YIELDS_LAST, preemption_cost, without
from broker.placement.quotas import counts, quotas_of
from broker.placement.used import used_by_place
from broker.placement.winning import Change, Contender, Winning
from broker.placement.winning_rules import by_rules

MOST_TRIED = 2
"""Workloads that are left out one by one to see whether that is enough, the least important first."""

TELLING = {Change.LEAST, Change.ENOUGH}


def by_displacing(contender: Contender) -> Winning | None:
    """The first workload of lower priority without which the offer wins; None if there is none.

    It has nodes under a quota of the offer. A small fleet is solved anew without it. In a large one
    it stays where it is and what it uses of the quota is added to the limit, which costs no less.
    """
    for quota in quotas_of(contender.offer, contender.whatif.problem):
        for other in list(_lower(contender, quota))[:MOST_TRIED]:
            won = by_rules(contender, _left_out(contender, quota, other), has_to_win=True)
            if won is not None and won.change in TELLING:
                return replace(won, kind="yield")
    return None


def _lower(contender: Contender, quota: Quota) -> Iterator[Workload]:
    """Those of lower priority on nodes that *quota* counts: the least important, smallest first."""
    problem = contender.whatif.problem
    under = {
        candidate.workload.name
        for pool in contender.whatif.base.pools
        if counts(quota, pool.offer)
        for candidate in pool.candidates
    }
    rank = YIELDS_LAST.index(contender.case(problem).own.priority)
    lower = (
        w
        for w in problem.spec.workloads
        if w.name in under and YIELDS_LAST.index(w.priority) > rank
    )
    return iter(
        sorted(
            lower,
            key=lambda w: (
                -YIELDS_LAST.index(w.priority),
                w.accelerators.count * w.replicas.minimum,
                w.name,
            ),
        )
    )


def _left_out(contender: Contender, quota: Quota, other: Workload) -> Step:
    """The question without *other*, with what stopping it loses in words."""
    whatif = contender.whatif
    lost = preemption_cost(whatif.problem, other)
    loses = f", which loses work of {lost.shown()}" if lost else ""
    changes = (Given(f"{other.name} ({other.priority}) left out{loses}"),)
    if whatif.is_whole:
        return Step(changes=changes, problem=without(whatif.problem, {other.name}))
    own = [
        pool
        for pool in whatif.base.pools
        if any(c.workload.name == other.name for c in pool.candidates)
    ]
    used = max(used_by_place(own, quota).values(), default=0)
    return Step(
        changes=changes,
        problem=raised(whatif.problem, quota, quota.limit + math.floor(used)).problem,
    )
