"""Of fleets that cost the same, the one of the smallest names: ties are broken by name, never by luck.

Offers are in the order of their names: cloud, region, zone, machine type, capacity type. Workloads
in the order of theirs have the first choice.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from broker.domain.geography import RegionKey
from broker.domain.ids import WorkloadName
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate
from broker.placement.equal_offers import EqualOffers
from broker.placement.graph import neighbours
from broker.placement.moves import Moves
from broker.placement.packing import least_nodes
from broker.placement.problem import Problem
from broker.placement.purchase import Assignment, BoughtPool, bought_pool, broken_rules, costs
from broker.placement.shapes import Item, NodeShape, node_shape
from broker.placement.variables import cloud_cost, cluster_cost, node_cost, pool_key

PASSES = 5
"""Each makes some name smaller; what is left after so many stays."""

WORK = 4_000
"""Who is in the pools that changes are tried of, change by change. It bounds what huge fleets take: one
of 100 workloads needs less."""

Key = tuple[str, str]
Equals = tuple[WorkloadName, ...]
Parts = Sequence[Mapping[str, object]]


def smallest_names(
    problem: Problem,
    by_workload: Mapping[str, Sequence[Candidate]],
    parts: Parts,
    bought: Sequence[BoughtPool],
) -> tuple[BoughtPool, ...]:
    """*bought* with smaller names wherever these cost no more and break no rule.

    Then no region or pool as a whole, and no part of a workload, could be one of a smaller name; no
    part change places with one as large of a workload after it, and no workload with one that is
    equal but for its name. What runs already stays, and *parts* that share nothing go on sharing
    nothing.
    """
    fleet = _Fleet(problem, by_workload, parts, bought)
    for _ in range(PASSES):
        changes = [
            *map(fleet.relocate, fleet.regions()),
            *map(fleet.rename, sorted(fleet.pools)),
            *map(fleet.move, sorted(by_workload)),
            *map(fleet.swap, sorted(by_workload)),
            *map(fleet.exchange, _equals(problem, by_workload)),
        ]
        if not any(changes):
            break
    return tuple(fleet.pools[key] for key in sorted(fleet.pools))


def _equals(problem: Problem, names: Mapping[str, object]) -> list[Equals]:
    """Workloads that differ in nothing but their names, and that nothing else names."""
    moves = Moves(problem)
    named = {name for name, _ in problem.pins}
    named |= {other for w in problem.spec.workloads for other in neighbours(w)}
    groups: dict[Workload, list[WorkloadName]] = defaultdict(list)
    for workload in problem.spec.workloads:
        is_free = not (neighbours(workload) or moves.homes(workload.name))
        if workload.name in names and workload.name not in named and is_free:
            groups[replace(workload, name=WorkloadName(""), where=None)].append(workload.name)
    return [tuple(sorted(group)) for group in groups.values() if len(group) > 1]


class _Fleet:
    """What is bought, and changes to it that cost no more and make names smaller."""

    def __init__(
        self,
        problem: Problem,
        by_workload: Mapping[str, Sequence[Candidate]],
        parts: Parts,
        bought: Sequence[BoughtPool],
    ) -> None:
        self.pools = {pool.key: pool for pool in bought}
        self._problem = problem
        self._part = {name: number for number, part in enumerate(parts) for name in part}
        self._offers = EqualOffers(by_workload)
        self._moves = Moves(problem)
        self._cost = costs(problem, bought).total
        self._work = WORK

    def regions(self) -> list[RegionKey]:
        """Where anything is."""
        return sorted({pool.offer.region for pool in self.pools.values()})

    def relocate(self, region: RegionKey) -> bool:
        """Take all that is in *region* to a smaller one where nothing is."""
        there = [pool for pool in self.pools.values() if pool.offer.region == region]
        if not there or any(self._runs(pool) for pool in there):
            return False
        found = [self._offers.first_by_region(pool) for pool in there]
        overhead = cluster_cost(region, self._problem)
        return any(
            self._is_taken({pool.key: [] for pool in there}, _moved(there, [f[to] for f in found]))
            for to in sorted(set(found[0]).intersection(*found[1:]) - {*self.regions()})
            if to < region and cluster_cost(to, self._problem) <= overhead
        )

    def rename(self, key: Key) -> bool:
        """Take a smaller offer for a whole pool, in a region that is open."""
        pool = self.pools.get(key)
        if pool is None or self._runs(pool):
            return False
        return any(
            self._is_taken({key: []}, _moved([pool], [targets]))
            for targets in self._offers.for_pool(pool)
            if pool_key(targets[0]) not in self.pools and self._is_open(targets[0])
        )

    def _runs(self, pool: BoughtPool) -> bool:
        return any(map(self._moves.is_home, pool.candidates))

    def _is_open(self, candidate: Candidate) -> bool:
        """Whether a cluster is there, or costs nothing."""
        region = candidate.offer.region
        return region in self.regions() or not cluster_cost(region, self._problem).micros

    def move(self, workload: str) -> bool:
        """Take a smaller offer for some part of *workload*."""
        return any(
            self._is_moved(candidate, units)
            for key in sorted(self.pools, reverse=True)
            for candidate, units in members(self.pools[key])
            if candidate.workload.name == workload and not self._moves.is_home(candidate)
        )

    def _is_moved(self, candidate: Candidate, units: int) -> bool:
        key = pool_key(candidate)
        rest = [(c, n) for c, n in members(self.pools[key]) if c is not candidate]
        saved = self._most_saved(self.pools[key], rest)
        pools = [
            other
            for other in self._offers.among(candidate, [offer for _, offer in self.pools])
            if pool_key(other) in self.pools and self._has_room(other, units, saved)
        ]
        alone = [
            other
            for other in self._offers.alone(candidate, units, saved)
            if pool_key(other) not in self.pools and self._is_open(other)
        ]
        return any(
            self._is_taken({key: rest}, [(other, units)])
            for other in sorted([*pools, *alone], key=lambda other: other.offer.name)
        )

    def _most_saved(self, pool: BoughtPool, rest: Assignment) -> list[int]:
        """Micro-units that may be saved where only *rest* stays: of no node, of one, and so on."""
        nodes = pool.packing.nodes - _least(pool, rest)
        return [node_cost(pool.candidates[0], n).micros for n in range(nodes + 1)]

    def _has_room(self, candidate: Candidate, units: int, saved: Sequence[int]) -> bool:
        """Whether the nodes that the pool there needs more, at the least, cost what is *saved*."""
        pool = self.pools[pool_key(candidate)]
        nodes = _least(pool, _joined(members(pool), candidate, units))
        return node_cost(pool.candidates[0], nodes).micros <= pool.cost.micros + saved[-1]

    def swap(self, workload: str) -> bool:
        """Let some part of *workload* and one as large of a later one change places."""
        return any(
            self._is_swapped((candidate, units), (other, n))
            for candidate, units in self._parts(workload)
            for pool in list(self.pools.values())
            if self._offers.among(candidate, [pool.key[1]]) and not self._moves.is_home(candidate)
            for other, n in members(pool)
            if other.workload.name > workload and _size(other, n) == _size(candidate, units)
        )

    def _is_swapped(self, mine: tuple[Candidate, int], later: tuple[Candidate, int]) -> bool:
        """Whether *mine* took the place of *later*, and the other way round."""
        (candidate, units), (other, n) = mine, later
        ours = self._offers.among(candidate, [other.offer.name])
        theirs = self._offers.on(other, candidate.offer.name)
        if not ours or not theirs or self._moves.is_home(other):
            return False
        left = {
            pool_key(each): [
                (c, k) for c, k in members(self.pools[pool_key(each)]) if c is not each
            ]
            for each in (candidate, other)
        }
        return self._is_taken(left, [(ours[0], units), (theirs[0], n)])

    def exchange(self, equals: Equals) -> bool:
        """Give the smaller of *equals* the smaller offers."""
        parts = {name: self._parts(name) for name in equals}
        ordered = sorted(parts.values(), key=_offers_of)
        if [_offers_of(mine) for mine in ordered] == [_offers_of(parts[n]) for n in equals]:
            return False
        workloads = {c.workload.name: c.workload for mine in ordered for c, _ in mine}
        entering = [
            (replace(candidate, workload=workloads[name]), units)
            for name, mine in zip(equals, ordered, strict=True)
            for candidate, units in mine
        ]
        left = {
            key: [(c, n) for c, n in members(pool) if c.workload.name not in workloads]
            for key, pool in self.pools.items()
            if any(c.workload.name in workloads for c in pool.candidates)
        }
        return self._is_taken(left, entering)

    def _parts(self, workload: str) -> Assignment:
        return [
            (candidate, units)
            for key in sorted(self.pools)
            for candidate, units in members(self.pools[key])
            if candidate.workload.name == workload
        ]

    def _is_taken(self, left: Mapping[Key, Assignment], entering: Assignment) -> bool:
        """Take the change if it costs no more: some pools as they are *left*, then who enters them."""
        if any(self._is_foreign(candidate) for candidate, _ in entering):
            return False
        changed = {key: list(rest) for key, rest in left.items()}
        for candidate, units in entering:
            key = pool_key(candidate)
            there = changed.setdefault(key, members(self.pools[key]) if key in self.pools else [])
            changed[key] = _joined(there, candidate, units)
        self._work -= sum(map(len, changed.values()))
        if self._work < 0:
            return False
        pools = {key: pool for key, pool in self.pools.items() if key not in changed}
        pools |= {key: bought_pool(key, rest) for key, rest in changed.items() if rest}
        bought = tuple(pools[key] for key in sorted(pools))
        cost = costs(self._problem, bought).total
        if cost > self._cost or any(broken_rules(self._problem, bought)):
            return False
        self.pools, self._cost = pools, cost
        return True

    def _is_foreign(self, candidate: Candidate) -> bool:
        """Whether only workloads of other parts are in its region, or in a cloud with a fixed cost."""
        part, region = self._part[candidate.workload.name], candidate.offer.region
        of_cloud = bool(cloud_cost(region.provider, self._problem).micros)
        owners = {
            self._part[pool.candidates[0].workload.name]
            for pool in self.pools.values()
            if pool.offer.region == region
            or (of_cloud and pool.offer.region.provider == region.provider)
        }
        return bool(owners - {part})


def _least(pool: BoughtPool, held: Assignment) -> int:
    """Nodes of the pool's offer without which *held* is not possible; no packing is made."""
    items = tuple(c.item for c, _ in held)
    counts = tuple(n * c.replicas_per_unit for c, n in held)
    return _least_nodes(items, counts, node_shape(pool.offer))


