"""The control plane of a member on AKS."""

from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from broker.domain.members import Member
from stacks.programs.azure.keys import SecretsKey, secrets_key
from stacks.programs.azure.network import POD_BLOCK, AzureNetwork, service_block
from stacks.programs.azure.roles import grant
from stacks.programs.member_names import (
    AKS_CLUSTER,
    AZURE_NAME,
    DNS_PREFIX,
    RESOURCE_GROUP,
    member_name,
)
from stacks.programs.tags import tags, tags_to_expire

AKS_VERSION = "1.35"
"""Supported until March 2027 (learn.microsoft.com/azure/aks/supported-kubernetes-versions)."""

SYSTEM = "system"
SYSTEM_MACHINE = "Standard_D4ds_v5"
SYSTEM_NODES = 2

IMAGE_CLEANING_HOURS = 168


@dataclass(frozen=True, slots=True, kw_only=True)
class AksCluster:
    """The control plane, the identity in whose name it makes nodes, and our own role in it."""

    cluster: azure.containerservice.ManagedCluster
    identity: azure.managedidentity.UserAssignedIdentity
    admission: azure.authorization.RoleAssignment


def aks_cluster(member: Member, network: AzureNetwork) -> AksCluster:
    """A control plane whose API is private, or open to the authorized networks alone."""
    location = member.region.region
    identity = azure.managedidentity.UserAssignedIdentity(
        "cluster",
        resource_name_=member_name(AZURE_NAME, member, "cluster"),
        resource_group_name=network.group.name,
        location=location,
        tags=tags(member, "cluster"),
    )
    secrets = secrets_key(member, network)
    granted = _grants(member, identity, network, secrets)
    cluster = azure.containerservice.ManagedCluster(
        "cluster",
        resource_name_=member_name(AKS_CLUSTER, member),
        resource_group_name=network.group.name,
        node_resource_group=member_name(RESOURCE_GROUP, member, "nodes"),
        location=location,
        kubernetes_version=AKS_VERSION,
        dns_prefix=member_name(DNS_PREFIX, member),
        sku=azure.containerservice.ManagedClusterSKUArgs(name="Base", tier="Standard"),
        identity=azure.containerservice.ManagedClusterIdentityArgs(
            type="UserAssigned", user_assigned_identities=[identity.id]
        ),
        enable_rbac=True,
        disable_local_accounts=True,
        aad_profile=azure.containerservice.ManagedClusterAADProfileArgs(
            managed=True, enable_azure_rbac=True
        ),
        api_server_access_profile=_access(member, network),
        oidc_issuer_profile=azure.containerservice.ManagedClusterOIDCIssuerProfileArgs(
            enabled=True
        ),
        security_profile=_security(secrets),
        network_profile=_network_profile(member),
        agent_pool_profiles=[_system_pool(network)],
        auto_upgrade_profile=azure.containerservice.ManagedClusterAutoUpgradeProfileArgs(
            upgrade_channel="patch", node_os_upgrade_channel="NodeImage"
        ),
        tags=tags_to_expire(member, "cluster"),
        opts=pulumi.ResourceOptions(
            depends_on=granted,
            # Azure lists every pool here, those of `azure.pools` too.
            ignore_changes=["agentPoolProfiles"],
        ),
    )
    if member.is_protected:
        _lock(cluster)
    return AksCluster(cluster=cluster, identity=identity, admission=_let_us_in(member, cluster))


def _grants(
    member: Member,
    identity: azure.managedidentity.UserAssignedIdentity,
    network: AzureNetwork,
    secrets: SecretsKey,
) -> list[pulumi.Resource]:
    """What AKS needs to put nodes into our subnet and to use our key."""
    return [
        grant(
            member,
            "cluster-network",
            "Network Contributor",
            to=identity.principal_id,
            on=network.network.id,
        ),
        grant(
            member,
            "cluster-secrets",
            "Key Vault Crypto User",
            to=identity.principal_id,
            on=secrets.vault.id,
        ),
    ]


def _let_us_in(
    member: Member, cluster: azure.containerservice.ManagedCluster
) -> azure.authorization.RoleAssignment:
    """There are no local accounts: whoever makes the stack installs its add-ons by a role."""
    client = azure.authorization.get_client_config_output()
    return grant(
        member,
        "cluster-admin",
        "Azure Kubernetes Service RBAC Cluster Admin",
        to=client.object_id,
        on=cluster.id,
        is_service=False,
    )


def _access(
    member: Member, network: AzureNetwork
) -> azure.containerservice.ManagedClusterAPIServerAccessProfileArgs:
    """The nodes reach a public API from outside, as everybody does, and have to be let in.

    AKS does that by itself only where they leave by its own balancer
    (github.com/MicrosoftDocs/azure-docs/issues/97437).
    """
    if member.authorized_networks:
        nodes = pulumi.Output.concat(network.way_out.ip_address, "/32")
        return azure.containerservice.ManagedClusterAPIServerAccessProfileArgs(
            enable_private_cluster=False,
            authorized_ip_ranges=[*member.authorized_networks, nodes],
        )
    return azure.containerservice.ManagedClusterAPIServerAccessProfileArgs(
        enable_private_cluster=True,
        enable_private_cluster_public_fqdn=False,
        private_dns_zone="system",
    )


def _security(secrets: SecretsKey) -> azure.containerservice.ManagedClusterSecurityProfileArgs:
    return azure.containerservice.ManagedClusterSecurityProfileArgs(
        azure_key_vault_kms=azure.containerservice.AzureKeyVaultKmsArgs(
            enabled=True,
            key_id=secrets.key.key_uri_with_version,
            key_vault_network_access="Public",
        ),
        workload_identity=azure.containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(
            enabled=True
        ),
        image_cleaner=azure.containerservice.ManagedClusterSecurityProfileImageCleanerArgs(
            enabled=True, interval_hours=IMAGE_CLEANING_HOURS
        ),
    )


def _network_profile(
    member: Member,
) -> azure.containerservice.ContainerServiceNetworkProfileArgs:
    services, name_server = service_block(member)
    return azure.containerservice.ContainerServiceNetworkProfileArgs(
        network_plugin="azure",
        network_plugin_mode="overlay",
        network_dataplane="cilium",
        network_policy="cilium",
        outbound_type="userAssignedNATGateway",
        pod_cidr=POD_BLOCK,
        service_cidr=services,
        dns_service_ip=name_server,
    )


def _system_pool(
    network: AzureNetwork,
) -> azure.containerservice.ManagedClusterAgentPoolProfileArgs:
    """Where the broker's own services run: no GPU work is put on it."""
    return azure.containerservice.ManagedClusterAgentPoolProfileArgs(
        name=SYSTEM,
        mode="System",
        type="VirtualMachineScaleSets",
        vm_size=SYSTEM_MACHINE,
        count=SYSTEM_NODES,
        os_type="Linux",
        os_sku="AzureLinux",
        vnet_subnet_id=network.nodes.id,
    )


def _lock(cluster: azure.containerservice.ManagedCluster) -> None:
    """A lock on the system pool keeps the whole cluster from being deleted, and no other pool.

    A lock on the cluster itself would hold all its pools too. Azure refuses to delete what contains
    something locked, as it advises for DNS zones
    (learn.microsoft.com/azure/dns/dns-protect-zones-recordsets).
    """
    azure.authorization.ManagementLockByScope(
        "protection",
        lock_name="protection",
        level="CanNotDelete",
        notes="protected by the fleet's plan",
        scope=pulumi.Output.concat(cluster.id, "/agentPools/", SYSTEM),
    )
