"""Leave out burst offers that are outbid: another is cheaper even if everything there is new.

Exact: a burst has nodes of its own, so moving it away saves all of them. If its nodes elsewhere,
a cluster opened just for it, the cloud's fixed cost and copies of all its data cost no more
together, no best fleet needs the first offer.
"""

from dataclasses import dataclass, replace

import numpy as np

from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate, Lawful
from broker.placement.interruptions import paid_hours
from broker.placement.market import Market, Mask, Numbers, times_hours, whole
from broker.placement.moves import Moves
from broker.placement.places import Places
from broker.placement.problem import Problem
from broker.placement.rules import client_places
from broker.placement.usage import Usage

NODES_COMPARED = 200
NEVER = 1 << 62
"""A price that no node has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the workloads of one problem are compared over; *bound* are those bound to places."""

    problem: Problem
    market: Market
    places: Places
    moves: Moves
    usage: Usage
    bound: frozenset[str]

    def is_home(self, lawful: Lawful) -> Mask:
        """Which of the candidates are where their workload runs now."""
        return self.market.mask(self.moves.homes(lawful.workload.name))[lawful.rows]


def not_outbid(ground: Ground, lawful: Lawful) -> Lawful:
    """The candidates of one workload that are left; those of steady work are all left."""
    if not len(lawful) or not _is_free_to_move(ground, lawful.workload):
        return lawful
    bidders = np.flatnonzero(~ground.usage.is_counted[lawful.rows])
    if not bidders.size:
        return lawful
    costs = node_costs(lawful)
    everything = _everything_new(ground, lawful, costs)
    # The first of the least: rows are in the order of names.
    at = int(bidders[np.argmin(everything[bidders])])
    best, cost = lawful[at], int(costs[at])
    bid = int(everything[at]) - cost * best.nodes_alone
    kept = ground.is_home(lawful) | (costs < _outbid_from(best, cost, bid, lawful, costs))
    kept[at] = True
    return lawful.among(kept)


def _is_free_to_move(ground: Ground, workload: Workload) -> bool:
    """Whether nothing but cost depends on where the burst is."""
    return (
        workload.run.is_burst
        and not client_places(workload, ground.problem)
        and workload.name not in ground.bound
    )


def node_costs(lawful: Lawful) -> Numbers:
    """What a node of each candidate costs in the month, in micro-units, as `node_cost` says."""
    prices = lawful.market.price[lawful.rows]
    monthly = times_hours(prices, lawful.workload.run.paid_hours)
    for kind in np.unique(lawful.kinds).tolist():
        example = lawful.market.examples[kind]
        if example.reclaims_per_hour:
            there = lawful.kinds == kind
            hours = paid_hours(lawful.workload, example, int(lawful.fits.per_node[kind]) or 1)
            dearer = times_hours(prices[there], hours)
            monthly = monthly.astype(object) if dearer.dtype == object else monthly
            monthly[there] = dearer
    return whole(monthly, lawful.workload.replicas.minimum)


def nodes_alone(lawful: Lawful) -> Numbers:
    """Nodes of each candidate for the whole workload if it had them for itself."""
    return -(-lawful.workload.replicas.minimum // lawful.per_node)


def _everything_new(ground: Ground, lawful: Lawful, costs: Numbers) -> Numbers:
    """Without what moves weigh: going from an offer that is nobody's home leaves none."""
    new: Numbers = (
        costs * nodes_alone(lawful) + ground.places.all_new(lawful.workload)[lawful.regions]
    )
    return new


def _outbid_from(best: Candidate, cost: int, bid: int, lawful: Lawful, costs: Numbers) -> Numbers:
    """For each candidate, the cost of a node from which on *best* outbids it.

    *best* must be no dearer for any number of units moved. If its nodes hold no fewer units and
    cost no more, one unit is the hardest case. Else costs, which grow by whole nodes, are compared
    where the other one fills a node; a workload of very many nodes is not looked at, which leaves
    its offers in.
    """
    held, which = np.unique(lawful.fits.per_node, return_inverse=True)
    limits = [
        _limits(best, cost, bid, per_node) if per_node else (0, 0) for per_node in held.tolist()
    ]
    of_kinds = np.array(limits, dtype=costs.dtype)[which]
    for_one, for_all = of_kinds[lawful.kinds].T
    is_simple = (lawful.per_node <= best.per_node) & (costs >= cost)
    limit: Numbers = np.where(is_simple, for_one, for_all)
    return limit


def _limits(best: Candidate, cost: int, bid: int, per_node: int) -> tuple[int, int]:
    """The least cost of a node for *per_node* replicas that is not below *best*: for one unit, all."""
    other = replace(best, per_node=per_node)

    def limit(units: int) -> int:
        return -(-(cost * best.nodes_for(units) + bid) // other.nodes_for(units))

    if other.nodes_alone > NODES_COMPARED:
        return limit(1), NEVER
    step = max(1, per_node // other.replicas_per_unit)
    filled = [*range(step, other.units + 1, step), other.units]
    first = [1, *(units + 1 for units in filled if units < other.units)]
    return limit(1), max(limit(units) for units in {*first, *filled})
