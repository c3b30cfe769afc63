"""Packing where many workloads ask for the same: replicas of equal items are one class.

A pool of a dozen services has two or three sizes of them. The patterns of so few classes are soon
listed; those of a dozen are not, though they say the same.
"""

from collections.abc import Iterator, Sequence

from broker.placement.packing import Packing, pack
from broker.placement.room import Pattern
from broker.placement.shapes import Item, NodeShape


def pack_alike(items: Sequence[Item], counts: Sequence[int], node: NodeShape) -> Packing:
    """As `pack`, for less work; of equal items the first ones lie on the first nodes."""
    kinds = list(dict.fromkeys(items))
    of_kind = [kinds.index(each) for each in items]
    together = [0] * len(kinds)
    for kind, count in zip(of_kind, counts, strict=True):
        together[kind] += count
    packing = pack(kinds, together, node)
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
