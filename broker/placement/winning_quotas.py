"""How far the quotas of an offer have to be raised for it to win."""

import math

from broker.domain.spec import Quota
from broker.placement.lifts import Step, raised
from broker.placement.problem import Problem
from broker.placement.quotas import counts, quota_use_per_node, quotas_of
from broker.placement.used import used_by_place
from broker.placement.winning import Change, Contender, Winning, judged, judged_by


def by_quota(contender: Contender) -> Winning | None:
    """The limit of a quota with which the offer wins; None if there is none, or none was found.

    The least one, found by halving. Of a large fleet that which the move alone takes, if that is
    enough; else what a fleet takes in which others come along.
    """
    if not contender.whatif.is_whole:
        won = _by_what_the_move_takes(contender)
        if won is not None and won.change is not Change.NOT_ENOUGH:
            return won
    problem = contender.whatif.problem
    for quota in quotas_of(contender.offer, problem):
        plenty = raised(problem, quota, _plenty(problem, quota)).problem
        unlimited = contender.on_it(plenty, has_to_win=True)
        if unlimited is None or contender.over(unlimited).micros > -contender.clear:
            continue
        used = math.ceil(max(used_by_place(unlimited.pools, quota).values()))
        if not contender.whatif.is_whole:
            return judged_by(contender, "quota", raised(problem, quota, used), unlimited)
        limit = _least_limit(contender, quota, used)
        return judged(contender, "quota", raised(problem, quota, limit))
    return None


def _by_what_the_move_takes(contender: Contender) -> Winning | None:
    """Each quota that the move exceeds raised to what it takes."""
    step = Step(changes=(), problem=contender.whatif.problem)
    for quota in quotas_of(contender.offer, contender.whatif.problem):
        used = math.ceil(max(used_by_place(contender.move.pools, quota).values()))
        if used > quota.limit:
            step = step.and_then(raised(step.problem, quota, used))
    return judged(contender, "quota", step, has_to_win=True) if step.changes else None


def _plenty(problem: Problem, quota: Quota) -> int:
    """More than all workloads could use of *quota*."""
    replicas = sum(workload.replicas.maximum for workload in problem.spec.workloads)
    uses = (quota_use_per_node(offer, quota) for offer in problem.offers if counts(quota, offer))
    return quota.limit + math.ceil(replicas * max(uses, default=0))


def _least_limit(contender: Contender, quota: Quota, enough: int) -> int:
    """Between the present limit and *enough*, the least with which a fleet is cheaper."""
    low, high = quota.limit, max(enough, quota.limit + 1)
    while high - low > 1:
        middle = (low + high) // 2
        outcome = contender.on_it(raised(contender.whatif.problem, quota, middle).problem)
        if outcome is not None and contender.over(outcome).micros <= -contender.clear:
            high = middle
        else:
            low = middle
    return high
