"""The project that a member on GCP is made in, as the environment or the configuration names it."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Its id, its number (service agents are named for it) and who pays for it."""

    id: pulumi.Output[str]
    number: pulumi.Output[str]
    billing_account: pulumi.Output[str]
    token: pulumi.Output[str]
    """A token of whoever makes the stack, for the API of the cluster."""


def current_project() -> Project:
    """What Google says of the project that the provider is set to."""
    client = gcp.organizations.get_client_config_output()
    # It is told beside a token, which makes a secret of both.
    project = pulumi.Output.unsecret(client.project)
    found = gcp.organizations.get_project_output(project_id=project)
    return Project(
        id=project,
        number=found.number,
        billing_account=found.billing_account,
        token=pulumi.Output.secret(client.access_token),
    )
