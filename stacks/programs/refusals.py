"""What keeps a member from being made as it was planned, found before anything is asked of a cloud."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from broker.domain.accelerators import MIG_PROFILES, MigProfile
from broker.domain.diagnostics import Diagnostic
from broker.domain.members import Member, MemberPool, Sharing, SharingKind
from broker.domain.offers import CapacityType
from stacks.programs.azure.machines import holds_ahead, zone_numbers
from stacks.programs.gcp.machines import DIRECT, MOST_SHARING
from stacks.programs.pools import NVIDIA, device_of

SOLD: Mapping[str, frozenset[CapacityType]] = MappingProxyType({
    "aws": frozenset(CapacityType) - {CapacityType.FLEX},
    "azure": frozenset(CapacityType) - {CapacityType.FLEX, CapacityType.CAPACITY_BLOCK},
    "gcp": frozenset(CapacityType),
})  # fmt: skip
"""The clouds that there are programs for, and the capacity types that these know to ask for."""

CUT_BY_ONE_PROFILE = frozenset({"azure", "gcp"})
"""Clouds that cut devices themselves: `gpuInstanceProfile` and `gpuPartitionSize` name one profile."""

AWS_ZONE = re.compile(r"[a-z0-9]+-az\d+")
"""Local and Wavelength zones have longer ids (`usw2-lax1-az1`)."""


def refusals(member: Member) -> tuple[Diagnostic, ...]:
    """All of them, pool by pool; empty if the member can be made."""
    sold = SOLD.get(member.region.provider)
    if sold is None:
        return (
            Diagnostic(
                code="cloud-without-program",
                subject=member.name,
                summary=f"{member.region.provider} has no program that makes clusters",
                detail=f"There are programs for {', '.join(sorted(SOLD))}.",
                hint="leave its regions out of `providers`, or make the cluster yourself",
            ),
        )
    return tuple(found for pool in member.pools for found in _refusals_of(member, pool, sold))


def _refusals_of(
    member: Member, pool: MemberPool, sold: frozenset[CapacityType]
) -> Iterator[Diagnostic]:
    subject = f"{member.name}/{pool.name}"
    if pool.capacity_type not in sold:
        yield Diagnostic(
            code="capacity-type-without-program",
            subject=subject,
            summary=f"{member.region.provider} has no {pool.capacity_type} nodes",
            hint="take it off the workload's `capacity`, and plan again",
        )
    elif pool.capacity_type is CapacityType.CAPACITY_BLOCK and not pool.reservation:
        yield Diagnostic(
            code="capacity-block-not-bought",
            subject=subject,
            summary="a capacity block is paid ahead as a whole: the broker does not buy one",
            hint="buy it, name it under `reservations`, and plan again",
        )
    elif (
        member.region.provider == "azure" and _is_made(pool) and not holds_ahead(pool.machine_type)
    ):
        yield Diagnostic(
            code="capacity-type-without-program",
            subject=subject,
            summary=f"azure holds no {pool.machine_type} ahead",
            hint="take `reserved` off the workload's `capacity`, and plan again",
        )
    yield from _refused_zone(member, pool, subject)
    if member.region.provider == "gcp" and _needs_zone(pool):
        yield Diagnostic(
            code="pool-needs-zone",
            subject=subject,
            summary="what is reserved is in one zone: none is planned",
            hint="say its `zone` under `reservations`, and plan again",
        )
    yield from _refused_sharing(member, pool, subject)


def _refused_zone(member: Member, pool: MemberPool, subject: str) -> Iterator[Diagnostic]:
    """Edge zones are zones of the cloud, and none of a cluster's."""
    maker = {"aws": "EKS", "azure": "AKS"}.get(member.region.provider)
    if pool.zone is None or maker is None:
        return
    is_told = AWS_ZONE.fullmatch(pool.zone) if maker == "EKS" else _is_told_to_aks(pool)
    if not is_told:
        yield Diagnostic(
            code="zone-without-program",
            subject=subject,
            summary=f"{pool.zone} is no availability zone in which {maker} puts nodes",
            hint="leave the zone out, and plan again",
        )


def _is_told_to_aks(pool: MemberPool) -> bool:
    """By its number, or by a reservation, of which Azure says the number."""
    return bool(zone_numbers(pool) or pool.reservation)


def _is_made(pool: MemberPool) -> bool:
    """Whether a reservation of its own is made for *pool*."""
    is_reserved = pool.capacity_type is CapacityType.RESERVED and not pool.reservation
    return is_reserved and pool.nodes > 0


def _needs_zone(pool: MemberPool) -> bool:
    """A reservation is made in one zone, and the networks of GPUDirect are where its nodes are."""
    return pool.zone is None and (
        _is_made(pool) or (pool.reservation is not None and pool.machine_type in DIRECT)
    )


def _refused_sharing(member: Member, pool: MemberPool, subject: str) -> Iterator[Diagnostic]:
    if pool.sharing is None:
        return
    if device_of(pool) != NVIDIA:
        yield Diagnostic(
            code="sharing-not-possible",
            subject=subject,
            summary=f"devices of {pool.accelerator} can not be shared",
            detail=f"{pool.sharing.kind} divides devices of NVIDIA.",
            hint="ask for whole devices",
        )
    elif member.region.provider == "gcp" and pool.sharing.replicas > MOST_SHARING:
        yield Diagnostic(
            code="sharing-not-possible",
            subject=subject,
            summary=f"{pool.sharing.replicas} containers can not share a device of gcp",
            detail=f"GKE lets {MOST_SHARING} share one.",
            hint="ask for a larger share of a device",
        )
    elif pool.sharing.kind is SharingKind.MIG:
        yield from _refused_cut(member, pool.sharing, pool.accelerator, subject)


def _refused_cut(
    member: Member, sharing: Sharing, accelerator: str, subject: str
) -> Iterator[Diagnostic]:
    cloud = member.region.provider
    if sharing.profile:
        plain = _of_least_memory(sharing.profile, accelerator)
        if cloud == "azure" and plain != sharing.profile:
            yield Diagnostic(
                code="sharing-not-possible",
                subject=subject,
                summary=f"azure can not cut {accelerator} into {sharing.profile}",
                detail="AKS names a profile by its compute slices alone, and makes the one of the "
                f"least memory: {plain}.",
                hint=f"ask for `{plain}`, or for a profile of more compute slices",
            )
    elif not sharing.layout or cloud in CUT_BY_ONE_PROFILE:
        yield Diagnostic(
            code="sharing-not-possible",
            subject=subject,
            summary=f"{cloud} can not cut the devices of this pool as planned",
            detail="Slices of several profiles are planned onto it. AKS and GKE cut all devices of a "
            "pool into one profile; elsewhere each device is cut alike, and no cut holds all.",
            hint="ask for one profile, such as `1g.10gb`, or keep the workloads apart",
        )


def _of_least_memory(profile: str, accelerator: str) -> str:
    """The profile of *accelerator* with as many compute slices that has the least memory."""
    compute, _, _ = profile.partition(".")
    alike = (p for p in MIG_PROFILES.get(accelerator, ()) if p.startswith(f"{compute}."))
    return min(alike, key=MigProfile.parse, default=profile)
