"""The node groups of a member on EKS: one for its own services, and one for each pool."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from broker.domain.ids import PoolName, ZoneId
from broker.domain.members import Member, MemberPool
from broker.domain.offers import CapacityType
from stacks.programs.aws.cluster import EksCluster
from stacks.programs.aws.launch import Surroundings, launch_template
from stacks.programs.aws.machines import fabric_of, image_of
from stacks.programs.aws.network import AwsNetwork
from stacks.programs.aws.reservations import reservation_of
from stacks.programs.aws.roles import service_role
from stacks.programs.member_names import EC2_NAME, EKS_NODE_GROUP, member_name, pool_name
from stacks.programs.pools import (
    POOL_TIMEOUT,
    device_of,
    left_alone,
    mig_config,
    sharing_name,
    size_of,
)
from stacks.programs.tags import node_labels, tags, tags_to_expire

SYSTEM = PoolName("system")
SYSTEM_MACHINE = "m6i.large"
SYSTEM_NODES = 2

NODE_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryPullOnly",
)

CAPACITY_TYPES: Mapping[CapacityType, str] = {
    CapacityType.ON_DEMAND: "ON_DEMAND",
    CapacityType.RESERVED: "ON_DEMAND",
    CapacityType.SPOT: "SPOT",
    CapacityType.CAPACITY_BLOCK: "CAPACITY_BLOCK",
}
"""A reservation is used by nodes on demand that aim at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Home:
    """Where all nodes of a member live."""

    network: AwsNetwork
    cluster: EksCluster
    role: aws.iam.Role
    fabric: aws.ec2.SecurityGroup | None


def eks_pools(
    member: Member, network: AwsNetwork, cluster: EksCluster
) -> Mapping[PoolName, aws.eks.NodeGroup]:
    """All node groups; the broker's own services run on `system`, which no GPU work is put on."""
    has_fabric = any(fabric_of(pool) for pool in member.pools)
    home = _Home(
        network=network,
        cluster=cluster,
        role=service_role(member, "node", "ec2.amazonaws.com", NODE_POLICIES),
        fabric=_fabric_group(member, network) if has_fabric else None,
    )
    groups = {SYSTEM: _system_group(member, home)}
    for pool in member.pools:
        groups[pool.name] = _node_group(member, pool, home)
    return groups


def _system_group(member: Member, home: _Home) -> aws.eks.NodeGroup:
    zones = home.network.control_plane
    return aws.eks.NodeGroup(
        SYSTEM,
        node_group_name=SYSTEM,
        cluster_name=home.cluster.cluster.name,
        node_role_arn=home.role.arn,
        subnet_ids=[home.network.private[zone].id for zone in zones],
        ami_type="AL2023_x86_64_STANDARD",
        instance_types=[SYSTEM_MACHINE],
        capacity_type="ON_DEMAND",
        scaling_config=aws.eks.NodeGroupScalingConfigArgs(
            desired_size=SYSTEM_NODES, min_size=SYSTEM_NODES, max_size=SYSTEM_NODES + 1
        ),
        labels={"broker.dev/pool": SYSTEM},
        region=member.region.region,
        tags=tags_to_expire(member, SYSTEM),
        opts=pulumi.ResourceOptions(depends_on=[*home.cluster.before_nodes]),
    )


def _node_group(member: Member, pool: MemberPool, home: _Home) -> aws.eks.NodeGroup:
    name = f"pool-{pool.name}"
    zones = _zones(member, pool, home.network)
    template = launch_template(member, pool, _surroundings(member, pool, home, zones[0]))
    is_block = pool.capacity_type is CapacityType.CAPACITY_BLOCK
    return aws.eks.NodeGroup(
        name,
        node_group_name=pool_name(EKS_NODE_GROUP, pool),
        cluster_name=home.cluster.cluster.name,
        node_role_arn=home.role.arn,
        subnet_ids=[home.network.private[zone].id for zone in zones],
        ami_type=image_of(pool),
        instance_types=None if is_block else [pool.machine_type],
        capacity_type=CAPACITY_TYPES[pool.capacity_type],
        scaling_config=aws.eks.NodeGroupScalingConfigArgs(
            desired_size=size_of(pool), min_size=pool.min_nodes, max_size=pool.max_nodes
        ),
        launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
            id=template.id, version=template.latest_version.apply(_version)
        ),
        taints=_taints(pool),
        labels={**node_labels(pool), **_sharing_labels(pool)},
        update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
        node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
        region=member.region.region,
        # Of the group, and not of the launch template, a new version of which would roll the nodes.
        tags=tags_to_expire(member, name),
        opts=pulumi.ResourceOptions(
            depends_on=[*home.cluster.before_nodes],
            custom_timeouts=pulumi.CustomTimeouts(
                create=POOL_TIMEOUT, update=POOL_TIMEOUT, delete=POOL_TIMEOUT
            ),
            # Its name is the plan's: the new one can not be beside the old one.
            delete_before_replace=True,
            ignore_changes=[
                # Which zones sell a machine type changes; what runs stays where it is.
                *([] if pool.zone else ["subnetIds"]),
                *left_alone(pool, "scalingConfig.desiredSize"),
            ],
        ),
    )


