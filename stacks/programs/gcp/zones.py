"""In which zones of its region a pool of a member on GKE is."""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from broker.domain.members import Member, MemberPool
from stacks.programs.gcp.machines import ATTACHED, DIRECT


def is_in_one_zone(pool: MemberPool) -> bool:
    """Whether all its nodes are in one zone: that of the plan, or the first that sells them.

    A reservation of which nobody says the zone may be in any. GKE places nodes close to each other, and makes the networks of GPUDirect, in one zone
    (cloud.google.com/kubernetes-engine/docs/how-to/config-auto-net-for-accelerators).
    """
    is_bound = pool.is_compact or pool.machine_type in DIRECT
    return pool.zone is not None or (is_bound and not pool.reservation)


def zones_of(member: Member, pool: MemberPool) -> pulumi.Input[Sequence[str]] | None:
    """That of the plan; else those in which Google sells the machine type; None if any has it.

    GKE would take zones of its own choice, and refuse a pool whose machines one of them has not.
    """
    if pool.zone:
        return [pool.zone]
    if not pool.accelerators or pool.machine_type.startswith(ATTACHED):
        return None
    names = gcp.compute.get_zones_output(region=member.region.region).names
    sold: pulumi.Output[Sequence[str]] = names.apply(lambda zones: _selling(pool, sorted(zones)))
    return sold


def _selling(pool: MemberPool, zones: Sequence[str]) -> pulumi.Output[Sequence[str]]:
    """Those of *zones* that list the machine type; the first of them, if all nodes are in one."""
    most = 1 if is_in_one_zone(pool) else len(zones)
    listed = pulumi.Output.all(
        *(
            gcp.compute.get_machine_types_output(zone=zone, filter=f"name = {pool.machine_type}")
            for zone in zones
        )
    )
    sold: pulumi.Output[Sequence[str]] = listed.apply(
        lambda found: [zone for zone, here in zip(zones, found, strict=True) if here.machine_types][
            :most
        ]
    )
    return sold
