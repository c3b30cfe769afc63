"""What fits on what: the room of a node and the room a replica takes, with exact arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import lcm

from broker.domain.accelerators import Accelerator, MigPlaces, MigProfile
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.slices import Slices, most_on_one_device

MIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeShape:
    """The room for workloads on one empty node.

    *devices* of *device_size* each: 1 for whole devices, less for the slice of a fractional offer.
    vCPUs (in thousandths) and memory are allocatable: what the node keeps for itself is taken off.
    """

    devices: int
    # A fraction takes longer to hash than all the rest, and few differ in nothing else.
    device_size: Fraction = field(hash=False)
    milli_vcpus: int
    memory_mib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """The room one replica takes: whole *devices*, or a *share* of a single one.

    With *slices*, the share is theirs, and where they may lie says what fits beside them.
    """

    devices: int
    share: Fraction = field(hash=False)
    milli_vcpus: int
    memory_mib: int
    slices: Slices | None = None

    @property
    def part(self) -> Fraction | Slices:
        """What lies on a single device, if it does not take whole ones."""
        return self.slices or self.share

    def part_of(self, node: NodeShape) -> Fraction:
        """The part of the devices of *node* that it takes."""
        if node.device_size < 1 and self.slices:
            return Fraction(1)
        return (self.share or self.devices) / (node.devices * node.device_size)

    def takes_more(self, other: "Item") -> bool:
        """Whether it may take room that *other* does not, of accelerators that differ.

        Slices take no more where each of the others' places would do for them.
        """
        if self.slices and other.slices:
            ours, theirs = self.slices.places, other.slices.places
            return (
                self.slices.count != other.slices.count
                or ours.size > theirs.size
                or ours.compute > theirs.compute
                or ours.memory > theirs.memory
                or not set(theirs.starts) <= set(ours.starts)
            )
        if self.slices or other.slices:
            return True
        return self.share > other.share or self.devices > other.devices


def node_shape(offer: Offer) -> NodeShape:
    """The allocatable room of one node of *offer*."""
    whole = offer.count.denominator == 1
    return NodeShape(
        devices=int(offer.count) if whole else 1,
        device_size=Fraction(1) if whole else offer.count,
        milli_vcpus=allocatable_milli_vcpus(offer.vcpus),
        memory_mib=allocatable_memory_mib(offer.memory_mib),
    )


def item(workload: Workload, offer: Offer) -> Item | None:
    """The room one replica of *workload* takes on *offer*; None if its accelerator will not do.

    Of several choices that the accelerator satisfies, the one that takes the smallest share.
    """
    best = _best_choice(workload, offer.accelerator)
    return None if best is None else _item(workload, best[0])


def profile_on(workload: Workload, accelerator: Accelerator) -> MigProfile | None:
    """The MIG profile of which a replica takes slices there; None if it takes none."""
    best = _best_choice(workload, accelerator)
    return None if best is None else best[1]


def _best_choice(
    workload: Workload, accelerator: Accelerator
) -> tuple[Fraction | Slices, MigProfile | None] | None:
    count = workload.accelerators.count
    rooms: list[tuple[Fraction | Slices, MigProfile | None]] = []
    for choice in workload.accelerators.any_of:
        profile = choice.mig_profile if choice.accepts(accelerator) else None
        places = profile.places_on(accelerator) if profile else None
        if places is not None:
            rooms.append((cut(places, int(count)), profile))
        elif choice.mig_profile is None and choice.accepts(accelerator):
            rooms.append((count, None))
    return min(rooms, key=lambda room: _devices(room[0]), default=None)


def _devices(room: Fraction | Slices) -> Fraction:
    return room.share if isinstance(room, Slices) else room


def _item(workload: Workload, room: Fraction | Slices) -> Item:
    devices = _devices(room)
    whole = not isinstance(room, Slices) and devices.denominator == 1
    return Item(
        devices=int(devices) if whole else 0,
        share=Fraction(0) if whole else devices,
        milli_vcpus=workload.milli_vcpus,
        memory_mib=workload.memory_mib,
        slices=room if isinstance(room, Slices) else None,
    )


def cut(places: MigPlaces, count: int) -> Fraction | Slices:
    """Room for *count* slices of one replica: on one device, or whole ones where that is too small.

    >>> from broker.domain.accelerators import MIG_PROFILES
    >>> half = MIG_PROFILES["H100"]["3g.40gb"]
    >>> cut(half, 1) == Slices(half, 1), cut(half, 3)
    (True, Fraction(2, 1))
    """
    on_one = most_on_one_device(places)
    if count > on_one or places.compute == 1:
        return Fraction(-(-count // on_one))
    return Slices(places, count)


def most_on_one_node(item: Item, node: NodeShape) -> int:
    """How many equal replicas an empty node holds.

    A share lies on one device, so a device holds the floor of size / share of them: two shares of
    0.6 need two devices. So do slices, where their profile lets them lie; a node that is sold as
    one slice holds that slice and no other.
    """
    if item.slices and node.device_size < 1:
        room = int(item.slices.count == 1 and item.slices.sold_as == node.device_size)
    elif item.slices:
        room = node.devices * (most_on_one_device(item.slices.places) // item.slices.count)
    elif item.share:
        room = node.devices * int(node.device_size / item.share)
    elif node.device_size < 1:
        room = 0
    else:
        room = node.devices // item.devices
    if item.milli_vcpus:
        room = min(room, node.milli_vcpus // item.milli_vcpus)
    if item.memory_mib:
        room = min(room, node.memory_mib // item.memory_mib)
    return room


_MEMORY_STEPS_MIB = (
    (4 * MIB, Fraction(25, 100)),
    (4 * MIB, Fraction(20, 100)),
    (8 * MIB, Fraction(10, 100)),
    (112 * MIB, Fraction(6, 100)),
)
_MEMORY_ABOVE = Fraction(2, 100)
_EVICTION_THRESHOLD_MIB = 100
_VCPU_STEPS = ((1, 60), (1, 10), (2, 5))  # vCPUs of the step, thousandths kept of each
_VCPU_ABOVE = Fraction(5, 2)


@cache
def allocatable_memory_mib(memory_mib: int) -> int:
    """Memory left for pods after what the kubelet, the system and eviction keep.

    Steps of 25, 20, 10, 6 and 2 % of growing memory, and 100 MiB for eviction: the published
    formula of GKE ("Plan node sizes", Google Cloud), applied to every cloud.

    >>> allocatable_memory_mib(16 * 1024)
    13621
    """
    left, kept = memory_mib, Fraction(_EVICTION_THRESHOLD_MIB)
    for step, share in _MEMORY_STEPS_MIB:
        part = min(left, step)
        kept += part * share
        left -= part
    kept += left * _MEMORY_ABOVE
    return max(0, int(memory_mib - kept))


@cache
def allocatable_milli_vcpus(vcpus: int) -> int:
    """Thousandths of vCPUs left for pods, by the published formula of GKE, for every cloud.

    6 % of the first vCPU, 1 % of the second, 0.5 % of the next two, 0.25 % of the others.

    >>> allocatable_milli_vcpus(8)
    7910
    """
    left, kept = vcpus, Fraction(0)
    for step, thousandths in _VCPU_STEPS:
        part = min(left, step)
        kept += part * thousandths
        left -= part
    kept += left * _VCPU_ABOVE
    return int(vcpus * 1000 - kept)


def whole_numbers(values: Sequence[Fraction]) -> tuple[tuple[int, ...], int]:
    """*values* in units of their least common part, and how many of these make 1.

    >>> whole_numbers([Fraction(1, 2), Fraction(2, 3)])
    ((3, 4), 6)
    """
    unit = lcm(*(value.denominator for value in values))
    return tuple(value.numerator * (unit // value.denominator) for value in values), unit
