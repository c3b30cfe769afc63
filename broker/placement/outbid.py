"""Leave out burst offers that are outbid: another is cheaper even if everything there is new.

Exact: a burst has nodes of its own, so moving it away saves all of them. If its nodes elsewhere,
a cluster opened just for it, the cloud's fixed cost and copies of all its data cost no more
together, no best fleet needs the first offer.
"""

from broker.domain.money import Money, total
from broker.placement.candidates import Candidate
from broker.placement.graph import is_bound_to_places
from broker.placement.moves import Moves
from broker.placement.problem import Problem
from broker.placement.quotas import quotas_of
from broker.placement.rules import client_places, datasets_of
from broker.placement.variables import cloud_cost, cluster_cost, copy_cost, node_cost

NODES_COMPARED = 200


def not_outbid(problem: Problem, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The candidates of one workload that are left; those of steady work are all left."""
    if not candidates or not _is_free_to_move(problem, candidates[0]):
        return candidates
    bidders = [c for c in candidates if not any(quotas_of(c.offer, problem))]
    if not bidders:
        return candidates
    moves = Moves(problem)
    best = min(bidders, key=lambda c: (_everything_new(problem, moves, c), c.offer.name))
    bid = _everything_new(problem, moves, best) - _nodes(best, best.units)
    return tuple(
        c for c in candidates if c is best or moves.is_home(c) or not _outbids(best, bid, c)
    )


def _is_free_to_move(problem: Problem, candidate: Candidate) -> bool:
    """Whether nothing but cost depends on where the burst is."""
    workload = candidate.workload
    return (
        workload.run.is_burst
        and not client_places(workload, problem)
        and not is_bound_to_places(problem, workload)
    )


def _everything_new(problem: Problem, moves: Moves, candidate: Candidate) -> Money:
    region = candidate.offer.region
    return total(
        [
            _nodes(candidate, candidate.units),
            moves.cost_per_unit(candidate) * candidate.units,
            cluster_cost(region, problem),
            cloud_cost(region.provider, problem),
            *(
                copy_cost(dataset, region, problem)
                for dataset in datasets_of(candidate.workload, problem)
                if dataset.home != region
            ),
        ],
        problem.spec.objective.currency,
    )


def _nodes(candidate: Candidate, units: int) -> Money:
    return node_cost(candidate) * candidate.nodes_for(units)


def _outbids(best: Candidate, bid: Money, other: Candidate) -> bool:
    """Whether *best*, with *bid* for all that is new, is no dearer for any number of units moved.

    If its nodes hold no fewer units and cost no more, one unit is the hardest case. Else costs,
    which grow by whole nodes, are compared where the other one fills a node; a workload of very
    many nodes is not looked at, which leaves its offers in.
    """
    if best.per_node >= other.per_node and node_cost(best) <= node_cost(other):
        return _nodes(best, 1) + bid <= _nodes(other, 1)
    if other.nodes_alone > NODES_COMPARED:
        return False
    step = max(1, other.per_node // other.replicas_per_unit)
    filled = [*range(step, other.units + 1, step), other.units]
    first = [1, *(units + 1 for units in filled if units < other.units)]
    return all(_nodes(best, n) + bid <= _nodes(other, n) for n in sorted({*first, *filled}))
