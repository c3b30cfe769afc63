"""Nodes and what fits on them, at random."""

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import strategies as st

from broker.domain.accelerators import MIG_PROFILES
from broker.placement.shapes import Item, NodeShape
from broker.placement.slices import Slices, most_on_one_device
from tests.fakes.brute_packing import Room
from tests.fakes.brute_slices import KINDS

SHARES = [Fraction(*pair) for pair in ((1, 2), (3, 5), (2, 5), (1, 3), (1, 7), (2, 7), (3, 4))]
KIND_OF = {MIG_PROFILES["H100"][name]: kind for name, kind in KINDS["H100"].items()}


@st.composite
def nodes(draw: st.DrawFn) -> NodeShape:
    """A small node: whole devices, or one slice of a device."""
    devices = draw(st.integers(1, 4))
    slice_of_one = draw(st.sampled_from([Fraction(1), Fraction(1), Fraction(1), Fraction(1, 2)]))
    return NodeShape(
        devices=devices if slice_of_one == 1 else 1,
        device_size=slice_of_one,
        milli_vcpus=draw(st.sampled_from([0, 4000, 7910])),
        memory_mib=draw(st.sampled_from([0, 1000, 13621])),
    )


@st.composite
def items(draw: st.DrawFn, node: NodeShape) -> Item:
    """A replica that fits on an empty *node*."""
    share = draw(st.sampled_from([s for s in SHARES if s <= node.device_size]))
    kind = draw(st.sampled_from(("whole", "share", "slices"))) if node.device_size == 1 else "share"
    slices = draw(slices_of_one()) if kind == "slices" else None
    part = slices.share if slices else share
    return Item(
        devices=draw(st.integers(1, node.devices)) if kind == "whole" else 0,
        share=Fraction(0) if kind == "whole" else part,
        milli_vcpus=draw(st.integers(0, node.milli_vcpus)),
        memory_mib=draw(st.integers(0, node.memory_mib)),
        slices=slices,
    )


@st.composite
def slices_of_one(draw: st.DrawFn) -> Slices:
    """Equal MIG slices that lie on one device, but no whole one."""
    *parts, _whole = MIG_PROFILES["H100"].values()
    places = draw(st.sampled_from(parts))
    return Slices(places, draw(st.integers(1, most_on_one_device(places))))


def rooms(classes: Sequence[Item], counts: Sequence[int]) -> tuple[Room, ...]:
    """The items one by one, in the terms of the exhaustive search; equal ones together."""
    return tuple(
        Room(item.devices, item.share, item.milli_vcpus, item.memory_mib, kinds(item))
        for item, count in zip(classes, counts, strict=True)
        for _ in range(count)
    )


def kinds(item: Item) -> tuple[str, ...]:
    return (KIND_OF[item.slices.places],) * item.slices.count if item.slices else ()


def room(node: NodeShape) -> Room:
    return Room(node.devices, node.device_size, node.milli_vcpus, node.memory_mib)
