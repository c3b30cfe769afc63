"""The identity in AWS that the pods of each workload have, without any key in the cluster."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from broker.domain.ids import WorkloadName
from broker.domain.members import Member
from stacks.programs.aws.cluster import EksCluster
from stacks.programs.aws.roles import POD_ACTIONS, trust
from stacks.programs.member_names import IAM_ROLE, member_name
from stacks.programs.tags import tags


def aws_identities(
    member: Member, cluster: EksCluster
) -> Mapping[WorkloadName, pulumi.Output[str]]:
    """A role per workload, taken on by its service account; what it may do is granted elsewhere."""
    region = member.region.region
    roles = {}
    for identity in member.identities:
        name = f"identity-{identity.workload}"
        role = aws.iam.Role(
            name,
            name=member_name(IAM_ROLE, member, identity.workload),
            assume_role_policy=trust("pods.eks.amazonaws.com", POD_ACTIONS),
            tags=tags(member, name),
        )
        aws.eks.PodIdentityAssociation(
            name,
            cluster_name=cluster.cluster.name,
            namespace=identity.namespace,
            service_account=identity.service_account,
            role_arn=role.arn,
            region=region,
            tags=tags(member, name),
        )
        roles[identity.workload] = role.arn
    return roles