@lru_cache(maxsize=20_000)
def _least_nodes(items: tuple[Item, ...], counts: tuple[int, ...], node: NodeShape) -> int:
    """The same question comes again with each pass."""
    return least_nodes(items, counts, node)


def _size(candidate: Candidate, units: int) -> Fraction:
    """Devices, or parts of them, that so many units take."""
    item = candidate.item
    return (item.share or item.devices) * Fraction(units * candidate.replicas_per_unit)


def members(pool: BoughtPool) -> Assignment:
    """Who is in a pool, with how many units."""
    return list(zip(pool.candidates, pool.units, strict=True))


def _moved(pools: Sequence[BoughtPool], targets: Sequence[Sequence[Candidate]]) -> Assignment:
    return [
        (target, units)
        for pool, candidates in zip(pools, targets, strict=True)
        for target, units in zip(candidates, pool.units, strict=True)
    ]


def _joined(there: Assignment, candidate: Candidate, units: int) -> Assignment:
    """*there* with *units* more of the candidate's workload."""
    name = candidate.workload.name
    own = sum(n for c, n in there if c.workload.name == name)
    return [*((c, n) for c, n in there if c.workload.name != name), (candidate, own + units)]


def _offers_of(parts: Assignment) -> list[tuple[str, int]]:
    return sorted((candidate.offer.name, -units) for candidate, units in parts)
