"""Moves of one workload with all else staying: what they come to, and which to look at first."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import is_

from broker.domain.ids import WorkloadName
from broker.domain.money import Money, total
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.broken_by_move import broken_by_move
from broker.placement.candidates import Candidate
from broker.placement.outcome import Outcome, cost_alone
from broker.placement.problem import Problem
from broker.placement.purchase import (
    Assignment,
    BoughtPool,
    Costs,
    by_pool,
    costs,
)
from broker.placement.repacking import Repacking
from broker.placement.rules import datasets_of
from broker.placement.variables import cloud_cost, cluster_cost, copy_cost, pool_key
from broker.placement.vicinity import in_form

MOVES_TRIED, FEWEST_TRIED = 40, 12
"""Moves that are worked out, of those that seem to cost least, and of those cheaper alone."""

OF_ONE_KIND = 2
"""Runners-up of one machine type, and in one region, while there are others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Putting *units* of a workload from the offer of *source* on that of *target*, all else staying.

    *change* is what the fleet of *pools* would then cost more, *broken* how it breaks rules of the
    fleet, in words.
    """

    source: Candidate
    target: Candidate
    units: int
    pools: tuple[BoughtPool, ...]
    change: Costs
    broken: tuple[str, ...]

    @property
    def rank(self) -> tuple[Money, str]:
        """The least costly first, equals by name."""
        return (self.change.total, self.target.offer.name)

    def pools_under(self, problem: Problem) -> list[BoughtPool]:
        """The same pools, for workloads as *problem* has them."""
        workloads = {workload.name: workload for workload in problem.spec.workloads}
        return [_in_forms(pool, workloads) for pool in self.pools]

    def fleet_under(self, problem: Problem) -> Outcome | None:
        """The fleet with the move made; None if it does not keep the rules of *problem*."""
        if self.broken_under(problem):
            return None
        pools = tuple(self.pools_under(problem))
        return Outcome(costs=costs(problem, pools), bound=None, pools=pools)

    def broken_under(self, problem: Problem) -> tuple[str, ...]:
        """How it breaks the rules of *problem*, which are kinder than those it was made under."""
        own = next(w for w in problem.spec.workloads if w.name == self.target.workload.name)
        moved = (in_form(self.source, own), in_form(self.target, own))
        return tuple(broken_by_move(problem, *moved, self.pools_under(problem)))


def _in_forms(pool: BoughtPool, workloads: Mapping[WorkloadName, Workload]) -> BoughtPool:
    candidates = tuple(in_form(c, workloads[c.workload.name]) for c in pool.candidates)
    is_same = all(map(is_, candidates, pool.candidates))
    return pool if is_same else replace(pool, candidates=candidates)


class Mover:
    """Works out what the fleet would cost with a part of a workload elsewhere, all else staying.

    Only the two pools concerned are packed anew.
    """

    def __init__(self, problem: Problem, base: Outcome) -> None:
        self.problem = problem
        self.base = base
        self.bought: dict[tuple[str, str], BoughtPool | None] = {p.key: p for p in base.pools}
        self._repacking = Repacking(base.pools)
        self._left: dict[tuple[str, str], BoughtPool | None] = {}
        self.members = by_pool(
            [
                (candidate, units)
                for pool in base.pools
                for candidate, units in zip(pool.candidates, pool.units, strict=True)
            ]
        )

    def best_move(self, workload: str, target: Candidate) -> Move:
        """The best way to move one part of *workload* there; a lawful one if there is any."""
        mine = [
            (candidate, units)
            for members in self.members.values()
            for candidate, units in members
            if candidate.workload.name == workload
        ]
        return min(
            (self._move(source, units, target) for source, units in mine),
            key=lambda move: (bool(move.broken), move.rank),
        )

    def _move(self, source: Candidate, units: int, target: Candidate) -> Move:
        left, entered = pool_key(source), pool_key(target)
        bought = {**self.bought, left: self._without(source)}
        if left == entered or bought[left] is None:
            bought.pop(left)
        members = [*self._members_beside(source, entered), (target, units)]
        bought[entered] = self._repacking.pool(entered, members)
        pools = tuple(pool for pool in bought.values() if pool is not None)
        return Move(
            source=source,
            target=target,
            units=units,
            pools=pools,
            change=costs(self.problem, pools) - self.base.costs,
            broken=tuple(broken_by_move(self.problem, source, target, pools)),
        )

    def _members_beside(self, source: Candidate, key: tuple[str, str]) -> Assignment:
        return [(c, n) for c, n in self.members.get(key, []) if c is not source]

    def _without(self, source: Candidate) -> BoughtPool | None:
        """What is left of a pool without *source*; None if nothing. Packed once."""
        key, left = pool_key(source), (source.workload.name, source.offer.name)
        if left not in self._left:
            rest = self._members_beside(source, key)
            self._left[left] = self._repacking.pool(key, rest) if rest else None
        return self._left[left]

    def seeming_cost(self, target: Candidate) -> Money:
        """What *target* would add on nodes of its own: an upper bound, but for what is saved."""
        problem, region = self.problem, target.offer.region
        regions = {pool.offer.region for pool in self.bought.values() if pool is not None}
        added = [cost_alone(target)]
        if region not in regions:
            added.append(cluster_cost(region, problem))
            added.extend(
                copy_cost(dataset, region, problem)
                for dataset in datasets_of(target.workload, problem)
                if dataset.home != region
            )
        if all(region.provider != other.provider for other in regions):
            added.append(cloud_cost(region.provider, problem))
        return total(added, problem.spec.objective.currency)

    def has_pool(self, target: Candidate) -> bool:
        """Whether there are nodes of that offer already that *target* could share."""
        return pool_key(target) in self.bought


def ranked_moves(mover: Mover, workload: str, others: Iterable[Candidate]) -> list[Move]:
    """The best move to each of *others*, one of each machine type and region, by what they cost.

    Of many, those that seem to cost least, and the cheapest alone.
    """
    kinds: dict[tuple[object, ...], Candidate] = {}
    for candidate in sorted(others, key=lambda c: (cost_alone(c), c.offer.name)):
        kinds.setdefault(kind_of(candidate.offer), candidate)
    alone = list(kinds.values())
    seeming = sorted(alone, key=lambda c: (not mover.has_pool(c), mover.seeming_cost(c)))
    number = max(FEWEST_TRIED, MOVES_TRIED // len(mover.base.offers_of(workload)))
    tried = {c.offer.name: c for c in (*alone[:number], *seeming[:number])}
    moves = [mover.best_move(workload, candidate) for candidate in tried.values()]
    return sorted(moves, key=lambda move: move.rank)


def kind_of(offer: Offer) -> tuple[object, ...]:
    """What zones of one region have in common: only the cheapest of them is looked at."""
    return (offer.region, offer.machine_type, offer.capacity_type, offer.term_months)


def diverse(moves: Iterable[Move], number: int) -> list[Move]:
    """The first *number* of *moves*, but few of one machine type or region while there are others."""
    types: Counter[str] = Counter()
    regions: Counter[str] = Counter()
    chosen: list[Move] = []
    left = list(moves)
    for most in range(OF_ONE_KIND, OF_ONE_KIND + len(left) + 1):
        later = []
        for move in left:
            offer = move.target.offer
            machine_type, region = offer.machine_type, str(offer.region)
            if types[machine_type] < most and regions[region] < most and len(chosen) < number:
                types[machine_type] += 1
                regions[region] += 1
                chosen.append(move)
            else:
                later.append(move)
        left = later
        if len(chosen) == number or not left:
            break
    return chosen
