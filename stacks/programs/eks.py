"""A member on AWS: an EKS cluster in a network of its own."""

import pulumi
import pulumi_aws as aws

from broker.domain.members import Member
from stacks.programs.addons import CloudAddons, Reach, install
from stacks.programs.aws.addons import eks_addons
from stacks.programs.aws.budget import aws_budget
from stacks.programs.aws.cluster import EksCluster, eks_cluster, name_server
from stacks.programs.aws.identities import aws_identities
from stacks.programs.aws.network import aws_network
from stacks.programs.aws.pools import SYSTEM, eks_pools
from stacks.programs.gpu_operator import OperatorSetup
from stacks.programs.kubeconfig import kubeconfig
from stacks.programs.outputs import ClusterFacts, export


def eks(member: Member) -> None:
    """Network, control plane, node groups, identities, budget and add-ons of *member*."""
    network = aws_network(member)
    cluster = eks_cluster(member, network)
    groups = eks_pools(member, network, cluster)
    identities = aws_identities(member, cluster)
    aws_budget(member)
    reach = Reach(
        kubeconfig=_kubeconfig(member, cluster),
        cluster_identifier=cluster.cluster.arn,
        after=[groups[SYSTEM], name_server(member, cluster, groups[SYSTEM])],
    )
    install(
        member,
        reach,
        CloudAddons(operator=OperatorSetup(cuts_devices=True), own=eks_addons(member, cluster)),
    )
    made = cluster.cluster
    export(
        ClusterFacts(
            cluster_id=made.arn,
            cluster_name=made.name,
            endpoint=made.endpoint,
            oidc_issuer=made.identities[0].oidcs[0].issuer,
            certificate_authority=made.certificate_authority.data,
            network_id=network.vpc_id,
            pools={name: group.id for name, group in groups.items()},
            identities=identities,
        )
    )


def _kubeconfig(member: Member, cluster: EksCluster) -> pulumi.Output[str]:
    made = cluster.cluster
    token = aws.eks.get_cluster_auth_output(name=made.name, region=member.region.region).token
    return kubeconfig(
        endpoint=made.endpoint, authority=made.certificate_authority.data, token=token
    )
