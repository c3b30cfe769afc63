"""Pools whose nodes add up, with those who may be on them, for rows that round up."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor

import numpy as np

from broker.placement.crowds import PRESENT, Choice, Crowd, Sizes, exactly_rounded, sizes_from
from broker.placement.matrix import Indices, Mask, Numbers, sums
from broker.placement.tightening import Row
from broker.placement.variables import Pool, Variables


class Group:
    """Pools whose nodes add up, with their members: one for each candidate of each pool."""

    def __init__(
        self, v: Variables, pools: Sequence[Pool], room: Sequence[int], times: Sequence[Fraction]
    ) -> None:
        members = [(number, c) for number, pool in enumerate(pools) for c in pool.candidates]
        self.workloads = {c.workload.name: c for _, c in members}
        self.times = tuple(times)
        self.room = tuple(each * pool.nodes_each for each, pool in zip(room, pools, strict=True))
        self.is_burst = bool(pools[0].key[0])
        self.sizes: tuple[Sizes, ...] = ()
        self._pools = pools
        self._nodes = np.array([pool.column for pool in pools], dtype=np.int64)
        self._pool = np.array([number for number, _ in members], dtype=np.int64)
        self._column = np.array([v.place_of(c) for _, c in members], dtype=np.int64)
        self._workload = _numbered(c.workload.name for _, c in members)
        self._region = _numbered(str(pool.offer.region) for pool in pools)
        self._limits = np.array(
            [(c.units, c.most_units) for c in self.workloads.values()], dtype=np.double
        )

    def sizes_of(self, weights: dict[str, Fraction]) -> Sizes:
        """*weights* of a replica of each workload, for units."""
        return sizes_from(
            [weights.get(n, Fraction(0)) * c.replicas_per_unit for n, c in self.workloads.items()]
        )

    def parts(self, at: Numbers, *, widely: bool) -> Iterator[Mask]:
        """Pools to look at together: all; those that share work; those of a region or a workload."""
        nodes = at[self._nodes] > PRESENT
        if not nodes.any():
            return
        yield np.ones_like(nodes)
        if nodes.sum() < 2:  # noqa: PLR2004 - one pool has no parts
            return
        there = np.zeros((len(nodes), len(self.workloads)), dtype=np.bool_)
        present = at[self._column] > PRESENT
        there[self._pool[present], self._workload[present]] = True
        yield from (part | ~nodes for part in _sharing(there, nodes))
        if widely:
            yield from (self._region == r for r in np.unique(self._region[nodes]))
            yield from (there[:, w] | ~nodes for w in np.flatnonzero(there.any(axis=0)))

    def crowd(self, part: Mask, at: Numbers) -> Crowd:
        """What *at* has in the pools of *part*."""
        here = part[self._pool]
        return Crowd(
            room=np.array(self.room, dtype=np.double)[part],
            nodes=at[self._nodes[part]],
            placed=sums(self._workload[here], at[self._column[here]], len(self.workloads)),
            most=self._most(here),
        )

    def _most(self, here: Mask) -> Numbers:
        """Units of each workload that the pools of *here* may hold: so many for each region."""
        there = np.zeros((len(self.workloads), len(self._pools)), dtype=np.bool_)
        there[self._workload[here], self._region[self._pool[here]]] = True
        regions = there.sum(axis=1)
        most: Numbers = np.minimum(self._limits[:, 0], self._limits[:, 1] * regions)
        return most

    def row(self, name: str, part: Mask, choice: Choice) -> Row:
        """The row of *choice*, in exact arithmetic."""
        sizes = {
            w: choice.sizes.exact[w] * choice.times for w in np.flatnonzero(choice.chosen).tolist()
        }
        least = sum((size * int(choice.most[w]) for w, size in sizes.items()), Fraction(0))
        fraction = least - floor(least)
        rounded = {w: exactly_rounded(size, fraction) for w, size in sizes.items()}
        terms: dict[int, float] = defaultdict(float)
        for pool in np.flatnonzero(part).tolist():
            room = exactly_rounded(choice.times * self.room[pool], fraction)
            terms[int(self._nodes[pool])] -= float(room)
        for member in np.flatnonzero(part[self._pool]).tolist():
            size = rounded.get(int(self._workload[member]))
            if size:
                terms[int(self._column[member])] += float(size)
        spare = sum((size * int(choice.most[w]) for w, size in rounded.items()), Fraction(0))
        return Row(name, dict(terms), float(spare - ceil(least)))


def _numbered(names: Iterator[str]) -> Indices:
    """Each name's number, in the order in which they are first seen."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _sharing(there: Mask, used: Mask) -> Iterator[Mask]:
    """The *used* pools in groups that have no workload in common; nothing if they are one."""
    left = used.copy()
    while left.any():
        group = np.zeros_like(left)
        group[np.argmax(left)] = True
        while True:
            wider = used & there[:, there[group].any(axis=0)].any(axis=1) | group
            if (wider == group).all():
                break
            group = wider
        if (group == used).all():
            return
        left &= ~group
        yield group
