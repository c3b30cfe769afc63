"""MIG slices on a device, found by trying every place: written down as `nvidia-smi mig -lgipp` does."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement

PLACES = {
    "1g": "{0,1,2,3,4,5,6}:1",
    "1g, double memory": "{0,2,4,6}:2",
    "2g": "{0,2,4}:2",
    "3g": "{0,4}:4",
    "4g": "{0}:4",
    "all": "{0}:8",
}
"""First memory slices, and how many are taken; of the eight of an A100 or H100."""

PARTS = {
    "1g": (Fraction(1, 7), Fraction(1, 8)),
    "1g, double memory": (Fraction(1, 7), Fraction(2, 8)),
    "2g": (Fraction(2, 7), Fraction(2, 8)),
    "3g": (Fraction(3, 7), Fraction(4, 8)),
    "4g": (Fraction(4, 7), Fraction(4, 8)),
    "all": (Fraction(1), Fraction(1)),
}
"""Of a device's compute and memory."""

KINDS = {
    name: dict(zip(profiles.split(), PLACES, strict=True))
    for name, profiles in {
        "A100": "1g.5gb 1g.10gb 2g.10gb 3g.20gb 4g.20gb 7g.40gb",
        "A100-80GB": "1g.10gb 1g.20gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb",
        "H100": "1g.10gb 1g.20gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb",
        "H200": "1g.18gb 1g.35gb 2g.35gb 3g.71gb 4g.71gb 7g.141gb",
    }.items()
}


@cache
def lie_on_one_device(kinds: tuple[str, ...]) -> bool:
    """Whether any choice of places keeps them apart: all that may be taken, slice by slice."""
    taken: set[frozenset[int]] = {frozenset()}
    for kind in kinds:
        taken = {
            before | place for before in taken for place in _places(kind) if not before & place
        }
    return bool(taken)


@cache
def _places(kind: str) -> tuple[frozenset[int], ...]:
    starts, _, size = PLACES[kind].removeprefix("{").partition("}:")
    return tuple(
        frozenset(range(int(start), int(start) + int(size))) for start in starts.split(",")
    )


@cache
def most(kind: str) -> int:
    """How many equal slices a device gives."""
    return max(n for n in range(1, 8) if lie_on_one_device((kind,) * n))


def multisets(largest: int) -> Iterator[tuple[str, ...]]:
    """All sets of up to *largest* slices, kinds repeated."""
    for size in range(1, largest + 1):
        yield from combinations_with_replacement(PLACES, size)
