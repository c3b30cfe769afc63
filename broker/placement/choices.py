"""Pools that could be bought, as columns, and which of them could take the place of which."""

from collections.abc import Sequence
from copy import copy
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broker.placement.candidates import Lawful
from broker.placement.market import Mask, Numbers, Rows, any_in_row
from broker.placement.outbid import Ground, node_costs, nodes_alone
from broker.placement.shapes import Item, node_shape

Index = NDArray[np.intp]
"""Choices by their index; two such of shapes that broadcast stand for pairs."""


class Choices:
    """The pools that *tenants* could have: all steady work together, or one burst by itself.

    Entries are in the order of regions, then of what orders choices: the cost of the whole if one
    burst owns it, else of one node; then of names. Of pools that are alike in one region only the
    first is an entry, but for those that are *kept* whatever beats them: where a workload runs now,
    since leaving it has a price of its own, and where one may have but a share in one place.
    """

    def __init__(self, ground: Ground, tenants: Sequence[Lawful]) -> None:
        self.ground = ground
        self.tenants = tenants
        self.is_burst = tenants[0].workload.run.is_burst
        self.is_gang = self.is_burst and tenants[0].workload.is_gang
        market = ground.market
        masks = [market.mask_of(lawful.rows) for lawful in tenants]
        rows = np.flatnonzero(np.logical_or.reduce(masks))
        lawful_for = np.stack([mask[rows] for mask in masks], axis=1)
        kept = self._kept(rows)
        cost = self._costs(rows)
        total = cost * nodes_alone(tenants[0]) if self.is_burst else cost
        sets, set_of = _distinct(lawful_for)
        order = np.lexsort((_ranks(total), market.region[rows]))
        place = market.region[rows] * len(market.examples) + market.kind[rows]
        # Of zones that are alike the cheapest will do, but for those with a limit of their own.
        own = ground.usage.is_of_zone[rows]
        alike = ((place * len(sets) + set_of) * 2 + own)[order]
        first = np.zeros(len(rows), dtype=np.bool_)
        first[np.unique(alike, return_index=True)[1]] = True
        order = order[first | kept[order] | own[order]]
        self.rows: Rows = rows[order]
        self.kept: Mask = kept[order]
        self.cost: Numbers = cost[order]
        self.total: Numbers = total[order]
        self.set_of: Index = set_of[order]
        self.sets: Mask = sets

    def _kept(self, rows: Rows) -> Mask:
        kept = np.zeros(len(rows), dtype=np.bool_)
        for lawful in self.tenants:
            stays = self.ground.is_home(lawful) | (lawful.workload.at_most is not None)
            kept |= self.ground.market.mask_of(lawful.rows[stays])[rows]
        return kept

    def _costs(self, rows: Rows) -> Numbers:
        """A month of a node; steady work pays the same hours everywhere."""
        if self.is_burst:
            return node_costs(self.tenants[0])
        first = self.tenants[0]
        return node_costs(Lawful(first.workload, first.market, rows, first.fits))

    def among(self, left: Mask) -> "Choices":
        """Those of which the entry of *left* is true."""
        some = copy(self)
        for name in ("region", "usage", "is_counted", "kind", "_per_node"):
            some.__dict__.pop(name, None)
        some.rows, some.kept, some.set_of = self.rows[left], self.kept[left], self.set_of[left]
        some.cost, some.total = self.cost[left], self.total[left]
        return some

    @cached_property
    def region(self) -> Index:
        """The region of each, by its index in the market."""
        return self.ground.market.region[self.rows]

    @cached_property
    def usage(self) -> Numbers:
        """What a node of each uses of each quota."""
        return self.ground.usage.of(self.rows)

    @cached_property
    def is_counted(self) -> Mask:
        """Whether any quota counts it."""
        return self.ground.usage.is_counted[self.rows]

    @cached_property
    def kind(self) -> Index:
        """The kind of offer of each, by its index in the market."""
        return self.ground.market.kind[self.rows]

    @cached_property
    def _contains(self) -> Mask:
        """Whether the first set of tenants has all of the second, by pair of sets."""
        sets = self.sets.astype(np.float64)
        shared = sets @ sets.T
        contains: Mask = shared == np.diag(shared)[np.newaxis, :]
        return contains

    @cached_property
    def _holds(self) -> Mask:
        """Whether a node of the first kind has all the room of the second, by pair of kinds."""
        shapes = [node_shape(example) for example in self.ground.market.examples]
        size = {value: n for n, value in enumerate(sorted({s.device_size for s in shapes}))}
        rooms = np.array(
            [[s.devices, size[s.device_size], s.milli_vcpus, s.memory_mib] for s in shapes]
        )
        holds: Mask = np.logical_and.reduce(rooms[:, np.newaxis] >= rooms[np.newaxis], axis=2)
        return holds

    def takes_place(self, ours: Index, theirs: Index) -> tuple[Mask, Numbers]:
        """Whether enough nodes of *ours* could stand for one of *theirs*, and the factor it takes.

        Quotas and costs aside. A burst gang is compared as a whole.
        """
        possible = self._contains[self.set_of[ours], self.set_of[theirs]] & ~self.kept[theirs]
        if self.is_gang:
            return possible, np.ones(1, dtype=np.int64)
        if self.is_burst:
            held = self.tenants[0].fits.per_node[self.kind]
            most = np.minimum(held, self.tenants[0].workload.replicas.minimum)
            return possible, -(-most[theirs] // held[ours])
        possible = possible & self._holds[self.kind[ours], self.kind[theirs]]
        for larger, members in self._larger:
            is_larger = larger[self.kind[ours], self.kind[theirs]]
            possible = possible & ~(is_larger & members[self.set_of[theirs]])
        return possible, np.ones(1, dtype=np.int64)

    @cached_property
    def _larger(self) -> list[tuple[Mask, Mask]]:
        """Where a replica takes more of a node of the first kind than of the second.

        Each entry is about tenants that need the same: pairs of kinds, and sets that have one.
        """
        found = []
        for number in sorted(
            {id(lawful.fits): n for n, lawful in enumerate(self.tenants)}.values()
        ):
            fits = self.tenants[number].fits
            members = np.array([lawful.fits is fits for lawful in self.tenants])
            items = list(dict.fromkeys(fits.items))
            takes = np.array([[_takes_more(one, other) for other in items] for one in items])
            which = np.array([items.index(item) for item in fits.items])
            larger = takes[which[:, np.newaxis], which[np.newaxis]]
            if larger.any():
                found.append((larger, any_in_row(self.sets[:, members])))
        return found

    def weight(self, chosen: Index) -> Numbers:
        """What one of the choice costs when compared: the whole of a gang, else a node."""
        return self.total[chosen] if self.is_gang else self.cost[chosen]

    def beats(self, ours: Index, theirs: Index) -> Mask:
        """Whether *ours* can take the place of *theirs* wherever that is bought, pair by pair."""
        possible, times = self.takes_place(ours, theirs)
        possible = possible & (self.weight(ours) * times <= self.weight(theirs))
        if not self.usage.shape[1] or not possible.any():
            return possible
        ours_use, theirs_use = self.usage[ours], self.usage[theirs]
        if self.is_gang:
            alone = -(-self.tenants[0].workload.replicas.minimum // self._per_node)
            ours_use = ours_use * alone[ours, np.newaxis]
            theirs_use = theirs_use * alone[theirs, np.newaxis]
        else:
            ours_use = ours_use * times[:, np.newaxis]
        return possible & (ours_use <= theirs_use).all(axis=1)

    @cached_property
    def _per_node(self) -> NDArray[np.int64]:
        return self.tenants[0].fits.per_node[self.kind]


def _takes_more(one: Item | None, other: Item | None) -> bool:
    return one is not None and other is not None and one.takes_more(other)


def _ranks(values: Numbers) -> Index:
    """The place of each value among the distinct ones, by size."""
    ranks: Index = np.unique(values, return_inverse=True)[1]
    return ranks


def _distinct(members: Mask) -> tuple[Mask, Index]:
    """The distinct rows of *members*, and which of them each row is."""
    packed = np.ascontiguousarray(np.packbits(members, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    return members[first], which
