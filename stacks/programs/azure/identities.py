"""The identity in Azure that the pods of each workload have, without any key in the cluster."""

from collections.abc import Mapping

import pulumi
import pulumi_azure_native as azure

from broker.domain.ids import WorkloadName
from broker.domain.members import Member
from stacks.programs.azure.cluster import AksCluster
from stacks.programs.azure.network import AzureNetwork
from stacks.programs.member_names import AZURE_NAME, member_name
from stacks.programs.tags import tags

AUDIENCE = "api://AzureADTokenExchange"
"""Whom the cluster's tokens are for (learn.microsoft.com/azure/aks/workload-identity-overview)."""


def azure_identities(
    member: Member, network: AzureNetwork, cluster: AksCluster
) -> Mapping[WorkloadName, pulumi.Output[str]]:
    """A managed identity per workload that trusts its service account; values are client ids."""
    clients = {}
    for identity in member.identities:
        name = f"identity-{identity.workload}"
        managed = azure.managedidentity.UserAssignedIdentity(
            name,
            resource_name_=member_name(AZURE_NAME, member, identity.workload),
            resource_group_name=network.group.name,
            location=member.region.region,
            tags=tags(member, name),
        )
        azure.managedidentity.FederatedIdentityCredential(
            name,
            federated_identity_credential_resource_name="pods",
            resource_name_=managed.name,
            resource_group_name=network.group.name,
            issuer=cluster.cluster.oidc_issuer_profile.issuer_url,
            subject=f"system:serviceaccount:{identity.namespace}:{identity.service_account}",
            audiences=[AUDIENCE],
        )
        clients[identity.workload] = managed.client_id
    return clients
