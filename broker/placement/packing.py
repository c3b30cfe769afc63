"""Vector packing of replicas into equal nodes, exactly: the solver's rows only relax it.

A node has devices, vCPUs and memory. A replica takes whole devices or a share of one device; a
share never straddles two devices. Replicas come in classes, so a node's content is a *pattern*: how
many of each class. Classes of equal items are packed as one: a pool of a dozen services has two or
three sizes of them, and the patterns of so few are soon listed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from operator import mul

from broker.placement.best_pattern import OutOfWork
from broker.placement.patterns import best_mix, fewest_nodes, maximal_patterns
from broker.placement.room import Pattern, Room, plus
from broker.placement.shapes import Item, NodeShape, whole_numbers
from broker.placement.sizes import relative_sizes


@dataclass(frozen=True, slots=True)
class Packing:
    """Patterns and how many nodes carry each; no packing at all needs fewer than *least*."""

    patterns: tuple[tuple[Pattern, int], ...]
    least: int

    @property
    def proven(self) -> bool:
        """Whether no packing needs fewer nodes."""
        return self.nodes == self.least

    @property
    def nodes(self) -> int:
        """All nodes."""
        return sum(times for _, times in self.patterns)

    def nodes_with(self, item_class: int) -> int:
        """Nodes that carry at least one item of that class."""
        return sum(times for pattern, times in self.patterns if pattern[item_class])


def pack(items: Sequence[Item], counts: Sequence[int], node: NodeShape) -> Packing:
    """The fewest nodes for *counts* of *items*; each item must fit on an empty node.

    Of equal items the first ones lie on the first nodes.
    """
    kinds = tuple(dict.fromkeys(items))
    of_kind = [kinds.index(each) for each in items]
    together = [0] * len(kinds)
    for kind, count in zip(of_kind, counts, strict=True):
        together[kind] += count
    packing = _pack(kinds, tuple(together), node)
    if len(kinds) == len(items):
        return packing
    return Packing(tuple(_divided(packing, of_kind, counts)), packing.least)


def _divided(
    packing: Packing, of_kind: Sequence[int], counts: Sequence[int]
) -> Iterator[tuple[Pattern, int]]:
    """The same nodes, the room of each kind filled with its items in turn."""
    left = list(counts)
    for pattern, times in packing.patterns:
        rest = times
        while rest:
            filled = _filled(pattern, of_kind, left)
            shares = (have // n for have, n in zip(left, filled, strict=True) if n)
            same = min([rest, *shares])
            left = [have - same * n for have, n in zip(left, filled, strict=True)]
            rest -= same
            yield filled, same


def _filled(pattern: Pattern, of_kind: Sequence[int], left: Sequence[int]) -> Pattern:
    room = list(pattern)
    filled = []
    for kind, have in zip(of_kind, left, strict=True):
        filled.append(min(have, room[kind]))
        room[kind] -= filled[-1]
    return tuple(filled)


@lru_cache(maxsize=20_000)
def _pack(items: tuple[Item, ...], counts: tuple[int, ...], node: NodeShape) -> Packing:
    """First fit by three orders, which is usually proven least by the lower bound; else by patterns."""
    present = [index for index, count in enumerate(counts) if count]
    if not present:
        return Packing((), 0)
    best = min(
        (_first_fit(order, items, counts, node) for order in _orders(present, items, node)),
        key=lambda packing: packing.nodes,
    )
    best = Packing(best.patterns, least_nodes(items, counts, node))
    if best.proven:
        return best
    try:
        best = _by_mix(items, counts, node, best)
        return best if best.proven else _by_all(items, counts, node, best)
    except OutOfWork:
        return best


def _by_mix(
    items: tuple[Item, ...], counts: tuple[int, ...], node: NodeShape, best: Packing
) -> Packing:
    """With the patterns of the best fractional packing, and the bound that it proves."""
    mix = best_mix(items, counts, node, counts)
    least = max(best.least, mix.nodes(counts))
    patterns, _ = fewest_nodes(mix.patterns, counts)
    return min(Packing(best.patterns, least), Packing(patterns, least), key=lambda p: p.nodes)


def _by_all(
    items: tuple[Item, ...], counts: tuple[int, ...], node: NodeShape, best: Packing
) -> Packing:
    """With every maximal pattern there is: then the fewest found are the fewest there are.

    Only fewer than the *best* are asked for: that is found, or found to be impossible, sooner.
    """
    maximal = maximal_patterns(items, counts, node)
    patterns, proven = fewest_nodes(maximal, counts, fewer_than=best.nodes)
    found = Packing(patterns, best.least) if patterns else best
    return Packing(found.patterns, found.nodes) if proven else found


def least_nodes(items: Sequence[Item], counts: Sequence[int], node: NodeShape) -> int:
    """A lower bound: for each resource and each cut, the rounded-up sum of item sizes.

    The cuts are the dual feasible functions of Fekete and Schepers (2001), k = 0 (none) to 3.
    """
    bound = max(
        (-(-count // fitting) for item, count in zip(items, counts, strict=True) if count
         for fitting in [_fitting(item, node)]),
        default=0,
    )  # fmt: skip
    for cut in range(4):
        for sizes in relative_sizes(items, node, cut):
            parts, whole = whole_numbers(sizes)
            bound = max(bound, -(-sum(map(mul, parts, counts)) // whole))
    return bound


def _orders(present: list[int], items: Sequence[Item], node: NodeShape) -> Iterator[list[int]]:
    def devices(index: int) -> Fraction:
        return items[index].share / node.device_size or Fraction(items[index].devices)

    def dominant(index: int) -> Fraction:
        return max(
            devices(index) / node.devices,
            Fraction(items[index].milli_vcpus, node.milli_vcpus or 1),
            Fraction(items[index].memory_mib, node.memory_mib or 1),
        )

    yield sorted(present, key=lambda i: (-dominant(i), -devices(i), i))
    yield sorted(present, key=lambda i: (-devices(i), -items[i].milli_vcpus, i))
    yield sorted(present, key=lambda i: (-items[i].milli_vcpus, -items[i].memory_mib, i))


def _first_fit(
    order: list[int], items: Sequence[Item], counts: Sequence[int], node: NodeShape
) -> Packing:
    """Fill bins class by class; bins with equal content are kept as one group."""
    room = Room(tuple(items), node)
    groups: list[tuple[Pattern, int]] = []
    for index in order:
        left = counts[index]
        filled: list[tuple[Pattern, int]] = []
        for pattern, times in groups:
            more = room.more(pattern, index)
            whole = min(times, left // more) if more else 0
            if whole:
                filled.append((plus(pattern, index, more), whole))
                left -= whole * more
            rest = times - whole
            if rest and more and left:
                filled.append((plus(pattern, index, min(left, more)), 1))
                left -= min(left, more)
                rest -= 1
            if rest:
                filled.append((pattern, rest))
        empty = (0,) * len(items)
        most = _fitting(items[index], node)
        if left // most:
            filled.append((plus(empty, index, most), left // most))
        if left % most:
            filled.append((plus(empty, index, left % most), 1))
        groups = filled
    return Packing(tuple(groups), 0)


def _fitting(item: Item, node: NodeShape) -> int:
    room = Room((item,), node)
    return room.more((0,), 0)
