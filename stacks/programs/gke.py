"""A member on Google Cloud: a GKE cluster in a network of its own."""

import pulumi

from broker.domain.members import Member
from stacks.programs.addons import CloudAddons, Reach, install
from stacks.programs.gcp.budget import gcp_budget
from stacks.programs.gcp.cluster import gke_cluster
from stacks.programs.gcp.identities import gcp_identities
from stacks.programs.gcp.network import gcp_network
from stacks.programs.gcp.pools import SYSTEM, gke_pools
from stacks.programs.gcp.project import current_project
from stacks.programs.kubeconfig import kubeconfig
from stacks.programs.outputs import ClusterFacts, export


def gke(member: Member) -> None:
    """Network, control plane, node pools, identities, budget and add-ons of *member*."""
    project = current_project()
    network = gcp_network(member)
    cluster = gke_cluster(member, network, project)
    pools = gke_pools(member, cluster)
    identities = gcp_identities(member, cluster, project)
    gcp_budget(member, project)
    made = cluster.cluster
    # It is told beside a key, which makes a secret of both.
    authority = pulumi.Output.unsecret(made.master_auth.cluster_ca_certificate)
    reach = Reach(
        kubeconfig=kubeconfig(endpoint=made.endpoint, authority=authority, token=project.token),
        cluster_identifier=made.id,
        after=[pools[SYSTEM]],
    )
    # Google brings driver, device plugin and metrics of GPUs by itself.
    install(member, reach, CloudAddons(operator=None, own={}))
    export(
        ClusterFacts(
            cluster_id=made.id,
            cluster_name=made.name,
            endpoint=made.endpoint,
            oidc_issuer=pulumi.Output.concat("https://container.googleapis.com/v1/", made.id),
            certificate_authority=authority,
            network_id=network.network.id,
            pools={name: pool.id for name, pool in pools.items()},
            identities=identities,
        )
    )
