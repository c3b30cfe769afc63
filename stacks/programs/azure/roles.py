"""Who may do what to a member in Azure."""

from collections.abc import Mapping
from types import MappingProxyType

import pulumi
import pulumi_azure_native as azure

from broker.domain.members import Member
from stacks.programs.member_names import stable_guid

ROLES: Mapping[str, str] = MappingProxyType({
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Network Contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "Key Vault Crypto User": "12338af0-0e69-4776-bea7-57ae8d297424",
    "Azure Kubernetes Service RBAC Cluster Admin": "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
})  # fmt: skip
"""Azure's built-in roles have the same id everywhere
(learn.microsoft.com/azure/role-based-access-control/built-in-roles)."""


def grant(
    member: Member,
    name: str,
    role: str,
    *,
    to: pulumi.Input[str],
    on: pulumi.Input[str],
    is_service: bool = True,
) -> azure.authorization.RoleAssignment:
    """Let the principal *to* have *role* on the scope *on*; *name* is the grant's in the stack."""
    subscription = azure.authorization.get_client_config_output().subscription_id
    definition = pulumi.Output.concat(
        "/subscriptions/",
        subscription,
        "/providers/Microsoft.Authorization/roleDefinitions/",
        ROLES[role],
    )
    return azure.authorization.RoleAssignment(
        name,
        # The GUID has to be new in the whole tenant, and the same for the same grant.
        role_assignment_name=subscription.apply(
            lambda known: stable_guid(known, member.fleet, member.name, name)
        ),
        role_definition_id=definition,
        principal_id=to,
        principal_type="ServicePrincipal" if is_service else None,
        scope=on,
        # Whoever applies the stack next is somebody else, under the same name.
        opts=pulumi.ResourceOptions(delete_before_replace=True),
    )
