"""Capacity that is held for the pools of a member on GKE."""

import pulumi
import pulumi_gcp as gcp

from broker.domain.members import Member, MemberPool
from broker.domain.offers import CapacityType
from stacks.programs.gcp.machines import ATTACHED, accelerator_type, device_count
from stacks.programs.member_names import COMPUTE_NAME, member_name


def is_held(pool: MemberPool) -> bool:
    """Whether the nodes of *pool* come out of a reservation."""
    is_reserved = pool.capacity_type is CapacityType.RESERVED and pool.zone is not None
    return bool(pool.reservation) or (is_reserved and pool.nodes > 0)


def reservation_of(
    member: Member, pool: MemberPool
) -> tuple[pulumi.Input[str] | None, list[pulumi.Resource]]:
    """The reservation that is there, or one of its own: a commitment alone holds no machine.

    With it, what has to be there before nodes can use it. Calendar reservations are used by name too.
    """
    if pool.reservation:
        return pool.reservation, []
    if pool.zone is None or not is_held(pool):
        return None, []
    reservation = gcp.compute.Reservation(
        f"reservation-{pool.name}",
        name=member_name(COMPUTE_NAME, member, pool.name),
        zone=pool.zone,
        specific_reservation_required=True,
        specific_reservation=gcp.compute.ReservationSpecificReservationArgs(
            count=pool.nodes,
            instance_properties=gcp.compute.ReservationSpecificReservationInstancePropertiesArgs(
                machine_type=pool.machine_type, guest_accelerators=_attached(pool)
            ),
        ),
        description=f"broker-fleet={member.fleet} broker-cluster={member.name}",
        opts=pulumi.ResourceOptions(delete_before_replace=True),
    )
    # By its id, which is not known before it is made: nodes can not ask for it earlier.
    return reservation.id.apply(_last_part), [reservation]


def _last_part(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _attached(
    pool: MemberPool,
) -> list[gcp.compute.ReservationSpecificReservationInstancePropertiesGuestAcceleratorArgs] | None:
    kind = accelerator_type(pool)
    if kind is None or not pool.machine_type.startswith(ATTACHED):
        return None
    return [
        gcp.compute.ReservationSpecificReservationInstancePropertiesGuestAcceleratorArgs(
            accelerator_type=kind, accelerator_count=device_count(pool)
        )
    ]
