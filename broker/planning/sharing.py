"""How the devices of a pool are divided among the replicas that are planned onto it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil, floor

from broker.domain.accelerators import Accelerator, MigPlaces, MigProfile
from broker.domain.fleet import NodePool
from broker.domain.members import Sharing, SharingKind
from broker.domain.workloads import Workload
from broker.placement.shapes import profile_on
from broker.placement.slices import Slices, lie_on_one_device, most_on_one_device

Tenants = Sequence[tuple[Workload, int]]
"""Workloads, and how many replicas of each are in the pool."""


def sharing_of(pool: NodePool, tenants: Tenants) -> Sharing | None:
    """By slices where a workload asks for one, else by time; None if devices are whole."""
    wanted = _slices(tenants, pool.offer.accelerator)
    if len(wanted) == 1:
        ((profile, (places, _)),) = wanted.items()
        most = most_on_one_device(places)
        return Sharing(kind=SharingKind.MIG, replicas=most, profile=str(profile))
    if wanted:
        layout = _layout(wanted.values(), ceil(pool.nodes * pool.offer.count))
        named = zip(map(str, wanted), layout, strict=True) if layout else ()
        return Sharing(kind=SharingKind.MIG, replicas=sum(layout) or 1, layout=tuple(named))
    parts = [w.accelerators.count for w, _ in tenants if w.accelerators.count < 1]
    if not parts:
        return None
    return Sharing(kind=SharingKind.TIME_SLICING, replicas=max(2, floor(1 / min(parts))))


def _slices(tenants: Tenants, accelerator: Accelerator) -> dict[MigProfile, tuple[MigPlaces, int]]:
    """The slices wanted of each profile, in the order of profiles."""
    wanted: Counter[MigProfile] = Counter()
    for workload, replicas in tenants:
        profile = profile_on(workload, accelerator)
        if profile is not None:
            wanted[profile] += replicas * int(workload.accelerators.count)
    return {
        profile: (places, wanted[profile])
        for profile in sorted(wanted)
        for places in [profile.places_on(accelerator)]
        if places is not None
    }


def _layout(wanted: Iterable[tuple[MigPlaces, int]], devices: int) -> tuple[int, ...]:
    """So many of each on every device: all are cut alike. Nothing if that needs more devices."""
    each = [(places, -(-count // devices)) for places, count in wanted]
    lies = lie_on_one_device(tuple((Slices(places, 1), count) for places, count in each))
    return tuple(count for _, count in each) if lies else ()
