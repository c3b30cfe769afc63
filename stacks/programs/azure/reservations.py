"""Capacity that is held for the pools of a member on AKS."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_azure_native as azure

from broker.domain.members import Member, MemberPool
from broker.domain.offers import CapacityType
from stacks.programs.azure.cluster import AksCluster
from stacks.programs.azure.machines import zone_numbers
from stacks.programs.azure.network import AzureNetwork
from stacks.programs.azure.roles import grant
from stacks.programs.member_names import AZURE_NAME, member_name
from stacks.programs.tags import tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The group that nodes ask for, in which *zones* they are, and what has to be there before them."""

    group_id: pulumi.Input[str]
    zones: pulumi.Input[Sequence[str]] | None
    after: tuple[pulumi.Resource, ...]


def reservation_of(
    member: Member, pool: MemberPool, network: AzureNetwork, cluster: AksCluster
) -> Held | None:
    """The reservation that is there, or one of its own: a commitment alone holds no machine."""
    if pool.reservation:
        group_id = _group_id(pool.reservation)
        zones = zone_numbers(pool) or (_zones_held(pool.reservation, pool) if pool.zone else None)
        use = _let_use(member, pool, cluster, group_id)
        return Held(group_id=group_id, zones=zones, after=(use,))
    if pool.capacity_type is not CapacityType.RESERVED or not pool.nodes:
        return None
    return _own(member, pool, network, cluster)


def _own(member: Member, pool: MemberPool, network: AzureNetwork, cluster: AksCluster) -> Held:
    name = f"reservation-{pool.name}"
    zones = zone_numbers(pool)
    group = azure.compute.CapacityReservationGroup(
        name,
        capacity_reservation_group_name=member_name(AZURE_NAME, member, pool.name),
        resource_group_name=network.group.name,
        location=member.region.region,
        zones=zones,
        tags=tags(member, name),
        opts=pulumi.ResourceOptions(delete_before_replace=True),
    )
    reservation = azure.compute.CapacityReservation(
        name,
        capacity_reservation_name="nodes",
        capacity_reservation_group_name=group.name,
        resource_group_name=network.group.name,
        location=member.region.region,
        sku=azure.compute.SkuArgs(name=pool.machine_type, capacity=pool.nodes),
        zones=zones,
        tags=tags(member, name),
        opts=pulumi.ResourceOptions(delete_before_replace=True),
    )
    use = _let_use(member, pool, cluster, group.id)
    return Held(group_id=group.id, zones=zones, after=(reservation, use))


def _let_use(
    member: Member, pool: MemberPool, cluster: AksCluster, group_id: pulumi.Input[str]
) -> pulumi.Resource:
    """AKS puts nodes into a group in the name of the cluster's identity."""
    granted: pulumi.Resource = grant(
        member,
        f"reservation-{pool.name}",
        "Contributor",
        to=cluster.identity.principal_id,
        on=group_id,
    )
    return granted


def _group_id(reservation: str) -> pulumi.Input[str]:
    """The id of a group of reservations: given as such, as `group/name`, or as one name for both."""
    if reservation.startswith("/"):
        return reservation
    group, name = _named(reservation)
    client = azure.authorization.get_client_config_output()
    return pulumi.Output.concat(
        "/subscriptions/",
        client.subscription_id,
        f"/resourceGroups/{group}/providers/Microsoft.Compute",
        f"/capacityReservationGroups/{name}",
    )


def _named(reservation: str) -> tuple[str, str]:
    """Its resource group, and its own name."""
    if reservation.startswith("/"):
        parts = reservation.split("/")
        return parts[4], parts[-1]
    group, _, name = reservation.partition("/")
    return group, name or group


def _zones_held(reservation: str, pool: MemberPool) -> pulumi.Output[list[str]]:
    """Where the group holds the pool's machines, as this subscription numbers its zones.

    Plans know zones by ids that all subscriptions share (`eastus-az1`); nodes are asked for by
    number, and Azure tells of a reservation by number too
    (learn.microsoft.com/azure/reliability/availability-zones-overview).
    """
    group, name = _named(reservation)
    found = azure.compute.get_capacity_reservation_group_output(
        resource_group_name=group, capacity_reservation_group_name=name
    )

    def each(held: Sequence[Any]) -> pulumi.Output[list[Any]]:
        return pulumi.Output.all(
            *(
                azure.compute.get_capacity_reservation_output(
                    resource_group_name=group,
                    capacity_reservation_group_name=name,
                    capacity_reservation_name=one.id.rpartition("/")[2],
                )
                for one in held
            )
        )

    rows = found.capacity_reservations.apply(each)
    zones: pulumi.Output[list[str]] = rows.apply(lambda told: zone_of(name, pool, told))
    return zones


def zone_of(name: str, pool: MemberPool, told: Sequence[Any]) -> list[str]:
    """The zone in which the rows *told* hold the machines of *pool*; none if they are in the region.

    Raises RunError where the group *name* does not say which it is.
    """
    places = {tuple(one.zones or ()) for one in told if one.sku.name == pool.machine_type}
    if len(places) != 1:
        message = (
            f"{name} holds {pool.machine_type} in {len(places)} places, of which {pool.zone} can not "
            "be told: give each zone a group of reservations of its own"
        )
        raise pulumi.RunError(message)
    [zones] = places
    return list(zones)
