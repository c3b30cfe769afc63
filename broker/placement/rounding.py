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
from dataclasses import replace
from fractions import Fraction

from broker.placement.crowds import Sizes, most_broken, sizes_from
from broker.placement.matrix import Mask, Numbers
from broker.placement.pooled import Group
from broker.placement.shapes import Item
from broker.placement.sizes import relative_sizes
from broker.placement.tightening import Row, Shape, Tightening
from broker.placement.variables import Pool, Variables

TIMES = (1, 2, 3, 4)
"""Rows are rounded in halves, thirds and quarters of a node too."""


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

    def _broken(self, group: "Group", more: Sequence["Sizes"], at: Numbers) -> Iterator[Row]:
        seen = set()
        for part in group.parts(at, widely=self._widely):
            if part.tobytes() not in seen:
                seen.add(part.tobytes())
                best = most_broken(group.times, group.crowd(part, at), (*group.sizes, *more))
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


def _of_one_shape(v: Variables, pools: Sequence[Pool]) -> Group:
    """Equal nodes, each of room 1: sizes are shares of a node."""
    group = Group(v, pools, [1] * len(pools), [Fraction(times) for times in TIMES])
    members = list(group.workloads.values())
    shares = {
        sizes
        for cut in (0, 1)
        for sizes in relative_sizes([c.item for c in members], pools[0].node, cut)
    }
    if len(members) == 1:
        shares.add((Fraction(1, members[0].per_node),))
    group.sizes = tuple(
        sizes_from([s * c.replicas_per_unit for s, c in zip(sizes, members, strict=True)])
        for sizes in sorted(shares)
    )
    return group


def _by_devices(v: Variables, pools: Sequence[Pool]) -> Group:
    """Nodes of several sizes: their room is their devices, in which sizes are told too."""
    counts = sorted({pool.node.devices for pool in pools})
    group = Group(v, pools, [pool.node.devices for pool in pools], [Fraction(1, n) for n in counts])
    needs: dict[str, Fraction] = {}
    for pool in pools:
        for c in pool.candidates:
            need = _devices(c.item, pool.node.device_size) * c.replicas_per_unit
            needs[c.workload.name] = min(need, needs.get(c.workload.name, need))
    group.sizes = (sizes_from([needs[name] for name in group.workloads]),)
    return group


def _devices(item: Item, device_size: Fraction) -> Fraction:
    return item.share / device_size if item.share else Fraction(item.devices)
