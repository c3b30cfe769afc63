"""A comparator that shares: each workload takes what adds least to the fleet bought so far.

The dearest workloads come first. Nodes, clusters, clouds and copies that are there already add
nothing, and quotas count the nodes that are really bought. What finds no room is left unplaced.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.cheapest_alone import Caps, first_ones, hourly
from broker.domain.money import Money, total
from broker.placement.breaches import exceeded_quotas
from broker.placement.candidates import Candidate
from broker.placement.outcome import cost_alone
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool, bought_pool, costs
from broker.placement.rules import datasets_of
from broker.placement.variables import cloud_cost, cluster_cost, copy_cost, pool_key

LOOKED_AT = 60
"""Offers of each workload that are compared: the cheapest by the hour."""

PENALTY_TIMES, PENALTY = 3, Money.parse("20000")
"""What a workload that is left out counts: so many times its dearest offer, and so much more."""

Pools = dict[tuple[str, str], BoughtPool]


@dataclass(slots=True)
class Greedy:
    """The fleet bought so far, and who found no room."""

    problem: Problem
    pools: Pools = field(default_factory=dict)
    unplaced: list[str] = field(default_factory=list)

    def place(self, lawful: Sequence[Candidate]) -> None:
        """Place a workload whole, or not at all."""
        before, example = dict(self.pools), lawful[0]
        caps, left = Caps(example), example.units
        few = sorted(lawful, key=hourly)[:LOOKED_AT]
        firsts = [
            (candidate, 1) for candidate, _ in first_ones(self.problem, sorted(lawful, key=hourly))
        ]
        for candidate, wanted in (*firsts, *((c, left) for c in self._by_cost(few))):
            units = min(wanted, left, caps.room(candidate.offer.region))
            while units and not self._has_room(candidate, units):
                units //= 2
            if units:
                self.pools |= self._with(candidate, units)
                caps.add(candidate.offer.region, units)
                left -= units
        if left:
            self.pools = before
            self.unplaced.append(example.workload.name)

    def _by_cost(self, few: Iterable[Candidate]) -> list[Candidate]:
        return sorted(few, key=lambda c: (self._added(c, c.most_units), c.offer.name))

    def _with(self, candidate: Candidate, units: int) -> Pools:
        key = pool_key(candidate)
        there = self.pools.get(key)
        members = list(zip(there.candidates, there.units, strict=True)) if there else []
        own = sum(n for c, n in members if c.workload.name == candidate.workload.name)
        others = [(c, n) for c, n in members if c.workload.name != candidate.workload.name]
        return {key: bought_pool(key, [*others, (candidate, own + units)])}

    def _has_room(self, candidate: Candidate, units: int) -> bool:
        pools = self.pools | self._with(candidate, units)
        held = [(b.candidates, b.units, b.packing.nodes) for b in pools.values()]
        return not any(exceeded_quotas(self.problem, held))

    def _added(self, candidate: Candidate, units: int) -> Money:
        """What *units* there add to the fleet."""
        ((key, pool),) = self._with(candidate, units).items()
        nodes = pool.cost - self.pools[key].cost if key in self.pools else pool.cost
        return total([nodes, *self._opened(candidate)], nodes.currency)

    def _opened(self, candidate: Candidate) -> Iterator[Money]:
        """What is not there yet: the cluster, the cloud, copies of its data."""
        region, bought = candidate.offer.region, self.pools.values()
        if all(pool.offer.region != region for pool in bought):
            yield cluster_cost(region, self.problem)
        if all(pool.offer.region.provider != region.provider for pool in bought):
            yield cloud_cost(region.provider, self.problem)
        readers = {
            name
            for pool in bought
            if pool.offer.region == region
            for reader in pool.candidates
            for name in reader.workload.reads
        }
        for dataset in datasets_of(candidate.workload, self.problem):
            if dataset.home != region and dataset.name not in readers:
                yield copy_cost(dataset, region, self.problem)


def marginal_greedy(problem: Problem, lawful: Mapping[str, Sequence[Candidate]]) -> Greedy:
    """All workloads, the dearest first."""
    greedy = Greedy(problem)
    dearest = sorted(lawful, key=lambda name: (-min(map(cost_alone, lawful[name])).micros, name))
    for name in dearest:
        greedy.place(list(lawful[name]))
    return greedy


def cost_of(greedy: Greedy) -> Money:
    """What is bought, without any penalty."""
    return costs(greedy.problem, greedy.pools.values()).total


def penalty(lawful: Mapping[str, Sequence[Candidate]], names: Iterable[str]) -> Money:
    """What the workloads of *names* count that are left out."""
    return total(
        (max(map(cost_alone, lawful[name])) * PENALTY_TIMES + PENALTY for name in names), "USD"
    )
