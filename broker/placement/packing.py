"""Vector packing of replicas into equal nodes, exactly: the solver's rows only relax it.

A node has devices, vCPUs and memory. A replica takes whole devices or a share of one device; a
share never straddles two devices. Replicas come in classes of equal items, so a node's content is
a *pattern*: how many of each class.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from broker.placement.shapes import Item, NodeShape

Pattern = tuple[int, ...]

SEARCH_LIMIT = 3_000
DEVICE_SEARCH_LIMIT = 300
"""Steps before an exact search gives up, over nodes and within one node's devices.

Limits of work, not of time: answers repeat.
"""


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


def pack(
    items: Sequence[Item], counts: Sequence[int], node: NodeShape, *, limit: int | None = None
) -> Packing:
    """The fewest nodes for *counts* of *items*; each item must fit on an empty node.

    First fit by three orders, which is usually proven least by the lower bound; else a search over
    maximal patterns, up to *limit* steps of it (SEARCH_LIMIT).
    """
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
    return _search(items, tuple(counts), node, best, limit=limit or SEARCH_LIMIT)


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
            weight = sum((s * c for s, c in zip(sizes, counts, strict=True)), Fraction(0))
            bound = max(bound, -(-weight.numerator // weight.denominator))
    return bound


def relative_sizes(
    items: Sequence[Item], node: NodeShape, cut: int
) -> Iterator[tuple[Fraction, ...]]:
    """For devices, vCPUs and memory: each item's share of a node, after the dual feasible cut.

    No node holds items whose sizes, so cut, add up to more than 1. Devices are cut one device at a
    time, since a share lies on one device.
    """
    if node.devices:
        yield tuple(
            (dual_feasible(item.share / node.device_size, cut) if item.share else item.devices)
            / Fraction(node.devices)
            for item in items
        )
        if cut:
            yield tuple(
                dual_feasible(
                    (item.share / node.device_size if item.share else Fraction(item.devices))
                    / node.devices,
                    cut,
                )
                for item in items
            )
    if node.milli_vcpus:
        yield tuple(
            dual_feasible(Fraction(item.milli_vcpus, node.milli_vcpus), cut) for item in items
        )
    if node.memory_mib:
        yield tuple(
            dual_feasible(Fraction(item.memory_mib, node.memory_mib), cut) for item in items
        )


def dual_feasible(size: Fraction, cut: int) -> Fraction:
    """u(k): sizes whose (k+1)-fold is whole stay, others become floor((k+1) size) / k.

    >>> dual_feasible(Fraction(3, 5), 1), dual_feasible(Fraction(2, 5), 1)
    (Fraction(1, 1), Fraction(0, 1))
    """
    if not cut:
        return size
    folded = size * (cut + 1)
    if folded.denominator == 1:
        return size
    return Fraction(folded.numerator // folded.denominator, cut)


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
    room = _Room(tuple(items), node)
    groups: list[tuple[Pattern, int]] = []
    for index in order:
        left = counts[index]
        filled: list[tuple[Pattern, int]] = []
        for pattern, times in groups:
            more = room.more(pattern, index)
            whole = min(times, left // more) if more else 0
            if whole:
                filled.append((_plus(pattern, index, more), whole))
                left -= whole * more
            rest = times - whole
            if rest and more and left:
                filled.append((_plus(pattern, index, min(left, more)), 1))
                left -= min(left, more)
                rest -= 1
            if rest:
                filled.append((pattern, rest))
        empty = (0,) * len(items)
        most = _fitting(items[index], node)
        if left // most:
            filled.append((_plus(empty, index, most), left // most))
        if left % most:
            filled.append((_plus(empty, index, left % most), 1))
        groups = filled
    return Packing(tuple(groups), 0)


def _plus(pattern: Pattern, index: int, more: int) -> Pattern:
    return (*pattern[:index], pattern[index] + more, *pattern[index + 1 :])


def _fitting(item: Item, node: NodeShape) -> int:
    room = _Room((item,), node)
    return room.more((0,), 0)


class _Room:
    """How many more items of a class a node with a given pattern can take."""

    def __init__(self, items: tuple[Item, ...], node: NodeShape) -> None:
        self.items = items
        self.node = node
        self.exact = True

    def more(self, pattern: Pattern, index: int) -> int:
        """The largest number that still fits."""
        item = self.items[index]
        limits = [self._by_devices(pattern, index)]
        if item.milli_vcpus:
            used = sum(i.milli_vcpus * n for i, n in zip(self.items, pattern, strict=True))
            limits.append((self.node.milli_vcpus - used) // item.milli_vcpus)
        if item.memory_mib:
            used = sum(i.memory_mib * n for i, n in zip(self.items, pattern, strict=True))
            limits.append((self.node.memory_mib - used) // item.memory_mib)
        return max(0, min(limits))

    def _by_devices(self, pattern: Pattern, index: int) -> int:
        item, node = self.items[index], self.node
        shares = tuple(
            (i.share, n) for i, n in zip(self.items, pattern, strict=True) if i.share and n
        )
        if node.devices == 1 and item.share:
            whole = sum(i.devices * n for i, n in zip(self.items, pattern, strict=True))
            used = sum((share * n for share, n in shares), Fraction(whole))
            return int((node.device_size - used) / item.share)
        if node.device_size < 1 and not item.share:
            return 0
        free = node.devices - sum(i.devices * n for i, n in zip(self.items, pattern, strict=True))
        if not item.share:
            return (free - self._devices_for(shares)) // item.devices
        if not shares:
            return free * int(1 / item.share)
        count = 0
        while self._devices_for(_with(shares, item.share, count + 1)) <= free:
            count += 1
        return count

    def _devices_for(self, shares: tuple[tuple[Fraction, int], ...]) -> int:
        """Whole devices needed for shares of a device: the same packing, in one dimension."""
        nodes, proven = _devices_for(shares)
        self.exact = self.exact and proven
        return nodes


def _with(
    shares: tuple[tuple[Fraction, int], ...], share: Fraction, more: int
) -> tuple[tuple[Fraction, int], ...]:
    """Classes may take equal shares and differ otherwise: their counts add up."""
    counts: dict[Fraction, int] = defaultdict(int)
    for size, count in (*shares, (share, more)):
        counts[size] += count
    return tuple(sorted(counts.items()))


@lru_cache(maxsize=100_000)
def _devices_for(shares: tuple[tuple[Fraction, int], ...]) -> tuple[int, bool]:
    items = [Item(devices=0, share=share, milli_vcpus=0, memory_mib=0) for share, _ in shares]
    counts = [count for _, count in shares]
    packing = pack(items, counts, _ONE_DEVICE, limit=DEVICE_SEARCH_LIMIT)
    return packing.nodes, packing.proven


_ONE_DEVICE = NodeShape(devices=1, device_size=Fraction(1), milli_vcpus=0, memory_mib=0)


class _OutOfWork(Exception):
    """The search limit is reached."""


def _search(
    items: Sequence[Item], counts: Pattern, node: NodeShape, best: Packing, *, limit: int
) -> Packing:
    """The exact answer, or *best* if the search gives up."""
    search = _Search(tuple(items), node, limit)
    try:
        search.fewest(counts)
    except (_OutOfWork, RecursionError):
        return best
    found = Packing(search.patterns(counts), best.least)
    return Packing(found.patterns, found.nodes if search.room.exact else best.least)


class _Search:
    """Fewest nodes over maximal patterns, remembered by what is left to pack."""

    def __init__(self, items: tuple[Item, ...], node: NodeShape, limit: int) -> None:
        self.room = _Room(items, node)
        self.limit = limit
        self.work = 0
        self.known: dict[Pattern, tuple[int, Pattern]] = {}

    def fewest(self, left: Pattern) -> int:
        """Nodes needed for *left*; some maximal pattern with the first class is in any best one."""
        if not any(left):
            return 0
        if left not in self.known:
            self._count_work()
            bound = least_nodes(self.room.items, left, self.room.node)
            first = next(index for index, count in enumerate(left) if count)
            found: tuple[int, Pattern] = (sum(left) + 1, left)
            for pattern in self._maximal(left, (0,) * len(left), first):
                nodes = 1 + self.fewest(_minus(left, pattern))
                if nodes < found[0]:
                    found = (nodes, pattern)
                if nodes == bound:
                    break
            self.known[left] = found
        return self.known[left][0]

    def _count_work(self) -> None:
        self.work += 1
        if self.work > self.limit:
            raise _OutOfWork

    def patterns(self, left: Pattern) -> tuple[tuple[Pattern, int], ...]:
        """The packing that `fewest` found."""
        chosen: dict[Pattern, int] = {}
        while any(left):
            pattern = self.known[left][1]
            chosen[pattern] = chosen.get(pattern, 0) + 1
            left = _minus(left, pattern)
        return tuple(sorted(chosen.items(), reverse=True))

    def _maximal(self, left: Pattern, pattern: Pattern, index: int) -> Iterator[Pattern]:
        """Patterns with the first class to which nothing of *left* can be added."""
        if index == len(left):
            if not self._takes_more(left, pattern):
                yield pattern
            return
        self._count_work()
        least = 0 if any(pattern) else min(1, left[index])
        most = min(left[index], self.room.more(pattern, index)) if left[index] else 0
        for count in range(most, least - 1, -1):
            yield from self._maximal(left, _plus(pattern, index, count), index + 1)

    def _takes_more(self, left: Pattern, pattern: Pattern) -> bool:
        return any(
            wanted > there and self.room.more(pattern, index)
            for index, (wanted, there) in enumerate(zip(left, pattern, strict=True))
        )


def _minus(left: Pattern, pattern: Pattern) -> Pattern:
    return tuple(n - p for n, p in zip(left, pattern, strict=True))