def _version(number: float) -> str:
    """The engine's numbers are floats."""
    return str(int(number))


def _zones(member: Member, pool: MemberPool, network: AwsNetwork) -> list[ZoneId]:
    """Where its nodes may be: in its zone, or wherever the machine type is sold.

    Nodes close to each other, and those of a reservation, are in one zone: the first of the
    control plane's if it can be, since those never change.
    """
    if pool.zone:
        return [pool.zone]
    sold = aws.ec2.get_instance_type_offerings(
        location_type="availability-zone-id",
        filters=[
            aws.ec2.GetInstanceTypeOfferingsFilterArgs(
                name="instance-type", values=[pool.machine_type]
            )
        ],
        region=member.region.region,
    )
    known = [*network.control_plane, *sorted({*network.private} - {*network.control_plane})]
    usable = [zone for zone in known if zone in sold.locations] or known
    needs_one = pool.is_compact or pool.capacity_type is CapacityType.RESERVED
    return usable[:1] if needs_one else usable


def _surroundings(member: Member, pool: MemberPool, home: _Home, zone: ZoneId) -> Surroundings:
    own = home.cluster.security_group_id
    fabric = home.fabric if fabric_of(pool) else None
    group = _placement_group(member, pool) if pool.is_compact else None
    return Surroundings(
        security_group_ids=(own, fabric.id) if fabric else (own,),
        placement_group=group,
        reservation=reservation_of(member, pool, zone, group),
    )


def _placement_group(member: Member, pool: MemberPool) -> aws.ec2.PlacementGroup:
    name = f"placement-{pool.name}"
    return aws.ec2.PlacementGroup(
        name,
        name=member_name(EC2_NAME, member, pool.name),
        strategy="cluster",
        region=member.region.region,
        tags=tags(member, name),
        opts=pulumi.ResourceOptions(delete_before_replace=True),
    )


def _taints(pool: MemberPool) -> list[aws.eks.NodeGroupTaintArgs] | None:
    device = device_of(pool)
    if device is None:
        return None
    return [aws.eks.NodeGroupTaintArgs(key=device, value="present", effect="NO_SCHEDULE")]


def _sharing_labels(pool: MemberPool) -> dict[str, str]:
    """How the GPU operator is told what to do with the devices of a node."""
    config, shared = mig_config(pool), sharing_name(pool)
    return {
        **({"nvidia.com/mig.config": config} if config else {}),
        **({"nvidia.com/device-plugin.config": shared} if shared else {}),
    }


def _fabric_group(member: Member, network: AwsNetwork) -> aws.ec2.SecurityGroup:
    """Nodes speak over the fabric only if their group allows all traffic with itself, both ways.

    Source: docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html, step 1.
    """
    region = member.region.region
    group = aws.ec2.SecurityGroup(
        "fabric",
        name=member_name(EC2_NAME, member, "fabric"),
        description="Elastic Fabric Adapter among the nodes of the cluster",
        vpc_id=network.vpc_id,
        region=region,
        tags=tags(member, "fabric"),
    )
    for direction, rule in (
        ("in", aws.vpc.SecurityGroupIngressRule),
        ("out", aws.vpc.SecurityGroupEgressRule),
    ):
        rule(
            f"fabric-{direction}",
            security_group_id=group.id,
            referenced_security_group_id=group.id,
            ip_protocol="-1",
            region=region,
            tags=tags(member, f"fabric-{direction}"),
        )
    return group
