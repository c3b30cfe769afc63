"""Nodes are bought for what runs on them."""

from fractions import Fraction

from broker.placement.sizes import relative_sizes
from broker.placement.variables import Pool, Variables

CUTS = range(4)


def constrain_packing(v: Variables) -> None:
    """For each pool and each of devices, vCPUs and memory: item sizes add up to at most the nodes.

        Σ_w u_k(size[w,q]) · replicas[w,o] · place[w,o] ≤ nodes[o]    for each o, q, and k = 0 to 3
        max(replicas[w,o] / per_node[w,o], 1 / units[w]) · place[w,o] ≤ nodes[o]   for each o and w

        u_0(s) = s;   u_k(s) = s where (k + 1) · s is whole, else floor((k + 1) · s) / k

    Sizes are shares of a node. The first rows are the plain sums (k = 0), and the sums after a dual
    feasible cut, which see that two items of 0.6 need two nodes; devices are cut one by one too, since
    a share of one lies on a single device. The second see what each workload needs by itself. All
    hold for whole nodes. A pool in which each unit takes whole nodes for itself needs none of them.
    What the rows still let through, the exact packing of each answer finds.
    """
    for pool in v.pools:
        if pool.is_folded:
            continue
        for number, candidate in enumerate(pool.candidates):
            v.model.at_most(
                f"alone[{pool.name},{number}]",
                {
                    v.place_of(candidate): float(nodes_per_unit(pool, number)),
                    pool.column: -1.0,
                },
                0.0,
                late=len(pool.candidates) > 1,
            )
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
    by_room = Fraction(candidate.replicas_per_unit, candidate.per_node)
    return max(by_room, Fraction(1, candidate.units))


def _constrain_shared(v: Variables, pool: Pool) -> None:
    items = [candidate.item for candidate in pool.candidates]
    seen: set[tuple[Fraction, ...]] = set()
    for cut in CUTS:
        for resource, sizes in enumerate(relative_sizes(items, pool.node, cut)):
            if sizes in seen or sum(1 for size in sizes if size) <= 1:
                continue
            seen.add(sizes)
            terms = {
                v.place_of(candidate): float(size * candidate.replicas_per_unit)
                for candidate, size in zip(pool.candidates, sizes, strict=True)
            }
            v.model.at_most(
                f"room[{pool.name},{resource},{cut}]",
                {**terms, pool.column: -1.0},
                0.0,
                late=cut > 0,
            )
