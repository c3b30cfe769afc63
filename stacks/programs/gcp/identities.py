"""The identity in Google that the pods of each workload have, without any key in the cluster."""

from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp

from broker.domain.ids import WorkloadName
from broker.domain.members import Member
from stacks.programs.gcp.cluster import GkeCluster
from stacks.programs.gcp.project import Project
from stacks.programs.member_names import SERVICE_ACCOUNT, member_name


def gcp_identities(
    member: Member, cluster: GkeCluster, project: Project
) -> Mapping[WorkloadName, pulumi.Output[str]]:
    """A service account per workload that its Kubernetes account may act as; values are addresses."""
    addresses = {}
    for identity in member.identities:
        name = f"identity-{identity.workload}"
        account = gcp.serviceaccount.Account(
            name,
            account_id=member_name(SERVICE_ACCOUNT, member, identity.workload),
            display_name=f"Pods of {identity.workload} in {member.fleet}/{member.name}",
        )
        gcp.serviceaccount.IAMMember(
            name,
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=pulumi.Output.concat(
                "serviceAccount:",
                project.id,
                f".svc.id.goog[{identity.namespace}/{identity.service_account}]",
            ),
            # The pool of identities is there once the project's first cluster is.
            opts=pulumi.ResourceOptions(depends_on=[cluster.cluster]),
        )
        addresses[identity.workload] = account.email
    return addresses
