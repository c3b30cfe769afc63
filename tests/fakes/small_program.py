"""A program of a network, a cluster and its pools: enough for the engine to have order and names."""

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any

from broker.domain.geography import RegionKey
from broker.domain.ids import ClusterName, MachineType, PoolName
from broker.domain.members import Member, MemberPool
from broker.domain.offers import CapacityType


def small_member(
    name: str = "aws-eu-north-1", *, is_protected: bool = False, **pools: int
) -> Member:
    """A member with pools of so many nodes each; with one of two, if none is named."""
    return Member(
        name=ClusterName(name),
        fleet="research",
        owner="ml-platform",
        region=RegionKey.parse("aws/eu-north-1"),
        pools=tuple(small_pool(pool, nodes) for pool, nodes in (pools or {"pool": 2}).items()),
        address_block="10.42.0.0/16",
        is_protected=is_protected,
    )


def small_pool(
    name: str, nodes: int, capacity_type: CapacityType = CapacityType.SPOT
) -> MemberPool:
    return MemberPool(
        name=PoolName(name),
        machine_type=MachineType("p5.48xlarge"),
        capacity_type=capacity_type,
        nodes=nodes,
        min_nodes=0,
        max_nodes=8,
        accelerator="H100",
        accelerators=Fraction(8),
    )


def small_program(member: Member) -> Callable[[], None]:
    """What makes it; a pool's resource has the pool's name."""
    import pulumi
    import pulumi_aws as aws

    def make() -> None:
        vpc = aws.ec2.Vpc("network", cidr_block=member.address_block)
        cluster = aws.eks.Cluster(
            "cluster",
            name=str(member.name),
            role_arn="arn:role",
            deletion_protection=member.is_protected,
            vpc_config=aws.eks.ClusterVpcConfigArgs(subnet_ids=[vpc.id]),
        )
        for pool in member.pools:
            _pool(aws, cluster, pool)
        pulumi.export("cluster", cluster.name)

    return make


def _pool(aws: Any, cluster: Any, pool: MemberPool) -> None:
    aws.eks.NodeGroup(
        str(pool.name),
        cluster_name=cluster.name,
        node_group_name=str(pool.name),
        node_role_arn="arn:role",
        subnet_ids=["subnet-1"],
        instance_types=[str(pool.machine_type)],
        capacity_type=pool.capacity_type.upper().replace("-", "_"),
        scaling_config=aws.eks.NodeGroupScalingConfigArgs(
            desired_size=pool.nodes, min_size=pool.min_nodes, max_size=pool.max_nodes
        ),
    )


def small_warm(clouds: Collection[str]) -> None:
    """Load the lazy modules that the program uses."""
    import pulumi_aws as aws

    for module, name in ((aws.ec2, "Vpc"), (aws.eks, "Cluster"), (aws.eks, "NodeGroup")):
        getattr(module, name)
