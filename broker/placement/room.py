"""What a node that carries something can still take."""

from collections import defaultdict
from fractions import Fraction

from broker.placement.devices import fewest_devices
from broker.placement.shapes import Item, NodeShape

Pattern = tuple[int, ...]
"""What lies on a node: how many of each class of equal items."""


ONE_BY_ONE = 32
"""So few shares are counted singly: the questions are the easiest to prove, and repeat."""


def plus(pattern: Pattern, index: int, more: int) -> Pattern:
    """*pattern* with *more* of one class."""
    return (*pattern[:index], pattern[index] + more, *pattern[index + 1 :])


class Room:
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
        return self._most(shares, item.share, free)

    def _most(self, shares: tuple[tuple[Fraction, int], ...], share: Fraction, free: int) -> int:
        """The most of *share* that *free* devices take beside *shares*, by halving if it may be many."""
        used = sum((size * count for size, count in shares), Fraction(0))
        fits, most = 0, int((free - used) / share)
        while most - fits > ONE_BY_ONE:
            middle = (fits + most + 1) // 2
            if self._devices_for(_with(shares, share, middle)) <= free:
                fits = middle
            else:
                most = middle - 1
        while fits < most and self._devices_for(_with(shares, share, fits + 1)) <= free:
            fits += 1
        return fits

    def _devices_for(self, shares: tuple[tuple[Fraction, int], ...]) -> int:
        """Whole devices needed for shares of a device."""
        devices, proven = fewest_devices(shares)
        self.exact = self.exact and proven
        return devices


def _with(
    shares: tuple[tuple[Fraction, int], ...], share: Fraction, more: int
) -> tuple[tuple[Fraction, int], ...]:
    """Classes may take equal shares and differ otherwise: their counts add up."""
    counts: dict[Fraction, int] = defaultdict(int)
    for size, count in (*shares, (share, more)):
        counts[size] += count
    return tuple(sorted(counts.items()))
