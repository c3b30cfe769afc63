"""What a move of one workload breaks: of a lawful fleet, only what has to do with it is judged again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from broker.domain.spec import Quota
from broker.placement.breaches import exceeded_quotas
from broker.placement.candidates import Candidate
from broker.placement.charges import exceeded_budgets
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool, broken_rules
from broker.placement.quotas import counts
from broker.placement.vicinity import related


def broken_by_move(
    problem: Problem, source: Candidate, target: Candidate, pools: Sequence[BoughtPool]
) -> Iterator[str]:
    """As `broken_rules` of *pools*, which differ from a lawful fleet on the offers of these two alone."""
    held = [(b.candidates, b.units, b.packing.nodes) for b in pools]
    moved = (source.offer, target.offer)
    quotas = [q for q in problem.spec.quotas if any(counts(q, offer) for offer in moved)]
    yield from exceeded_quotas(_limited_by(problem, quotas), held)
    yield from exceeded_budgets(problem, held)
    name = target.workload.name
    concerned = {name, *related(problem, name)}
    parts = [part for b in pools if (part := _part_of(b, concerned)) is not None]
    unlimited = replace(problem, spec=replace(problem.spec, quotas=(), budget=None))
    yield from broken_rules(unlimited, parts)


def _limited_by(problem: Problem, quotas: Sequence[Quota]) -> Problem:
    return replace(problem, spec=replace(problem.spec, quotas=tuple(quotas)))


def _part_of(pool: BoughtPool, workloads: set[str]) -> BoughtPool | None:
    """What a pool holds of *workloads*; None if nothing."""
    own = [
        (candidate, units)
        for candidate, units in zip(pool.candidates, pool.units, strict=True)
        if candidate.workload.name in workloads
    ]
    if not own:
        return None
    return replace(pool, candidates=tuple(c for c, _ in own), units=tuple(n for _, n in own))
