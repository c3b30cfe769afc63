"""Which candidates to try first: those that the relaxation calls cheapest for the whole workload."""

from collections.abc import Mapping

from broker.placement.candidates import Candidate
from broker.placement.moves import Moves
from broker.placement.relaxation import Relaxed
from broker.placement.variables import Variables, pool_key

USED = 1e-9


def promising(v: Variables, relaxed: Relaxed, most: int) -> dict[str, list[Candidate]]:
    """Up to *most* candidates of each workload, and all that are used in fractions or run now.

    Ranked by what putting the whole workload there costs more by the reduced costs of its units, of
    nodes for them alone, and of the cluster. That bounds nothing, but tells good places from bad.
    """
    moves = Moves(v.problem)
    nodes = {pool.key: pool.column for pool in v.pools if not pool.is_folded}
    chosen = {}
    for name, candidates in v.by_workload.items():
        ranked = sorted(candidates, key=lambda c: (_dearer(v, relaxed, nodes, c), c.offer.name))
        first = {c.offer.name for c in ranked[:most]}
        chosen[name] = [
            c
            for c in candidates
            if c.offer.name in first or relaxed.values[v.place_of(c)] > USED or moves.is_home(c)
        ]
    return chosen


def _dearer(
    v: Variables,
    relaxed: Relaxed,
    nodes: Mapping[tuple[str, str], int],
    candidate: Candidate,
) -> float:
    cost = relaxed.reduced_costs[v.place_of(candidate)] * candidate.units
    pool = nodes.get(pool_key(candidate))
    if pool is not None:
        cost += relaxed.reduced_costs[pool] * candidate.nodes_alone
    return cost + relaxed.reduced_costs[v.open[candidate.offer.region]]
