"""The control plane of a member on GKE."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from broker.domain.members import Member
from stacks.programs.gcp.keys import secrets_key
from stacks.programs.gcp.network import PODS, SERVICES, GcpNetwork
from stacks.programs.gcp.project import Project
from stacks.programs.member_names import GKE_CLUSTER, SERVICE_ACCOUNT, member_name
from stacks.programs.tags import labels_to_expire

GKE_VERSION = "1.35"
"""The oldest that is accepted; the channel goes on from there
(cloud.google.com/kubernetes-engine/docs/release-schedule)."""

CHANNEL = "REGULAR"

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
"""What a node may do is decided by the roles of its account, not by scopes."""

NODE_ROLE = "roles/container.defaultNodeServiceAccount"
"""All that a node needs, and nothing else
(cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GkeCluster:
    """The control plane, and the account that its nodes run under."""

    cluster: gcp.container.Cluster
    nodes: gcp.serviceaccount.Account
    before_nodes: tuple[pulumi.Resource, ...]


def gke_cluster(member: Member, network: GcpNetwork, project: Project) -> GkeCluster:
    """A control plane whose API is private, or open to the authorized networks alone."""
    key, grant = secrets_key(member, project)
    account, role = _node_account(member, project)
    cluster = gcp.container.Cluster(
        "cluster",
        name=member_name(GKE_CLUSTER, member),
        location=member.region.region,
        network=network.network.id,
        subnetwork=network.nodes.id,
        networking_mode="VPC_NATIVE",
        ip_allocation_policy=gcp.container.ClusterIpAllocationPolicyArgs(
            cluster_secondary_range_name=PODS, services_secondary_range_name=SERVICES
        ),
        datapath_provider="ADVANCED_DATAPATH",
        # For GPUDirect. Off, it would be turned on and off with pools that come and go, and off while
        # the last of them is still there.
        enable_multi_networking=True,
        private_cluster_config=gcp.container.ClusterPrivateClusterConfigArgs(
            enable_private_nodes=True, enable_private_endpoint=not member.authorized_networks
        ),
        master_authorized_networks_config=_authorized(member),
        workload_identity_config=gcp.container.ClusterWorkloadIdentityConfigArgs(
            workload_pool=pulumi.Output.concat(project.id, ".svc.id.goog")
        ),
        database_encryption=gcp.container.ClusterDatabaseEncryptionArgs(
            state="ENCRYPTED", key_name=key.id
        ),
        release_channel=gcp.container.ClusterReleaseChannelArgs(channel=CHANNEL),
        min_master_version=GKE_VERSION,
        monitoring_config=_monitoring(member),
        enable_shielded_nodes=True,
        # The pools are resources of their own; GKE makes none without a first one.
        remove_default_node_pool=True,
        initial_node_count=1,
        # It is there for minutes, and else under an account that careful organisations switch off.
        node_config=gcp.container.ClusterNodeConfigArgs(
            service_account=account.email,
            oauth_scopes=[*SCOPES],
            shielded_instance_config=gcp.container.ClusterNodeConfigShieldedInstanceConfigArgs(
                enable_secure_boot=True, enable_integrity_monitoring=True
            ),
        ),
        deletion_protection=member.is_protected,
        resource_labels=labels_to_expire(member, "cluster"),
        # Google tells of the pool that is gone, and would make a cluster anew for another.
        opts=pulumi.ResourceOptions(depends_on=[grant, role], ignore_changes=["nodeConfig"]),
    )
    return GkeCluster(cluster=cluster, nodes=account, before_nodes=(network.way_out, role))


def _authorized(member: Member) -> gcp.container.ClusterMasterAuthorizedNetworksConfigArgs:
    """An empty list lets in nobody but the nodes."""
    return gcp.container.ClusterMasterAuthorizedNetworksConfigArgs(
        cidr_blocks=[
            gcp.container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(
                cidr_block=block, display_name="authorized"
            )
            for block in member.authorized_networks
        ],
        gcp_public_cidrs_access_enabled=False,
    )


def _monitoring(member: Member) -> gcp.container.ClusterMonitoringConfigArgs:
    """Google runs the exporter of GPU metrics itself."""
    gpus = ["DCGM"] if any(pool.accelerators for pool in member.pools) else []
    return gcp.container.ClusterMonitoringConfigArgs(
        enable_components=["SYSTEM_COMPONENTS", *gpus],
        managed_prometheus=gcp.container.ClusterMonitoringConfigManagedPrometheusArgs(enabled=True),
    )


def _node_account(
    member: Member, project: Project
) -> tuple[gcp.serviceaccount.Account, pulumi.Resource]:
    account = gcp.serviceaccount.Account(
        "node",
        account_id=member_name(SERVICE_ACCOUNT, member, "node"),
        display_name=f"Nodes of {member.fleet}/{member.name}",
    )
    role = gcp.projects.IAMMember(
        "node",
        project=project.id,
        role=NODE_ROLE,
        member=account.email.apply(lambda email: f"serviceAccount:{email}"),
    )
    return account, role
