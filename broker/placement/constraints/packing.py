"""Nodes are bought for what runs on them."""

from fractions import Fraction
from functools import cache

from broker.placement.sizes import distinct_sizes
from broker.placement.variables import Pool, Variables

CUTS = range(4)


def constrain_packing(v: Variables) -> None:
    """For each pool and each of devices, vCPUs and memory: item sizes add up to at most the nodes.

        Σ_w u_k(size[w,q]) · replicas[w,o] · place[w,o] ≤ nodes[o]    for each o, q, and k = 0 to 3
        max(replicas[w,o] / per_node[w,o], 1 / units[w]) · place[w,o] ≤ nodes[o]   for each o and w

        u_0(s) = s;   u_k(s) = s where (k + 1) · s is whole, else floor((k + 1) · s) / k

    Sizes are shares of a node. The first rows are the plain sums (k = 0), and the sums after a dual
    feasible cut, which see that two items of 0.6 need two nodes; devices are cut one by one too, since
    a share of one lies on a single device; MIG slices count by compute, and once more by memory. The
    second see what each workload needs by itself. All hold for whole nodes. A pool in which each unit
    takes whole nodes for itself needs none of them. What the rows still let through, the exact packing
    of each answer finds.
    """
    for pool in v.pools:
        if pool.is_folded:
            continue
        late, name = len(pool.candidates) > 1, pool.name
        for number, candidate in enumerate(pool.candidates):
            each = float(nodes_per_unit(pool, number))
            terms = {v.place_of(candidate): each, pool.column: -1.0}
            v.model.at_most(f"alone[{name},{number}]", terms, 0.0, late=late)
        if len(pool.candidates) > 1:
            _constrain_shared(v, pool)


def nodes_per_unit(pool: Pool, number: int) -> Fraction:
    """Nodes that one unit must find, whatever shares them with it.

    Replicas of one workload fill nodes at most *per_node* to a node, and any unit at all needs a
    node: with n units, a unit counts at least 1/n of a node.
    """
    candidate = pool.candidates[number]
    if candidate.workload.is_gang and candidate.workload.run.is_burst:
        return Fraction(candidate.nodes_alone)
    return _least_part(candidate.replicas_per_unit, candidate.per_node, candidate.units)


@cache
def _least_part(replicas: int, per_node: int, units: int) -> Fraction:
    return max(Fraction(replicas, per_node), Fraction(1, units))


def _constrain_shared(v: Variables, pool: Pool) -> None:
    items = tuple(candidate.item for candidate in pool.candidates)
    columns = [v.place_of(candidate) for candidate in pool.candidates]
    units = [candidate.replicas_per_unit for candidate in pool.candidates]
    name = pool.name
    for resource, cut, sizes in distinct_sizes(items, pool.node, CUTS):
        terms = {
            column: size * replicas
            for column, replicas, size in zip(columns, units, sizes, strict=True)
        }
        terms[pool.column] = -1.0
        v.model.at_most(f"room[{name},{resource},{cut}]", terms, 0.0, late=cut > 0)
