"""The node pools of a member on AKS."""

from collections.abc import Mapping

import pulumi
import pulumi_azure_native as azure

from broker.domain.ids import PoolName
from broker.domain.members import Member, MemberPool
from broker.domain.offers import CapacityType
from stacks.programs.azure.cluster import AksCluster
from stacks.programs.azure.machines import driver_of, slices_of
from stacks.programs.azure.network import AzureNetwork
from stacks.programs.azure.roles import grant
from stacks.programs.member_names import AKS_POOL, AZURE_NAME, member_name, pool_name
from stacks.programs.pools import POOL_TIMEOUT, device_of, is_autoscaled, left_alone, sharing_name
from stacks.programs.tags import node_labels, tags

SPOT_TAINT = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"
SPOT_LABEL = {"kubernetes.azure.com/scalesetpriority": "spot"}
"""AKS adds both to spot pools; said here, they are no drift."""

ANY_PRICE = -1.0
"""Pay up to the price on demand, and be evicted for capacity only."""

DISK_GIB = 200


def aks_pools(
    member: Member, network: AzureNetwork, cluster: AksCluster
) -> Mapping[PoolName, azure.containerservice.AgentPool]:
    """One pool of nodes for each pool of the plan."""
    return {pool.name: _pool(member, pool, network, cluster) for pool in member.pools}


def _pool(
    member: Member, pool: MemberPool, network: AzureNetwork, cluster: AksCluster
) -> azure.containerservice.AgentPool:
    name = f"pool-{pool.name}"
    is_spot = pool.capacity_type is CapacityType.SPOT
    device = device_of(pool)
    bounded = is_autoscaled(pool)
    reservation, after = _reservation(member, pool, network, cluster)
    nearness = _nearness(member, pool, network) if pool.is_compact else None
    taints = [f"{device}=present:NoSchedule"] if device else []
    return azure.containerservice.AgentPool(
        name,
        agent_pool_name=pool_name(AKS_POOL, pool),
        resource_group_name=network.group.name,
        resource_name_=cluster.cluster.name,
        mode="User",
        type="VirtualMachineScaleSets",
        vm_size=pool.machine_type,
        count=pool.nodes,
        enable_auto_scaling=bounded,
        min_count=pool.min_nodes if bounded else None,
        max_count=pool.max_nodes if bounded else None,
        availability_zones=[pool.zone] if pool.zone else None,
        scale_set_priority="Spot" if is_spot else "Regular",
        scale_set_eviction_policy="Delete" if is_spot else None,
        spot_max_price=ANY_PRICE if is_spot else None,
        capacity_reservation_group_id=reservation,
        proximity_placement_group_id=nearness.id if nearness else None,
        node_taints=[*taints, *([SPOT_TAINT] if is_spot else [])],
        node_labels={
            **node_labels(pool),
            **_sharing_label(pool),
            **(SPOT_LABEL if is_spot else {}),
        },
        gpu_profile=(
            azure.containerservice.GPUProfileArgs(driver=driver_of(pool)) if device else None
        ),
        gpu_instance_profile=slices_of(pool),
        os_type="Linux",
        os_sku="Ubuntu",
        os_disk_size_gb=DISK_GIB,
        vnet_subnet_id=network.nodes.id,
        enable_node_public_ip=False,
        # Spot pools can not be surged (learn.microsoft.com/azure/aks/spot-node-pool).
        upgrade_settings=(
            None
            if is_spot
            else azure.containerservice.AgentPoolUpgradeSettingsArgs(
                max_surge="0", max_unavailable="1"
            )
        ),
        tags=tags(member, name),
        opts=pulumi.ResourceOptions(
            depends_on=after,
            custom_timeouts=pulumi.CustomTimeouts(
                create=POOL_TIMEOUT, update=POOL_TIMEOUT, delete=POOL_TIMEOUT
            ),
            # Its name is all of twelve letters: the new one can not be beside the old one.
            delete_before_replace=True,
            ignore_changes=left_alone(pool, "count"),
        ),
    )


def _sharing_label(pool: MemberPool) -> dict[str, str]:
    shared = sharing_name(pool)
    return {"nvidia.com/device-plugin.config": shared} if shared else {}


def _nearness(
    member: Member, pool: MemberPool, network: AzureNetwork
) -> azure.compute.ProximityPlacementGroup:
    name = f"placement-{pool.name}"
    return azure.compute.ProximityPlacementGroup(
        name,
        proximity_placement_group_name=member_name(AZURE_NAME, member, pool.name),
        proximity_placement_group_type="Standard",
        resource_group_name=network.group.name,
        location=member.region.region,
        zones=[pool.zone] if pool.zone else None,
        tags=tags(member, name),
        opts=pulumi.ResourceOptions(delete_before_replace=True),
    )


def _reservation(
    member: Member, pool: MemberPool, network: AzureNetwork, cluster: AksCluster
) -> tuple[pulumi.Input[str] | None, list[pulumi.Resource]]:
    """The reservation that is there, or one of its own: a commitment alone holds no machine.

    With it, what has to be there before nodes can use it.
    """
    if pool.reservation:
        group_id = _group_id(pool.reservation)
        return group_id, [_let_use(member, pool, cluster, group_id)]
    if pool.capacity_type is not CapacityType.RESERVED or not pool.nodes:
        return None, []
    name = f"reservation-{pool.name}"
    zones = [pool.zone] if pool.zone else None
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
    return group.id, [reservation, _let_use(member, pool, cluster, group.id)]


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
    group, _, name = reservation.partition("/")
    client = azure.authorization.get_client_config_output()
    return pulumi.Output.concat(
        "/subscriptions/",
        client.subscription_id,
        f"/resourceGroups/{group}/providers/Microsoft.Compute",
        f"/capacityReservationGroups/{name or group}",
    )
