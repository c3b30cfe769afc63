"""Offers of smaller names that would cost the same, asked of columns: of 100,000 offers few do."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

import numpy as np

from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.placement.candidates import Candidate, Lawful, as_columns
from broker.placement.market import Mask, Numbers
from broker.placement.outbid import node_costs
from broker.placement.purchase import BoughtPool, bought_pool
from broker.placement.variables import pool_key


class EqualOffers:
    """The lawful offers of each workload, and what a node of each costs in the month."""

    def __init__(self, by_workload: Mapping[str, Sequence[Candidate]]) -> None:
        self._market, self._lawful = as_columns(by_workload)
        self._costs: dict[str, Numbers] = {}

    def alone(self, candidate: Candidate, units: int, micros: Sequence[int]) -> list[Candidate]:
        """Smaller ones on which *units* by themselves cost one of *micros*."""
        smaller = self._smaller(candidate)
        replicas = units * candidate.replicas_per_unit
        cost = -(-replicas // smaller.per_node) * self._node_costs(smaller)
        return list(smaller.among(np.isin(cost, micros)))

    def among(self, candidate: Candidate, offers: Iterable[str]) -> list[Candidate]:
        """The candidates on those of *offers*, by name, that are smaller ones and lawful."""
        own = candidate.offer.name
        return [other for offer in offers if offer < own for other in self.on(candidate, offer)]

    def on(self, candidate: Candidate, offer: str) -> list[Candidate]:
        """The candidate on *offer*, by name, if that is lawful."""
        lawful, row = self._lawful[candidate.workload.name], self._market.row(offer)
        return list(lawful.among(lawful.rows == row))

    def for_pool(self, pool: BoughtPool) -> list[list[Candidate]]:
        """Smaller ones on which all of *pool* might cost the same: a candidate for each of its own."""
        smaller = [self._smaller(candidate) for candidate in pool.candidates]
        rows = reduce(np.intersect1d, [lawful.rows for lawful in smaller])
        mine = [lawful.among(np.isin(lawful.rows, rows)) for lawful in smaller]
        needs = [
            -(-units * candidate.replicas_per_unit // lawful.per_node)
            for candidate, units, lawful in zip(pool.candidates, pool.units, mine, strict=True)
        ]
        is_equal = _divides(self._node_costs(mine[0]), pool.cost.micros, np.max(needs, axis=0))
        chosen = [list(lawful.among(is_equal)) for lawful in mine]
        return [list(targets) for targets in zip(*chosen, strict=True)]

    def first_by_region(self, pool: BoughtPool) -> dict[RegionKey, list[Candidate]]:
        """The smallest of those in each region on which it does."""
        first: dict[RegionKey, list[Candidate]] = {}
        for targets in self.for_pool(pool):
            region = targets[0].offer.region
            if region not in first and _cost(pool, targets) == pool.cost:
                first[region] = targets
        return first

    def _smaller(self, candidate: Candidate) -> Lawful:
        lawful, row = self._lawful[candidate.workload.name], self._market.row(candidate.offer.name)
        return lawful.among(lawful.rows < (row or 0))

    def _node_costs(self, lawful: Lawful) -> Numbers:
        """Of some of the lawful offers of a workload."""
        name = lawful.workload.name
        if name not in self._costs:
            self._costs[name] = node_costs(self._lawful[name])
        costs: Numbers = self._costs[name][np.searchsorted(self._lawful[name].rows, lawful.rows)]
        return costs


def _cost(pool: BoughtPool, targets: Sequence[Candidate]) -> Money:
    moved = list(zip(targets, pool.units, strict=True))
    return bought_pool(pool_key(targets[0]), moved).cost


def _divides(cost: Numbers, whole: int, least: Numbers) -> Mask:
    """Whether some number of nodes, *least* or more, costs *whole*."""
    if not whole:
        return np.equal(cost, 0)
    times = whole // np.maximum(cost, 1)
    is_equal: Mask = (times * cost == whole) & (times >= least)
    return is_equal
