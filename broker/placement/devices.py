"""Shares of accelerators on whole devices: the fewest devices that hold them, each share on one."""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import lcm

Counts = tuple[int, ...]

SEARCH_LIMIT = 300
"""Steps before the search gives up. A limit of work, not of time: answers repeat."""


@lru_cache(maxsize=200_000)
def fewest_devices(shares: tuple[tuple[Fraction, int], ...]) -> tuple[int, bool]:
    """Devices for so many of each share, and whether none fewer would do.

    >>> fewest_devices(((Fraction(3, 5), 2), (Fraction(2, 5), 2)))
    (2, True)
    """
    whole = lcm(*(share.denominator for share, _ in shares))
    wanted: dict[int, int] = {}
    for share, count in shares:
        size = share.numerator * (whole // share.denominator)
        wanted[size] = wanted.get(size, 0) + count
    sizes = tuple(sorted(wanted, reverse=True))
    counts = tuple(wanted[size] for size in sizes)
    upper, lower = _first_fit(sizes, counts, whole), _least(sizes, counts, whole)
    if upper == lower:
        return upper, True
    search = _Search(sizes, whole)
    try:
        return search.fewest(counts), True
    except _OutOfWork:
        return upper, False


def _first_fit(sizes: Counts, counts: Counts, whole: int) -> int:
    """Equal shares go together: as many as fit on each device in turn, and the rest on new ones."""
    room: list[int] = []
    for size, count in zip(sizes, counts, strict=True):
        rest = count
        for place, left in enumerate(room):
            taken = min(rest, left // size)
            room[place] -= taken * size
            rest -= taken
        each = whole // size
        room.extend([whole - each * size] * (rest // each))
        if rest % each:
            room.append(whole - rest % each * size)
    return len(room)


def _least(sizes: Counts, counts: Counts, whole: int) -> int:
    """The rounded-up sum of sizes, or the number of those above one half."""
    together = sum(size * count for size, count in zip(sizes, counts, strict=True))
    large = sum(n for size, n in zip(sizes, counts, strict=True) if 2 * size > whole)
    return max(-(-together // whole), large)


class _OutOfWork(Exception):
    """The search limit is reached."""


class _Search:
    """Fewest devices over ways to fill one with the largest share left; remembered."""

    def __init__(self, sizes: Counts, whole: int) -> None:
        self.sizes = sizes
        self.whole = whole
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
            bound = _least(self.sizes, left, self.whole)
            best = sum(left)
            for filled in self._fillings(left):
                rest = tuple(n - f for n, f in zip(left, filled, strict=True))
                best = min(best, 1 + self.fewest(rest))
                if best == bound:
                    break
            self.known[left] = best
        return self.known[left]

    def _fillings(self, left: Counts) -> Iterator[Counts]:
        """Ways to fill a device that has the largest share of *left*; no more fits any of them."""
        first = next(index for index, count in enumerate(left) if count)
        yield from self._fill(left, (0,) * first, self.whole, first)

    def _fill(self, left: Counts, filled: Counts, room: int, index: int) -> Iterator[Counts]:
        if index == len(left):
            if not any(
                n > f and s <= room for n, f, s in zip(left, filled, self.sizes, strict=True)
            ):
                yield filled
            return
        most = min(left[index], room // self.sizes[index])
        least = 1 if not any(filled) and left[index] else 0
        for count in range(most, least - 1, -1):
            yield from self._fill(
                left, (*filled, count), room - count * self.sizes[index], index + 1
            )
