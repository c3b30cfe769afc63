"""MIG slices on devices: which of them lie on one device together, by trying where they may begin.

A device holds a set of slices if each can have a place of its own among those that its profile
allows. Neither sum decides that: 3g and four 1g fill a device (the 3g on its second half), while
two 4g never lie on one, though one of 2g would lie beside each.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from broker.domain.accelerators import MigPlaces


@dataclass(frozen=True, slots=True, order=True)
class Slices:
    """The slices of one replica, all on one device: *count*, each at one of *places*."""

    places: MigPlaces
    count: int

    @property
    def compute(self) -> Fraction:
        """Of the compute of a device."""
        return self.places.compute * self.count

    @property
    def memory(self) -> Fraction:
        """Of the memory of a device."""
        return self.places.memory * self.count

    @property
    def share(self) -> Fraction:
        """Half by compute and half by memory: what lies on one device has no more than 1 of it."""
        return (self.compute + self.memory) / 2

    @property
    def sold_as(self) -> Fraction:
        """Of compute or memory the larger: the share by which such a slice is sold by itself."""
        return max(self.compute, self.memory)


Content = tuple[tuple[Slices, int], ...]
"""How many replicas of each kind have their slices on a device."""


def lie_on_one_device(content: Content) -> bool:
    """Whether there are places for all of *content* on one device.

    >>> from broker.domain.accelerators import MIG_PROFILES
    >>> one, three, four = (Slices(MIG_PROFILES["H100"][p], 1) for p in ("1g.10gb", "3g.40gb", "4g.40gb"))
    >>> lie_on_one_device(((one, 4), (three, 1))), lie_on_one_device(((four, 2),))
    (True, False)
    """
    wanted: dict[MigPlaces, int] = {}
    for slices, count in content:
        wanted[slices.places] = wanted.get(slices.places, 0) + slices.count * count
    return _lie(tuple(sorted(wanted.items(), reverse=True)))


@lru_cache(maxsize=20_000)
def _lie(wanted: tuple[tuple[MigPlaces, int], ...]) -> bool:
    if sum((places.memory * n for places, n in wanted), Fraction(0)) > 1:
        return False
    return _lie_beside(tuple(places for places, n in wanted for _ in range(n)), 0, 0)


@lru_cache(maxsize=200_000)
def _lie_beside(slices: tuple[MigPlaces, ...], taken: int, start: int) -> bool:
    """Whether *slices* have places beside the memory slices *taken*, a bit each.

    The first is tried from *start* on: equal ones are tried in the order of their places only.
    """
    if not slices:
        return True
    first, rest = slices[0], slices[1:]
    for place in first.starts:
        own = ((1 << first.size) - 1) << place
        if place >= start and not own & taken:
            following = place if rest and rest[0] == first else 0
            if _lie_beside(rest, taken | own, following):
                return True
    return False


@lru_cache(maxsize=1_000)
def most_on_one_device(places: MigPlaces) -> int:
    """How many equal slices a device gives."""
    count = 0
    while lie_on_one_device(((Slices(places, 1), count + 1),)):
        count += 1
    return count
