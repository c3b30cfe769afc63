"""Rows that round up: where the nodes of some pools must come to 5.5, they come to 6.

For pools P whose nodes have room[o], and workloads of which P holds most[w] units at most, each of
which takes size[w] of it at least:

    Σ_{o in P} room[o] · nodes[o] ≥ Σ_w size[w] · (units of w in P)
    β = Σ_w size[w] · most[w],   G(a) = floor(a) + min(1, frac(a) / frac(β))
    ⇒   Σ_{o in P} G(room[o]) · nodes[o] + Σ_w G(size[w]) · (most[w] - units of w in P) ≥ ceil(β)

This is mixed-integer rounding (Nemhauser and Wolsey, 1990): nodes are whole, and so are the units
that P could hold and does not. It holds for every P and every choice of workloads, and for sizes in
whatever unit; those are looked for that an answer in fractions breaks.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from broker.placement.shapes import Item
from broker.placement.sizes import relative_sizes
from broker.placement.tightening import Row, Shape, Tightening
from broker.placement.variables import Pool, Variables

VIOLATED = 1e-3
"""Nodes by which a row must be broken to be worth adding."""

PRESENT = 1e-6
LEAST_FRACTION = 0.02
"""Of β: what is nearly whole rounds to hardly more."""

SHARES = (PRESENT, 0.5, 0.95)
"""Workloads are chosen of which P holds more than such a share of what it may hold."""

TIMES = (1, 2, 3, 4)
"""Rows are rounded in halves, thirds and quarters of a node too."""

Numbers = npt.NDArray[np.double]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Rounding:
    """Rows of one model; *widely* also over different nodes, of one accelerator and of all."""

    def __init__(self, v: Variables, tightening: Tightening, *, widely: bool) -> None:
        self._widely = widely
        self._tightening = tightening
        self._number = 0
        self._v = v

    def _group(self, among: Mask | None) -> None:
        """Of the columns *among* alone: a row may leave out what else could be in its pools."""
        v, pools = self._v, _present(self._v, among)
        shapes: dict[tuple[Shape, str], list[Pool]] = defaultdict(list)
        models: dict[tuple[object, str], list[Pool]] = defaultdict(list)
        for pool in pools:
            shapes[(pool.offer.accelerator, pool.node), pool.key[0]].append(pool)
            if pool.node.devices:
                models[pool.offer.accelerator, pool.key[0]].append(pool)
                models[None, pool.key[0]].append(pool)
        self._alike = [(shape, _of_one_shape(v, pools)) for (shape, _), pools in shapes.items()]
        self._related = [
            _by_devices(v, pools)
            for pools in models.values()
            if len({pool.node for pool in pools}) > 1
        ]

    def broken(self, values: Numbers, among: Mask | None = None) -> list[Row]:
        """Rows over the columns *among* that every answer in whole numbers keeps and *values* break."""
        self._group(among)
        rows: list[Row] = []
        for shape, group in self._alike:
            weights = [] if group.is_burst else self._tightening.weights(shape)
            rows += self._broken(group, [group.sizes_of(known) for known in weights], values)
        for group in self._related if self._widely else ():
            rows += self._broken(group, [], values)
        return rows

    def _broken(self, group: "_Group", more: Sequence["_Sizes"], at: Numbers) -> Iterator[Row]:
        seen = set()
        for part in group.parts(at, widely=self._widely):
            if part.tobytes() not in seen:
                seen.add(part.tobytes())
                best = _most_broken(group, group.crowd(part, at), (*group.sizes, *more))
                if best is not None:
                    self._number += 1
                    yield group.row(f"whole[{self._number}]", part, best)


def _present(v: Variables, among: Mask | None) -> list[Pool]:
    """The pools of which nodes are *among* the columns, with those of their candidates that are."""
    if among is None:
        return v.pools
    found = []
    for pool in v.pools:
        if among[pool.column]:
            there = [c for c in pool.candidates if among[v.place_of(c)]]
            if there:
                found.append(replace(pool, candidates=there))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Sizes:
    """What a unit of each workload takes at least, exactly and as numbers."""

    exact: tuple[Fraction, ...]
    numbers: Numbers


def _sizes(exact: Sequence[Fraction]) -> _Sizes:
    return _Sizes(tuple(exact), np.array([float(size) for size in exact]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Crowd:
    """Of some pools: their *room* and *nodes*, and of each workload *placed* and *most* units."""

    room: Numbers
    nodes: Numbers
    placed: Numbers
    most: Numbers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Choice:
    """What to round: *sizes* of the *chosen* workloads, in units of 1 / *times*."""

    sizes: _Sizes
    chosen: Mask
    most: Numbers
    times: Fraction


class _Group:
    """Pools whose nodes add up, with their members: one for each candidate of each pool."""

    def __init__(
        self, v: Variables, pools: Sequence[Pool], room: Sequence[int], times: Sequence[Fraction]
    ) -> None:
        members = [(number, c) for number, pool in enumerate(pools) for c in pool.candidates]
        self.workloads = {c.workload.name: c for _, c in members}
        self.times = tuple(times)
        self.room = tuple(each * pool.nodes_each for each, pool in zip(room, pools, strict=True))
        self.is_burst = bool(pools[0].key[0])
        self.sizes: tuple[_Sizes, ...] = ()
        self._pools = pools
        self._nodes = np.array([pool.column for pool in pools], dtype=np.int64)
        self._pool = np.array([number for number, _ in members], dtype=np.int64)
        self._column = np.array([v.place_of(c) for _, c in members], dtype=np.int64)
        self._workload = _numbered(c.workload.name for _, c in members)
        self._region = _numbered(str(pool.offer.region) for pool in pools)
        self._limits = np.array(
            [(c.units, c.most_units) for c in self.workloads.values()], dtype=np.double
        )

    def sizes_of(self, weights: dict[str, Fraction]) -> _Sizes:
        """*weights* of a replica of each workload, for units."""
        return _sizes(
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

    def crowd(self, part: Mask, at: Numbers) -> _Crowd:
        """What *at* has in the pools of *part*."""
        here = part[self._pool]
        return _Crowd(
            room=np.array(self.room, dtype=np.double)[part],
            nodes=at[self._nodes[part]],
            placed=np.bincount(
                self._workload[here], at[self._column[here]], minlength=len(self.workloads)
            ).astype(np.double),
            most=self._most(here),
        )

    def _most(self, here: Mask) -> Numbers:
        """Units of each workload that the pools of *here* may hold: so many for each region."""
        there = np.zeros((len(self.workloads), len(self._pools)), dtype=np.bool_)
        there[self._workload[here], self._region[self._pool[here]]] = True
        regions = there.sum(axis=1)
        most: Numbers = np.minimum(self._limits[:, 0], self._limits[:, 1] * regions)
        return most

    def row(self, name: str, part: Mask, choice: _Choice) -> Row:
        """The row of *choice*, in exact arithmetic."""
        sizes = {
            w: choice.sizes.exact[w] * choice.times for w in np.flatnonzero(choice.chosen).tolist()
        }
        least = sum((size * int(choice.most[w]) for w, size in sizes.items()), Fraction(0))
        fraction = least - floor(least)
        rounded = {w: _rounded(size, fraction) for w, size in sizes.items()}
        terms: dict[int, float] = defaultdict(float)
        for pool in np.flatnonzero(part).tolist():
            room = _rounded(choice.times * self.room[pool], fraction)
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


def _of_one_shape(v: Variables, pools: Sequence[Pool]) -> _Group:
    """Equal nodes, each of room 1: sizes are shares of a node."""
    group = _Group(v, pools, [1] * len(pools), [Fraction(times) for times in TIMES])
    members = list(group.workloads.values())
    shares = {
        sizes
        for cut in (0, 1)
        for sizes in relative_sizes([c.item for c in members], pools[0].node, cut)
    }
    if len(members) == 1:
        shares.add((Fraction(1, members[0].per_node),))
    group.sizes = tuple(
        _sizes([s * c.replicas_per_unit for s, c in zip(sizes, members, strict=True)])
        for sizes in sorted(shares)
    )
    return group


def _by_devices(v: Variables, pools: Sequence[Pool]) -> _Group:
    """Nodes of several sizes: their room is their devices, in which sizes are told too."""
    counts = sorted({pool.node.devices for pool in pools})
    group = _Group(
        v, pools, [pool.node.devices for pool in pools], [Fraction(1, n) for n in counts]
    )
    needs: dict[str, Fraction] = {}
    for pool in pools:
        for c in pool.candidates:
            need = _devices(c.item, pool.node.device_size) * c.replicas_per_unit
            needs[c.workload.name] = min(need, needs.get(c.workload.name, need))
    group.sizes = (_sizes([needs[name] for name in group.workloads]),)
    return group


def _devices(item: Item, device_size: Fraction) -> Fraction:
    return item.share / device_size if item.share else Fraction(item.devices)


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


def _most_broken(group: _Group, crowd: _Crowd, sizes: Sequence[_Sizes]) -> _Choice | None:
    """The row that is broken by the most nodes; of equals the first."""
    best, found = VIOLATED, None
    seen = set()
    for share in SHARES:
        chosen = crowd.placed > np.maximum(PRESENT, share * crowd.most)
        if not chosen.any() or chosen.tobytes() in seen:
            continue
        seen.add(chosen.tobytes())
        for each in sizes:
            excess = _excess(crowd, each.numbers * chosen, group.times)
            number = int(excess.argmax())
            if excess[number] > best + PRESENT:
                best = float(excess[number])
                found = _Choice(
                    sizes=each, chosen=chosen, most=crowd.most, times=group.times[number]
                )
    return found


def _excess(crowd: _Crowd, sizes: Numbers, times: Sequence[Fraction]) -> Numbers:
    """For each of *times*, the nodes that are missing to what the rounded row asks for."""
    each = np.array([float(t) for t in times])[:, np.newaxis]
    least = (each * sizes) @ crowd.most
    fraction = least - np.floor(least + PRESENT)
    rounds = fraction > LEAST_FRACTION
    safe = np.where(rounds, fraction, 1.0)[:, np.newaxis]
    got = _rounded_all(each * crowd.room, safe) @ crowd.nodes
    got += _rounded_all(each * sizes, safe) @ (crowd.most - crowd.placed)
    missing = (np.ceil(least - PRESENT) - got) / each[:, 0] / crowd.room.max()
    excess: Numbers = np.where(rounds, missing, 0.0)
    return excess


def _rounded_all(amounts: Numbers, fraction: Numbers) -> Numbers:
    whole = np.floor(amounts + PRESENT)
    rounded: Numbers = whole + np.minimum(1.0, np.maximum(amounts - whole, 0.0) / fraction)
    return rounded


def _rounded(amount: Fraction, fraction: Fraction) -> Fraction:
    """G(amount): its whole part, and of the rest as much as *fraction* lets count."""
    whole = floor(amount)
    return whole + min(Fraction(1), (amount - whole) / fraction)
