"""How replicas lie on nodes, found by trying: the packing of the fleet found by trying everything."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.shapes import allocatable_memory_mib, allocatable_milli_vcpus
from tests.fakes.brute_slices import KINDS, PARTS, lie_on_one_device, most


@dataclass(frozen=True, slots=True, order=True)
class Room:
    """What one replica takes, or what a node has to give.

    For a replica, *share* is its part of a single device, or 0 if it takes whole *devices*; *slices*
    are the kinds of the MIG slices that are that part. For a node, *share* is the size of each of
    its *devices*.
    """

    devices: int
    share: Fraction
    milli_vcpus: int
    memory_mib: int
    slices: tuple[str, ...] = ()


def room_of(workload: Workload, offer: Offer) -> Room | None:
    """What a replica takes on *offer*, the least of what the workload accepts; None if nothing."""
    count = workload.accelerators.count
    wanted: list[tuple[Fraction, tuple[str, ...]]] = []
    for choice in workload.accelerators.any_of:
        if choice.accepts(offer.accelerator):
            kind = KINDS.get(offer.accelerator.name, {}).get(str(choice.mig_profile))
            if choice.mig_profile is None:
                wanted.append((count, ()))
            elif kind is not None:
                wanted.append(_cut(kind, int(count)))
    if not wanted:
        return None
    devices, slices = min(wanted)
    whole = not slices and devices.denominator == 1
    return Room(
        devices=int(devices) if whole else 0,
        share=Fraction(0) if whole else devices,
        milli_vcpus=workload.milli_vcpus,
        memory_mib=workload.memory_mib,
        slices=slices,
    )


def _cut(kind: str, count: int) -> tuple[Fraction, tuple[str, ...]]:
    """So many slices of one device, or as many whole devices as they need."""
    if kind == "all" or count > most(kind):
        return Fraction(-(-count // most(kind))), ()
    return sum(PARTS[kind], Fraction(0)) / 2 * count, (kind,) * count


def part_of_node(room: Room, node: Room) -> Fraction:
    """What part of a node's devices a replica is charged for."""
    if room.slices and node.share < 1:
        return Fraction(1)
    return (room.devices + room.share) / (node.devices * node.share)


def node_of(offer: Offer) -> Room:
    """What a node gives: whole devices, or the one slice of a device that is sold."""
    sliced = offer.count < 1
    return Room(
        devices=1 if sliced else int(offer.count),
        share=offer.count if sliced else Fraction(1),
        milli_vcpus=allocatable_milli_vcpus(offer.vcpus),
        memory_mib=allocatable_memory_mib(offer.memory_mib),
    )


@cache
def fewest_nodes(rooms: tuple[Room, ...], node: Room) -> int:
    """The least number of equal nodes on which all of *rooms* lie; each must lie on one by itself.

    Equal replicas are tried in the order of nodes only, and a node that is still empty but once.
    """
    if not rooms:
        return 0
    return next(n for n in range(1, len(rooms) + 1) if _lie(rooms, ((),) * n, node, 0))


def _lie(rooms: tuple[Room, ...], nodes: tuple[tuple[Room, ...], ...], node: Room, at: int) -> bool:
    """Whether *rooms* lie on *nodes* beside what is there; the first not before the node *at*."""
    if not rooms:
        return True
    first, rest = rooms[0], rooms[1:]
    for number in range(at, len(nodes)):
        content = (*nodes[number], first)
        if lie_on_one_node(content, node):
            following = number if rest and rest[0] == first else 0
            if _lie(rest, (*nodes[:number], content, *nodes[number + 1 :]), node, following):
                return True
        if not nodes[number]:
            return False
    return False


@cache
def lie_on_one_node(rooms: tuple[Room, ...], node: Room) -> bool:
    """Whether all of *rooms* lie on one node: no share of a device straddles two of them."""
    whole = sum(room.devices for room in rooms)
    if node.share < 1 and (whole or any(room.slices for room in rooms)):
        return not whole and _is_that_slice(rooms, node)
    slices = tuple(sorted(room.slices for room in rooms if room.slices))
    return (
        sum(room.milli_vcpus for room in rooms) <= node.milli_vcpus
        and sum(room.memory_mib for room in rooms) <= node.memory_mib
        and whole <= node.devices
        and any(
            _slices_lie(slices, ((),) * cut)
            and _shares_lie(
                tuple(sorted((r.share for r in rooms if r.share and not r.slices), reverse=True)),
                (node.share,) * (node.devices - whole - cut),
            )
            for cut in range(node.devices - whole + 1)
        )
    )


def _is_that_slice(rooms: tuple[Room, ...], node: Room) -> bool:
    """A node that is sold as a part of a device is one slice, for whom it is the right one."""
    (room, *others) = rooms
    return (
        not others
        and len(room.slices) == 1
        and max(PARTS[room.slices[0]]) == node.share
        and room.milli_vcpus <= node.milli_vcpus
        and room.memory_mib <= node.memory_mib
    )


@cache
def _slices_lie(wanted: tuple[tuple[str, ...], ...], devices: tuple[tuple[str, ...], ...]) -> bool:
    """Try the slices of each replica on each device that is cut."""
    if not wanted:
        return True
    for number in {content: number for number, content in enumerate(devices)}.values():
        content = tuple(sorted((*devices[number], *wanted[0])))
        if lie_on_one_device(content):
            left = tuple(sorted((*devices[:number], content, *devices[number + 1 :])))
            if _slices_lie(wanted[1:], left):
                return True
    return False


@cache
def _shares_lie(shares: tuple[Fraction, ...], free: tuple[Fraction, ...]) -> bool:
    """Try each share on each device, remembering what was tried; devices are alike when sorted."""
    if not shares:
        return True
    for device in {space: number for number, space in enumerate(free)}.values():
        if free[device] >= shares[0]:
            left = sorted(
                space - shares[0] if n == device else space for n, space in enumerate(free)
            )
            if _shares_lie(shares[1:], tuple(left)):
                return True
    return False
