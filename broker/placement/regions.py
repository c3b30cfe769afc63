"""Leave out regions that another beats: all that could be there could be in the other instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from broker.domain.workloads import Workload
from broker.placement.choices import Choices, Index
from broker.placement.market import Mask, Numbers, any_in_row
from broker.placement.outbid import Ground
from broker.placement.places import UNKNOWN_COST
from broker.placement.rules import datasets_of


def best_regions(ground: Ground, groups: Sequence[Choices]) -> Mask:
    """The regions of the market that no other beats; of two that beat each other one stays.

    Beating is transitive, so those already kept are enough to compare with, if the likely winners
    come first: most workloads, then least cost, then the name.
    """
    tenancy = _tenancy(ground, groups)
    order = tenancy.order()
    contest = _Contest(ground, groups, tenancy, order)
    kept = np.zeros(len(order), dtype=np.bool_)
    for at in range(len(order)):
        kept[at] = contest.is_fixed[at] or not contest.beating(at, kept[:at]).any()
    best = np.zeros(len(ground.market.regions), dtype=np.bool_)
    best[order[kept]] = True
    return best


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tenancy:
    """Who could be where: *present* by region and workload; *least* sums their cheapest choices."""

    workloads: tuple[Workload, ...]
    present: Mask
    least: Numbers

    def order(self) -> Index:
        """The regions where anybody could be, the likely winners first."""
        count = self.present.sum(axis=1)
        ranks = np.unique(self.least, return_inverse=True)[1]
        order: Index = np.lexsort((ranks, -count))
        return np.compress(count[order] > 0, order)


def _tenancy(ground: Ground, groups: Sequence[Choices]) -> _Tenancy:
    workloads = [tenant.workload for choices in groups for tenant in choices.tenants]
    regions = len(ground.market.regions)
    present = np.zeros((regions, len(workloads)), dtype=np.bool_)
    least = np.zeros(regions, dtype=object)
    for number, (choices, member) in enumerate(_members(groups)):
        own = np.flatnonzero(choices.sets[choices.set_of, member])
        where, first = np.unique(choices.region[own], return_index=True)
        present[where, number] = True
        least[where] += choices.total[own[first]].astype(object)
    return _Tenancy(workloads=tuple(workloads), present=present, least=least)


def _members(groups: Sequence[Choices]) -> Iterator[tuple[Choices, int]]:
    return ((choices, n) for choices in groups for n in range(len(choices.tenants)))


class _Contest:
    """Compares regions, each by its place in *order*, with those before it.

    *is_fixed* are regions that nobody beats: a workload that could be there is bound to places, or
    one of the choices is kept whatever beats it.
    """

    def __init__(
        self, ground: Ground, groups: Sequence[Choices], tenancy: _Tenancy, order: Index
    ) -> None:
        self._order = order
        self._at = np.full(len(ground.market.regions), -1, dtype=np.intp)
        self._at[order] = np.arange(len(order))
        self._present = tenancy.present[order]
        bound = np.array([w.name in ground.bound for w in tenancy.workloads])
        self.is_fixed: Mask = any_in_row(self._present & bound)
        for choices in groups:
            self.is_fixed[self._at[choices.region[choices.kept]]] = True
        self._places = ground.places
        self._reached = list(self._reaches(tenancy.workloads))
        self._copies = list(self._copy_costs(ground, tenancy.workloads))
        self._cluster = self._places.cluster[order]
        self._provider = self._places.provider[order]
        self._is_free = self._places.cloud[order] == 0
        self._choices: list[list[tuple[_StandIns, int]]] = [[] for _ in order]
        for choices in groups:
            stand_ins = _StandIns(choices, self._at, len(order))
            for number, place in enumerate(self._at[choices.region].tolist()):
                self._choices[place].append((stand_ins, number))

    def _reaches(self, workloads: Sequence[Workload]) -> Iterator[tuple[Mask, Mask]]:
        """Where a place of clients is within a bound, and the regions with somebody to whom it is."""
        for latency in dict.fromkeys(w.latency for w in workloads if w.latency):
            concerned = [w.latency == latency for w in workloads]
            asks = any_in_row(self._present[:, concerned])
            for reached in self._places.reaches(workloads[concerned.index(True)]):
                yield reached[self._order], asks

    def _copy_costs(
        self, ground: Ground, workloads: Sequence[Workload]
    ) -> Iterator[tuple[Numbers, Mask]]:
        """What a copy of a data set costs, and the regions with somebody who could read it."""
        for dataset in ground.problem.spec.datasets:
            concerned = [dataset in datasets_of(w, ground.problem) for w in workloads]
            if any(concerned):
                asks = any_in_row(self._present[:, concerned])
                yield self._places.copy(dataset)[self._order], asks

    def beating(self, at: int, kept: Mask) -> Mask:
        """Which of the regions before *at*, as far as they are *kept*, beat it."""
        left: Mask = kept & (self._cluster[:at] <= self._cluster[at])
        left &= self._is_free[:at] | (self._provider[:at] == self._provider[at])
        for reached, asks in self._reached:
            if asks[at] and reached[at]:
                left &= reached[:at]
        for cost, asks in self._copies:
            if asks[at]:
                left &= cost[:at] <= cost[at]
        for stand_ins, number in self._choices[at]:
            if not left.any():
                break
            left &= stand_ins.costs(number)[:at] <= stand_ins.weights[number]
        return left


class _StandIns:
    """What it would cost to replace choices of one group, in each region; *weights* is their own."""

    def __init__(self, choices: Choices, at: Index, regions: int) -> None:
        self._choices = choices
        self._at = at
        self._regions = regions
        self._free = np.flatnonzero(~choices.is_counted)
        self._costs: dict[tuple[int, int], Numbers] = {}
        self.weights: Numbers = choices.weight(np.arange(len(choices.rows)))
        self._alike = list(zip(choices.kind.tolist(), choices.set_of.tolist(), strict=True))

    def costs(self, number: int) -> Numbers:
        """The least by region; choices of one kind for the same workloads are replaced by the same."""
        key = self._alike[number]
        if key not in self._costs:
            choices = self._choices
            possible, times = choices.takes_place(self._free, np.array([number]))
            ours = self._free[possible]
            factor = np.broadcast_to(times, possible.shape)[possible]
            costs = np.full(self._regions, UNKNOWN_COST, dtype=choices.cost.dtype)
            np.minimum.at(costs, self._at[choices.region[ours]], self.weights[ours] * factor)
            self._costs[key] = costs
        return self._costs[key]
