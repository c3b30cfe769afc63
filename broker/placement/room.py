"""What a node that carries something can still take."""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from operator import mul

from broker.placement.devices import Part, fewest_devices
from broker.placement.shapes import Item, NodeShape, most_on_one_node, whole_numbers
from broker.placement.slices import Slices, most_on_one_device

Pattern = tuple[int, ...]
"""What lies on a node: how many of each class of equal items."""

Parts = tuple[tuple[Part, int], ...]
"""How many of each part of a device."""

ONE_BY_ONE = 32
"""So few parts are counted singly: the questions are the easiest to prove, and repeat."""


def plus(pattern: Pattern, index: int, more: int) -> Pattern:
    """*pattern* with *more* of one class."""
    return (*pattern[:index], pattern[index] + more, *pattern[index + 1 :])


class Room:
    """How many more items of a class a node with a given pattern can take."""

    def __init__(self, items: tuple[Item, ...], node: NodeShape) -> None:
        self.items = items
        self.node = node
        self.exact = True
        self._vcpus = tuple(item.milli_vcpus for item in items)
        self._memory = tuple(item.memory_mib for item in items)
        self._shares, self._device = whole_numbers([item.share for item in items])
        self._known: dict[tuple[Pattern, int], int] = {}

    def more(self, pattern: Pattern, index: int) -> int:
        """The largest number that still fits."""
        asked = (pattern, index)
        if asked not in self._known:
            self._known[asked] = self._more(pattern, index)
        return self._known[asked]

    def _more(self, pattern: Pattern, index: int) -> int:
        limits = [self._by_devices(pattern, index)]
        for sizes, all_ in (
            (self._vcpus, self.node.milli_vcpus),
            (self._memory, self.node.memory_mib),
        ):
            if sizes[index]:
                limits.append((all_ - sum(map(mul, sizes, pattern))) // sizes[index])
        return max(0, min(limits))

    def _by_devices(self, pattern: Pattern, index: int) -> int:
        item, node = self.items[index], self.node
        there = [(i, n) for i, n in zip(self.items, pattern, strict=True) if n]
        if node.device_size < 1:
            return _on_a_slice(item, there, node)
        free = node.devices - sum(i.devices * n for i, n in there)
        sharing = [(i, n) for i, n in there if i.share]
        if not item.share:
            return (free - self._devices_for(_parts(sharing))) // item.devices
        if not sharing:
            return free * _on_one_device(item.part)
        used = sum(map(mul, self._shares, pattern))
        most: int = (free * self._device - used) // self._shares[index]
        if free == 1 and not (item.slices or any(i.slices for i, _ in sharing)):
            return most
        return self._most(_parts(sharing), item.part, free, most)

    def _most(self, parts: Parts, part: Part, free: int, most: int) -> int:
        """How many of *part*, up to *most*, *free* devices take beside *parts*.

        By halving if it may be many.
        """
        fits = 0
        while most - fits > ONE_BY_ONE:
            middle = (fits + most + 1) // 2
            if self._devices_for(_with(parts, part, middle)) <= free:
                fits = middle
            else:
                most = middle - 1
        while fits < most and self._devices_for(_with(parts, part, fits + 1)) <= free:
            fits += 1
        return fits

    def _devices_for(self, parts: Parts) -> int:
        """Whole devices needed for parts of a device."""
        devices, proven = fewest_devices(parts)
        self.exact = self.exact and proven
        return devices


def _parts(sharing: Sequence[tuple[Item, int]]) -> Parts:
    return tuple((item.part, count) for item, count in sharing)


def _on_one_device(part: Part) -> int:
    if isinstance(part, Slices):
        return most_on_one_device(part.places) // part.count
    return int(1 / part)


def _on_a_slice(item: Item, there: Sequence[tuple[Item, int]], node: NodeShape) -> int:
    """On a node that is a part of a device: shares by their sum, of MIG slices the one that it is."""
    if item.slices or any(i.slices for i, _ in there):
        return 0 if there else most_on_one_node(item, node)
    used = sum((i.share * n for i, n in there), Fraction(0))
    return int((node.device_size - used) / item.share) if item.share else 0


def _with(parts: Parts, part: Part, more: int) -> Parts:
    """Classes may take equal parts and differ otherwise: their counts add up."""
    counts: dict[Part, int] = defaultdict(int)
    for each, count in (*parts, (part, more)):
        counts[each] += count
    return tuple(sorted(counts.items(), key=lambda known: (isinstance(known[0], Slices), known)))
