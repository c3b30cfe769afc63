"""Parts of accelerators on whole devices: the fewest devices that hold them, each part on one."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil, lcm
from typing import Protocol

from broker.placement.slices import Slices, lie_on_one_device

Counts = tuple[int, ...]

Part = Fraction | Slices
"""A share of one device, or MIG slices on one."""

SEARCH_LIMIT = 300
"""Steps before the search gives up. A limit of work, not of time: answers repeat."""


@lru_cache(maxsize=200_000)
def fewest_devices(parts: tuple[tuple[Part, int], ...]) -> tuple[int, bool]:
    """Devices for so many of each part, and whether none fewer would do.

    A device that is cut into slices has no shares beside them.

    >>> fewest_devices(((Fraction(3, 5), 2), (Fraction(2, 5), 2)))
    (2, True)
    """
    shares = [(part, count) for part, count in parts if isinstance(part, Fraction)]
    slices = [(part, count) for part, count in parts if isinstance(part, Slices)]
    by_sum, proven = _fewest(*_shares(shares)) if shares else (0, True)
    by_place, placed = _fewest(*_places(slices)) if slices else (0, True)
    return by_sum + by_place, proven and placed


class _Device(Protocol):
    """What a device holds, by how many of each class; the largest classes come first."""

    def more(self, filled: Counts, index: int) -> int:
        """How many of one class it takes beside what is *filled*."""
        ...

    def least(self, left: Counts) -> int:
        """Fewer devices never hold what is *left*."""
        ...


def _shares(shares: Sequence[tuple[Fraction, int]]) -> tuple[_Device, Counts]:
    whole = lcm(*(share.denominator for share, _ in shares))
    wanted: dict[int, int] = {}
    for share, count in shares:
        size = share.numerator * (whole // share.denominator)
        wanted[size] = wanted.get(size, 0) + count
    sizes = tuple(sorted(wanted, reverse=True))
    return _Shared(sizes, whole), tuple(wanted[size] for size in sizes)


class _Shared:
    """A device of *whole* units, and shares of so many units."""

    def __init__(self, sizes: Counts, whole: int) -> None:
        self.sizes = sizes
        self.whole = whole

    def more(self, filled: Counts, index: int) -> int:
        """What is left of the whole, in shares of that class."""
        used = sum(size * count for size, count in zip(self.sizes, filled, strict=True))
        return (self.whole - used) // self.sizes[index]

    def least(self, left: Counts) -> int:
        """The rounded-up sum of sizes, or the number of those above one half."""
        together = sum(size * n for size, n in zip(self.sizes, left, strict=True))
        large = sum(n for size, n in zip(self.sizes, left, strict=True) if 2 * size > self.whole)
        return max(-(-together // self.whole), large)


def _places(slices: Sequence[tuple[Slices, int]]) -> tuple[_Device, Counts]:
    wanted: dict[Slices, int] = {}
    for one, count in slices:
        wanted[one] = wanted.get(one, 0) + count
    kinds = tuple(sorted(wanted, key=lambda kind: (kind.memory, kind.compute, kind), reverse=True))
    return _Cut(kinds), tuple(wanted[kind] for kind in kinds)


class _Cut:
    """A device cut into slices."""

    def __init__(self, kinds: tuple[Slices, ...]) -> None:
        self.kinds = kinds
        none = (0,) * len(kinds)
        self.most = [self.more(none, index) for index in range(len(kinds))]

    def more(self, filled: Counts, index: int) -> int:
        """As many as find places."""
        count = 0
        while lie_on_one_device(self._content(filled, index, count + 1)):
            count += 1
        return count

    def _content(self, filled: Counts, index: int, more: int) -> tuple[tuple[Slices, int], ...]:
        counts = [n + more if number == index else n for number, n in enumerate(filled)]
        return tuple((kind, n) for kind, n in zip(self.kinds, counts, strict=True) if n)

    def least(self, left: Counts) -> int:
        """By compute, by memory, and by how many equal ones a device takes."""
        each = list(zip(self.kinds, left, self.most, strict=True))
        return max(
            ceil(sum((kind.compute * n for kind, n, _ in each), Fraction(0))),
            ceil(sum((kind.memory * n for kind, n, _ in each), Fraction(0))),
            *(-(-n // most) for _, n, most in each),
        )


def _fewest(device: _Device, counts: Counts) -> tuple[int, bool]:
    upper, lower = _first_fit(device, counts), device.least(counts)
    if upper == lower:
        return upper, True
    search = _Search(device)
    try:
        return search.fewest(counts), True
    except _OutOfWork:
        return upper, False


def _first_fit(device: _Device, counts: Counts) -> int:
    """Equal parts go together: as many as fit on each device in turn, and the rest on new ones.

    Devices that hold the same are kept as one group.
    """
    none = (0,) * len(counts)
    groups: list[tuple[Counts, int]] = []
    for index, count in enumerate(counts):
        rest = count
        filled: list[tuple[Counts, int]] = []
        for content, times in [*groups, (none, count)]:
            most = device.more(content, index)
            full = min(times, rest // most) if most else 0
            filled.append((_plus(content, index, most), full))
            rest -= full * most
            partly = 1 if most and full < times and rest else 0
            filled.append((_plus(content, index, rest), partly))
            rest = 0 if partly else rest
            if any(content):
                filled.append((content, times - full - partly))
        groups = [(content, times) for content, times in filled if times]
    return sum(times for _, times in groups)


def _plus(content: Counts, index: int, more: int) -> Counts:
    return (*content[:index], content[index] + more, *content[index + 1 :])


class _OutOfWork(Exception):
    """The search limit is reached."""


class _Search:
    """Fewest devices over ways to fill one with the largest part left; remembered."""

    def __init__(self, device: _Device) -> None:
        self.device = device
        self.work = 0
        self.known: dict[Counts, int] = {}

    def fewest(self, left: Counts) -> int:
        """Devices for *left*. Raises _OutOfWork."""
        if not any(left):
            return 0
        if left not in self.known:
            self.work += 1
            if self.work > SEARCH_LIMIT:
                raise _OutOfWork
            bound = self.device.least(left)
            best = sum(left)
            for filled in self._fillings(left):
                rest = tuple(n - f for n, f in zip(left, filled, strict=True))
                best = min(best, 1 + self.fewest(rest))
                if best == bound:
                    break
            self.known[left] = best
        return self.known[left]

    def _fillings(self, left: Counts) -> Iterator[Counts]:
        """Ways to fill a device that has the largest part of *left*; no more fits any of them."""
        first = next(index for index, count in enumerate(left) if count)
        yield from self._fill(left, (0,) * len(left), first)

    def _fill(self, left: Counts, filled: Counts, index: int) -> Iterator[Counts]:
        if index == len(left):
            if not any(
                n > f and self.device.more(filled, number)
                for number, (n, f) in enumerate(zip(left, filled, strict=True))
            ):
                yield filled
            return
        most = min(left[index], self.device.more(filled, index))
        least = 1 if left[index] and not any(filled) else 0
        for count in range(most, least - 1, -1):
            yield from self._fill(left, _plus(filled, index, count), index + 1)
