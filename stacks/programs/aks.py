"""A member on Azure: an AKS cluster in a resource group of its own."""

import base64
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_azure_native as azure
import yaml

from broker.domain.ids import PoolName
from broker.domain.members import Member
from stacks.programs.addons import CloudAddons, Reach, install
from stacks.programs.azure.budget import azure_budget
from stacks.programs.azure.cluster import SYSTEM, AksCluster, aks_cluster
from stacks.programs.azure.identities import azure_identities
from stacks.programs.azure.network import AzureNetwork, azure_network
from stacks.programs.azure.pools import aks_pools
from stacks.programs.gpu_operator import OperatorSetup
from stacks.programs.kubeconfig import kubeconfig
from stacks.programs.outputs import ClusterFacts, export
from stacks.programs.pools import AMD, device_of
from stacks.programs.tolerations import EVERYWHERE

AKS_TOKENS = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""Whom tokens for the APIs of AKS clusters are for, the same in every tenant
(learn.microsoft.com/azure/aks/kubelogin-authentication)."""

OPERATOR = OperatorSetup(cuts_devices=False, runtime_class="nvidia-container-runtime")
"""Source: docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/microsoft-aks.html."""


def aks(member: Member) -> None:
    """Network, control plane, node pools, identities, budget and add-ons of *member*."""
    network = azure_network(member)
    cluster = aks_cluster(member, network)
    pools = aks_pools(member, network, cluster)
    identities = azure_identities(member, network, cluster)
    azure_budget(member, network)
    made = cluster.cluster
    endpoint = pulumi.Output.concat("https://", _host(member, cluster))
    authority = _authority(network, cluster)
    token = azure.authorization.get_client_token_output(endpoint=AKS_TOKENS).token
    reach = Reach(
        kubeconfig=kubeconfig(endpoint=endpoint, authority=authority, token=token),
        cluster_identifier=made.id,
        after=[made, cluster.admission],
    )
    install(member, reach, CloudAddons(operator=OPERATOR, own=_addons(member)))
    export(
        ClusterFacts(
            cluster_id=made.id,
            cluster_name=made.name,
            endpoint=endpoint,
            oidc_issuer=made.oidc_issuer_profile.issuer_url,
            certificate_authority=authority,
            network_id=network.network.id,
            pools={
                PoolName(SYSTEM): pulumi.Output.concat(made.id, "/agentPools/", SYSTEM),
                **{name: pool.id for name, pool in pools.items()},
            },
            identities=identities,
        )
    )


def _addons(member: Member) -> Mapping[str, Mapping[str, Any]]:
    """AKS scales its pools by itself, and has no device plugin of AMD's."""
    has_amd = any(device_of(pool) == AMD for pool in member.pools)
    return {"amd": {"tolerations": EVERYWHERE}} if has_amd else {}


def _host(member: Member, cluster: AksCluster) -> pulumi.Output[str]:
    """A private API has a name of its own."""
    made = cluster.cluster
    host: pulumi.Output[str] = made.fqdn if member.authorized_networks else made.private_fqdn
    return host


def _authority(network: AzureNetwork, cluster: AksCluster) -> pulumi.Output[str]:
    """The cluster's certificate authority, which Azure tells as part of a kubeconfig alone."""
    credentials = azure.containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=network.group.name, resource_name=cluster.cluster.name
    )
    found = credentials.kubeconfigs.apply(lambda files: _authority_in(files[0].value))
    return pulumi.Output.unsecret(found)


def _authority_in(encoded: str) -> str:
    document = yaml.safe_load(base64.b64decode(encoded))
    return str(document["clusters"][0]["cluster"]["certificate-authority-data"])
