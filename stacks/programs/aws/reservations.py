"""Capacity that is held for the pools of a member on EKS."""

import pulumi
import pulumi_aws as aws

from broker.domain.ids import ZoneId
from broker.domain.members import Member, MemberPool
from broker.domain.offers import CapacityType
from stacks.programs.aws.launch import Reservation
from stacks.programs.aws.roles import partition
from stacks.programs.tags import tags

ID_PREFIX = "cr-"


def reservation_of(
    member: Member, pool: MemberPool, zone: ZoneId, group: aws.ec2.PlacementGroup | None
) -> Reservation | None:
    """The reservation that is there, or one of its own: a commitment alone holds no machine."""
    if pool.reservation:
        return _named(member, pool.reservation)
    if pool.capacity_type is not CapacityType.RESERVED or not pool.nodes:
        return None
    name = f"reservation-{pool.name}"
    made = aws.ec2.CapacityReservation(
        name,
        instance_type=pool.machine_type,
        instance_platform="Linux/UNIX",
        instance_count=pool.nodes,
        instance_match_criteria="targeted",
        availability_zone=_zone_name(member, zone),
        placement_group_arn=group.arn if group else None,
        region=member.region.region,
        tags=tags(member, name),
        opts=pulumi.ResourceOptions(delete_before_replace=True),
    )
    return Reservation(id=made.id)


def _named(member: Member, name: str) -> Reservation:
    """A reservation has an id but no name: any other word is that of a resource group of some."""
    if name.startswith(ID_PREFIX):
        return Reservation(id=name)
    account = aws.get_caller_identity_output().account_id
    region = member.region.region
    return Reservation(
        group=pulumi.Output.concat(
            f"arn:{partition(member)}:resource-groups:{region}:", account, f":group/{name}"
        )
    )


def _zone_name(member: Member, zone: ZoneId) -> str:
    """What this account calls the zone: reservations know no ids."""
    found = aws.get_availability_zone(zone_id=zone, region=member.region.region)
    return str(found.name)
