"""Leave out what no best fleet needs: offers and regions that others beat in every respect.

Exact: wherever a plan uses a dominated offer (or region), the dominating one can take its place,
node by node, at no more cost and with no rule broken. Ties keep the smaller name, so that of
equals one always stays.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from broker.placement.candidates import Candidate, Lawful, as_columns
from broker.placement.choices import Choices
from broker.placement.graph import bound_to_places
from broker.placement.moves import Moves
from broker.placement.outbid import Ground, not_outbid
from broker.placement.places import Places
from broker.placement.problem import Problem
from broker.placement.regions import best_regions
from broker.placement.usage import Usage


def undominated(
    problem: Problem, by_workload: Mapping[str, Sequence[Candidate]]
) -> dict[str, list[Candidate]]:
    """What is left of *by_workload* once dominated offers and then dominated regions are gone."""
    market, lawful = as_columns(by_workload)
    ground = Ground(
        problem=problem,
        market=market,
        places=Places(problem, market.regions),
        moves=Moves(problem),
        usage=Usage(problem, market),
        bound=bound_to_places(problem),
    )
    left = [not_outbid(ground, lawful[name]) for name in sorted(lawful)]
    groups = [best_of_each_region(Choices(ground, tenants)) for tenants in _groups(left)]
    best = best_regions(ground, groups)
    kept: dict[str, list[Candidate]] = {name: [] for name in sorted(by_workload)}
    for choices in groups:
        left_over = market.mask_of(choices.rows[best[choices.region]])
        for tenant in choices.tenants:
            kept[tenant.workload.name] = list(tenant.among(left_over[tenant.rows]))
    return kept


def _groups(left: Sequence[Lawful]) -> Iterator[list[Lawful]]:
    """Those whose pools compare: steady work shares its pools, each burst has its own."""
    some = [lawful for lawful in left if len(lawful)]
    steady = [lawful for lawful in some if not lawful.workload.run.is_burst]
    if steady:
        yield steady
    yield from ([lawful] for lawful in some if lawful.workload.run.is_burst)


def best_of_each_region(choices: Choices) -> Choices:
    """The choices that none of the same region, and before them in their order, beats."""
    beaten = np.zeros(len(choices.rows), dtype=np.bool_)
    for distance in range(1, len(beaten)):
        ours = np.flatnonzero(choices.region[:-distance] == choices.region[distance:])
        if not ours.size:
            break
        ours = ours[~beaten[ours + distance]]
        beaten[ours[choices.beats(ours, ours + distance)] + distance] = True
    return choices.among(~beaten)
