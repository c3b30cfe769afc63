"""The node pools of a member on GKE: one for its own services, and one for each pool."""

from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp

from broker.domain.ids import PoolName
from broker.domain.members import Member, MemberPool
from broker.domain.offers import CapacityType
from stacks.programs.gcp.cluster import GkeCluster
from stacks.programs.gcp.machines import DIRECT, UNPLACED
from stacks.programs.gcp.nodes import node_config, system_config
from stacks.programs.gcp.reservations import is_held, reservation_of
from stacks.programs.gcp.zones import is_in_one_zone, zones_of
from stacks.programs.member_names import COMPUTE_NAME, GKE_POOL, member_name, pool_name
from stacks.programs.pools import POOL_TIMEOUT, is_autoscaled, left_alone, size_of

SYSTEM = PoolName("system")
SYSTEM_MOST = 3


def gke_pools(member: Member, cluster: GkeCluster) -> Mapping[PoolName, gcp.container.NodePool]:
    """All node pools; the broker's own services run on `system`, which no GPU work is put on."""
    pools = {SYSTEM: _system_pool(member, cluster)}
    for pool in member.pools:
        pools[pool.name] = _pool(member, pool, cluster)
    return pools


def _system_pool(member: Member, cluster: GkeCluster) -> gcp.container.NodePool:
    """Bounded over all zones together: GKE would start a node in each."""
    return gcp.container.NodePool(
        SYSTEM,
        name=SYSTEM,
        cluster=cluster.cluster.name,
        location=member.region.region,
        initial_node_count=1,
        autoscaling=gcp.container.NodePoolAutoscalingArgs(
            total_min_node_count=1, total_max_node_count=SYSTEM_MOST, location_policy="BALANCED"
        ),
        node_config=system_config(member, cluster),
        management=_management(repairs=True),
        opts=pulumi.ResourceOptions(depends_on=[*cluster.before_nodes]),
    )


def _pool(member: Member, pool: MemberPool, cluster: GkeCluster) -> gcp.container.NodePool:
    name = f"pool-{pool.name}"
    is_counted = is_in_one_zone(pool) and pool.capacity_type is not CapacityType.FLEX
    is_flex = pool.capacity_type is CapacityType.FLEX
    reservation, after = reservation_of(member, pool)
    return gcp.container.NodePool(
        name,
        name=pool_name(GKE_POOL, pool),
        cluster=cluster.cluster.name,
        location=member.region.region,
        node_locations=zones_of(member, pool),
        # Flex-start nodes come when work asks for them; in several zones a count would be per zone.
        node_count=size_of(pool) if is_counted else None,
        initial_node_count=None if is_counted else 0,
        autoscaling=_autoscaling(pool),
        queued_provisioning=_queueing(pool),
        placement_policy=_placement(member, pool),
        network_config=gcp.container.NodePoolNetworkConfigArgs(
            enable_private_nodes=True,
            accelerator_network_profile="auto" if pool.machine_type in DIRECT else None,
        ),
        node_config=node_config(member, pool, cluster, reservation),
        # A node that is repaired would lose its place in the queue of flex-start.
        management=_management(repairs=not is_flex),
        # Flex-start nodes are replaced when their time is over, not before.
        upgrade_settings=(
            None
            if is_flex
            else gcp.container.NodePoolUpgradeSettingsArgs(
                strategy="SURGE", max_surge=0, max_unavailable=1
            )
        ),
        opts=pulumi.ResourceOptions(
            depends_on=[*cluster.before_nodes, *after],
            custom_timeouts=pulumi.CustomTimeouts(
                create=POOL_TIMEOUT, update=POOL_TIMEOUT, delete=POOL_TIMEOUT
            ),
            # Its name is the plan's: the new one can not be beside the old one.
            delete_before_replace=True,
            # A zone that sells the machines later is no reason to move nodes.
            ignore_changes=[
                *left_alone(pool, "nodeCount"),
                *([] if pool.zone else ["nodeLocations"]),
            ],
        ),
    )


def _autoscaling(pool: MemberPool) -> gcp.container.NodePoolAutoscalingArgs | None:
    """Bounds over all zones together; a pool of a fixed size in one zone has none."""
    is_flex = pool.capacity_type is CapacityType.FLEX
    if is_in_one_zone(pool) and not is_flex and not is_autoscaled(pool):
        return None
    least = 0 if is_flex else pool.min_nodes
    return gcp.container.NodePoolAutoscalingArgs(
        total_min_node_count=least, total_max_node_count=pool.max_nodes, location_policy="ANY"
    )


def _queueing(pool: MemberPool) -> gcp.container.NodePoolQueuedProvisioningArgs | None:
    """A gang gets its flex-start nodes together or not at all.

    Source: cloud.google.com/kubernetes-engine/docs/how-to/provisioningrequest.
    """
    if pool.capacity_type is not CapacityType.FLEX or not pool.is_compact:
        return None
    return gcp.container.NodePoolQueuedProvisioningArgs(enabled=True)


def _placement(
    member: Member, pool: MemberPool
) -> gcp.container.NodePoolPlacementPolicyArgs | None:
    """Close to each other; the queue of flex-start chooses the place of a gang itself.

    What is held is where it is: nodes with a policy fit into no reservation without it
    (cloud.google.com/compute/docs/instances/use-compact-placement-policies).
    """
    is_placed = pool.capacity_type is CapacityType.FLEX or is_held(pool)
    if not pool.is_compact or is_placed or pool.machine_type.startswith(UNPLACED):
        return None
    name = f"placement-{pool.name}"
    policy = gcp.compute.ResourcePolicy(
        name,
        name=member_name(COMPUTE_NAME, member, pool.name),
        region=member.region.region,
        group_placement_policy=gcp.compute.ResourcePolicyGroupPlacementPolicyArgs(
            collocation="COLLOCATED"
        ),
        description=f"broker-fleet={member.fleet} broker-cluster={member.name}",
        opts=pulumi.ResourceOptions(delete_before_replace=True),
    )
    return gcp.container.NodePoolPlacementPolicyArgs(type="COMPACT", policy_name=policy.name)


def _management(*, repairs: bool) -> gcp.container.NodePoolManagementArgs:
    return gcp.container.NodePoolManagementArgs(auto_repair=repairs, auto_upgrade=True)
