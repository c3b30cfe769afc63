"""The control plane of a member on EKS, and the key that its secrets are encrypted with."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from broker.domain.members import Member
from stacks.programs.aws.network import AwsNetwork
from stacks.programs.aws.roles import service_role
from stacks.programs.member_names import EKS_CLUSTER, KMS_ALIAS, member_name
from stacks.programs.tags import tags, tags_to_expire

EKS_VERSION = "1.35"
"""In standard support until March 2027 (endoflife.date/amazon-eks)."""

KEY_KEPT_DAYS = 30
"""How long a key that is to be deleted can be called back: the longest that KMS knows."""

FIRST_ADDONS = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
"""Nodes need them to join and to be of use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EksCluster:
    """The control plane, and what has to be there before nodes."""

    cluster: aws.eks.Cluster
    security_group_id: pulumi.Output[str]
    before_nodes: tuple[pulumi.Resource, ...]


def eks_cluster(member: Member, network: AwsNetwork) -> EksCluster:
    """A control plane whose API is private, or open to the authorized networks alone."""
    region = member.region.region
    role = service_role(member, "cluster", "eks.amazonaws.com", ["AmazonEKSClusterPolicy"])
    key = _key(member)
    is_open = bool(member.authorized_networks)
    cluster = aws.eks.Cluster(
        "cluster",
        name=member_name(EKS_CLUSTER, member),
        role_arn=role.arn,
        version=EKS_VERSION,
        vpc_config=aws.eks.ClusterVpcConfigArgs(
            subnet_ids=[network.private[zone].id for zone in network.control_plane],
            endpoint_private_access=True,
            endpoint_public_access=is_open,
            public_access_cidrs=list(member.authorized_networks) if is_open else None,
        ),
        access_config=aws.eks.ClusterAccessConfigArgs(
            authentication_mode="API", bootstrap_cluster_creator_admin_permissions=True
        ),
        encryption_config=aws.eks.ClusterEncryptionConfigArgs(
            provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn),
            resources=["secrets"],
        ),
        upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
        bootstrap_self_managed_addons=False,
        deletion_protection=member.is_protected,
        region=region,
        tags=tags_to_expire(member, "cluster"),
    )
    first = [_addon(member, cluster, name) for name in FIRST_ADDONS]
    return EksCluster(
        cluster=cluster,
        security_group_id=cluster.vpc_config.cluster_security_group_id,
        before_nodes=(network.way_out, *first),
    )


def name_server(member: Member, cluster: EksCluster, system: aws.eks.NodeGroup) -> aws.eks.Addon:
    """What pods find each other by; it needs nodes to run on, and must not wait for those of GPUs."""
    return _addon(member, cluster.cluster, "coredns", after=[system])


def _addon(
    member: Member, cluster: aws.eks.Cluster, name: str, after: Sequence[pulumi.Resource] = ()
) -> aws.eks.Addon:
    return aws.eks.Addon(
        name,
        addon_name=name,
        cluster_name=cluster.name,
        region=member.region.region,
        tags=tags(member, name),
        opts=pulumi.ResourceOptions(depends_on=[*after]),
    )


def _key(member: Member) -> aws.kms.Key:
    region = member.region.region
    key = aws.kms.Key(
        "secrets",
        description=f"Kubernetes secrets of {member.fleet}/{member.name}",
        enable_key_rotation=True,
        deletion_window_in_days=KEY_KEPT_DAYS,
        region=region,
        tags=tags(member, "secrets"),
    )
    aws.kms.Alias(
        "secrets",
        name=f"alias/{member_name(KMS_ALIAS, member, 'secrets')}",
        target_key_id=key.key_id,
        region=region,
    )
    return key
