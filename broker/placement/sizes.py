"""How much of a node an item takes, resource by resource, and cuts that see what can not be halved."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from broker.placement.shapes import Item, NodeShape


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
