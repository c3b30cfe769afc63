"""What nodes use of each quota, as columns."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from math import lcm

import numpy as np
from numpy.typing import NDArray

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.spec import Quota
from broker.placement.market import Market, Mask, Numbers, Rows, any_in_row
from broker.placement.problem import Problem
from broker.placement.quotas import counts, quota_use_per_node

NO_LIMIT = 1 << 62
"""More than anybody uses."""


class Usage:
    """What one node of each offer uses of each quota of *problem*.

    In a unit of each quota's own, in which all uses of it are whole.
    """

    def __init__(self, problem: Problem, market: Market) -> None:
        self._market = market
        self._quotas = quotas = problem.spec.quotas
        nothing = np.zeros(len(market.examples), dtype=np.int64)
        scaled = [_use_of_kinds(quota, market.examples) for quota in quotas]
        self._of_kinds: Numbers = np.stack([*(use for use, _ in scaled), nothing])
        self._limits = [
            quota.limit * scale for quota, (_, scale) in zip(quotas, scaled, strict=True)
        ]
        self._slots = list(_slots(quotas, market.regions))
        self._zones: dict[int, Mask] = {
            number: np.array([offer.zone == quota.zone for offer in market.offers], dtype=np.bool_)
            for number, quota in enumerate(quotas)
            if quota.zone is not None
        }

    def of(self, rows: Rows) -> Numbers:
        """By row, then by quotas of which no region has two; those that count nothing are left out.

        So columns compare within a region only.
        """
        columns = [self._of_slot(slot, rows) for slot in self._slots]
        some = [column for column in columns if column.any()]
        return np.stack(some, axis=1) if some else np.zeros((len(rows), 0), dtype=np.int64)

    @cached_property
    def is_counted(self) -> Mask:
        """Whether any quota counts the offer."""
        rows = np.arange(len(self._market.offers))
        return any_in_row(self.of(rows) > 0)

    @cached_property
    def is_of_zone(self) -> Mask:
        """Whether the offer is in a zone that has a quota of its own."""
        zones = {(q.provider, q.region, q.zone) for q in self._quotas if q.zone is not None}
        if not zones:  # as almost always, and there may be 100,000 offers
            return np.zeros(len(self._market.offers), dtype=np.bool_)
        places = ((o.region.provider, o.region.region, o.zone) for o in self._market.offers)
        return np.array([place in zones for place in places], dtype=np.bool_)

    def exceeded(self, nodes: Numbers, rows: Rows) -> Mask:
        """Whether *nodes*, given by kind of offer, are more than any quota allows, for each row."""
        limits = np.array([*self._limits, NO_LIMIT], dtype=np.int64)
        over = self._of_kinds * nodes > limits[:, np.newaxis]
        found = np.zeros(len(rows), dtype=np.bool_)
        for slot in self._slots:
            quotas = self._counting(slot, rows)
            found |= over[quotas, self._market.kind[rows]]
        return found

    def _of_slot(self, slot: NDArray[np.intp], rows: Rows) -> Numbers:
        uses: Numbers = self._of_kinds[self._counting(slot, rows), self._market.kind[rows]]
        return uses

    def _counting(self, slot: NDArray[np.intp], rows: Rows) -> NDArray[np.intp]:
        """The quotas of *slot* that may count in the region and zone of each row, or none."""
        quotas = slot[self._market.region[rows]]
        for number, there in self._zones.items():
            quotas[(quotas == number) & ~there[rows]] = len(self._limits)
        return quotas


def _slots(quotas: Sequence[Quota], regions: Sequence[RegionKey]) -> Iterator[NDArray[np.intp]]:
    """For each region one of the quotas that may count there, as an index; the last is none.

    One slot for each quota of all regions; those of single regions share as many as it takes.
    """
    of_region: dict[RegionKey, list[int]] = defaultdict(list)
    for number, quota in enumerate(quotas):
        if quota.region is None:
            yield np.full(len(regions), number, dtype=np.intp)
        else:
            of_region[RegionKey(quota.provider, quota.region)].append(number)
    for turn in range(max(map(len, of_region.values()), default=0)):
        numbers = [of_region.get(region, [])[turn : turn + 1] for region in regions]
        yield np.array([n[0] if n else len(quotas) for n in numbers], dtype=np.intp)


def _use_of_kinds(quota: Quota, examples: Sequence[Offer]) -> tuple[Numbers, int]:
    """As if it held in every zone, times the scale that makes it whole; 0 where it counts not."""
    anywhere = replace(quota, region=None, zone=None)
    uses = [
        quota_use_per_node(example, quota) if counts(anywhere, example) else Fraction(0)
        for example in examples
    ]
    scale = lcm(*(use.denominator for use in uses))
    return np.array([int(use * scale) for use in uses], dtype=np.int64), scale
