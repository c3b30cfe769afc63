"""Leave out what is proven too dear: candidates that no fleet cheaper than a limit uses.

Whoever uses a candidate pays at least what the relaxation's best answer costs, and for one unit of
it, the nodes that it needs, the cluster, the cloud and the copies more by their reduced costs:

    cost of any fleet with place[w,o] ≥ 1  ≥  relaxed optimum + dearness[w,o]
    dearness[w,o] = rc(place[w,o]) + rc(nodes[o]) · nodes for one unit
                    + rc(open[r]) + rc(cloud[k]) + Σ_d rc(copy[d,r])
"""

from broker.placement.candidates import Candidate
from broker.placement.relaxation import Relaxed
from broker.placement.rules import datasets_of
from broker.placement.variables import Variables, pool_key

Dearness = dict[tuple[str, str], float]
"""By workload and offer, in units of the fleet's currency."""


def dearness(v: Variables, relaxed: Relaxed) -> Dearness:
    """What using each candidate at all adds to the relaxed optimum, at least."""
    costs = [max(0.0, cost) for cost in relaxed.reduced_costs]
    nodes = {pool.key: pool.column for pool in v.pools if not pool.is_folded}
    found = {}
    for name, candidates in v.by_workload.items():
        for c in candidates:
            dear = costs[v.place_of(c)] + sum(costs[column] for column in _needed(v, c))
            pool = nodes.get(pool_key(c))
            if pool is not None:
                dear += costs[pool] * c.nodes_for(1)
            found[name, c.offer.name] = dear
    return found


def _needed(v: Variables, candidate: Candidate) -> list[int]:
    """The columns that are 1 wherever *candidate* is used."""
    region = candidate.offer.region
    copies = [
        v.copy[dataset.name, region]
        for dataset in datasets_of(candidate.workload, v.problem)
        if (dataset.name, region) in v.copy
    ]
    cloud = v.cloud.get(region.provider)
    return [v.open[region], *copies, *([] if cloud is None else [cloud])]


def within(v: Variables, dear: Dearness, room: float) -> dict[str, list[Candidate]]:
    """The candidates that add no more than *room*."""
    return {
        name: [c for c in candidates if dear[name, c.offer.name] <= room]
        for name, candidates in v.by_workload.items()
    }


def size(by_workload: dict[str, list[Candidate]]) -> int:
    """How many candidates there are."""
    return sum(map(len, by_workload.values()))
