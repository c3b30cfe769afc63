"""The node pools of a member on AKS."""

from collections.abc import Mapping

import pulumi
import pulumi_azure_native as azure

from broker.domain.ids import PoolName
from broker.domain.members import Member, MemberPool
from broker.domain.offers import CapacityType
from stacks.programs.azure.cluster import AksCluster
from stacks.programs.azure.machines import driver_of, slices_of, zone_numbers
from stacks.programs.azure.network import AzureNetwork
from stacks.programs.azure.reservations import reservation_of
from stacks.programs.member_names import AKS_POOL, AZURE_NAME, member_name, pool_name
from stacks.programs.pools import (
    POOL_TIMEOUT,
    device_of,
    is_autoscaled,
    left_alone,
    sharing_name,
    size_of,
)
from stacks.programs.tags import node_labels, tags, tags_to_expire

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
    held = reservation_of(member, pool, network, cluster)
    # What is held is where it is: Azure refuses both together
    # (learn.microsoft.com/azure/virtual-machines/capacity-reservation-overview).
    nearness = _nearness(member, pool, network) if pool.is_compact and not held else None
    taints = [f"{device}=present:NoSchedule"] if device else []
    return azure.containerservice.AgentPool(
        name,
        agent_pool_name=pool_name(AKS_POOL, pool),
        resource_group_name=network.group.name,
        resource_name_=cluster.cluster.name,
        mode="User",
        type="VirtualMachineScaleSets",
        vm_size=pool.machine_type,
        count=size_of(pool),
        enable_auto_scaling=bounded,
        min_count=pool.min_nodes if bounded else None,
        max_count=pool.max_nodes if bounded else None,
        availability_zones=held.zones if held else zone_numbers(pool),
        scale_set_priority="Spot" if is_spot else "Regular",
        scale_set_eviction_policy="Delete" if is_spot else None,
        spot_max_price=ANY_PRICE if is_spot else None,
        capacity_reservation_group_id=held.group_id if held else None,
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
        tags=tags_to_expire(member, name),
        opts=pulumi.ResourceOptions(
            depends_on=[*held.after] if held else [],
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
        # A zone is taken with an intent only (learn.microsoft.com/azure/virtual-machines/co-location).
        intent=azure.compute.ProximityPlacementGroupPropertiesIntentArgs(
            vm_sizes=[pool.machine_type]
        ),
        zones=zone_numbers(pool),
        tags=tags(member, name),
        opts=pulumi.ResourceOptions(delete_before_replace=True),
    )
