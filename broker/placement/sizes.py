"""How much of a node an item takes, resource by resource, and cuts that see what can not be halved."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

from broker.placement.shapes import Item, NodeShape

KNOWN = 1 << 16
"""Sizes that are kept: the same work on the same nodes is asked about in every region."""


def relative_sizes(
    items: Sequence[Item], node: NodeShape, cut: int
) -> Iterator[tuple[Fraction, ...]]:
    """For devices, vCPUs and memory: each item's share of a node, after the dual feasible cut.

    No node holds items whose sizes, so cut, add up to more than 1. Devices are cut one device at a
    time, since a share lies on one device. MIG slices count by compute, and once more by memory.
    """
    for ask in _families(items, node):
        yield from zip(*(ask(item, node, cut) for item in items), strict=True)


@lru_cache(KNOWN)
def distinct_sizes(
    items: tuple[Item, ...], node: NodeShape, cuts: range
) -> tuple[tuple[int, int, tuple[float, ...]], ...]:
    """The resource, the cut and the sizes, of all that tell several items apart; equal ones once."""
    found: dict[tuple[float, ...], tuple[int, int]] = {}
    told = [[_numbers(ask, item, node, cuts) for item in items] for ask in _families(items, node)]
    for cut in cuts:
        for resource, sizes in enumerate(
            sizes
            for of_items in told
            for sizes in zip(*(of_cuts[cut] for of_cuts in of_items), strict=True)
        ):
            if sum(map(bool, sizes)) > 1:
                found.setdefault(sizes, (resource, cut))
    return tuple((resource, cut, sizes) for sizes, (resource, cut) in found.items())


Sizes = Callable[[Item, NodeShape, int], tuple[Fraction, ...]]


def _families(items: Sequence[Item], node: NodeShape) -> list[Sizes]:
    by_memory = node.devices and any(item.slices for item in items)
    return [_sizes, _by_memory] if by_memory else [_sizes]


@lru_cache(KNOWN)
def _numbers(ask: Sizes, item: Item, node: NodeShape, cuts: range) -> dict[int, tuple[float, ...]]:
    # Much quicker to compare and to hash than fractions, and as exact as rows are.
    return {cut: tuple(map(float, ask(item, node, cut))) for cut in cuts}


@lru_cache(KNOWN)
def _sizes(item: Item, node: NodeShape, cut: int) -> tuple[Fraction, ...]:
    sizes: list[Fraction] = []
    if node.devices:
        part = item.slices.compute if item.slices else item.share
        sizes += _of_devices(item, node, part, cut)
    if node.milli_vcpus:
        sizes.append(dual_feasible(Fraction(item.milli_vcpus, node.milli_vcpus), cut))
    if node.memory_mib:
        sizes.append(dual_feasible(Fraction(item.memory_mib, node.memory_mib), cut))
    return tuple(sizes)


@lru_cache(KNOWN)
def _by_memory(item: Item, node: NodeShape, cut: int) -> tuple[Fraction, ...]:
    part = item.slices.memory if item.slices else item.share
    return tuple(_of_devices(item, node, part, cut))


def _of_devices(item: Item, node: NodeShape, part: Fraction, cut: int) -> list[Fraction]:
    """By single devices and by all; a node that is sold as a slice is taken whole by its slice."""
    size = item.slices.sold_as if item.slices and node.device_size < 1 else part
    taken = size / node.device_size if item.share else Fraction(item.devices)
    each = dual_feasible(taken, cut) if item.share else taken
    return [each / node.devices, *([dual_feasible(taken / node.devices, cut)] if cut else [])]


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
