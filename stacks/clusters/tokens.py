"""Tokens of a few minutes by which the API of a member knows who asks.

They come from the credentials that the SDKs of the clouds find, as for everything else.
"""

import base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import AccessDenied, UsageInvalid
from broker.domain.members import Member
from stacks.clusters.unknown import work_unknown

EKS_HEADER = "x-k8s-aws-id"
EKS_SECONDS = 60
"""For so long AWS takes the signature of the question; the token itself lives for 14 minutes
(github.com/kubernetes-sigs/aws-iam-authenticator, "API Authorization from Outside a Cluster")."""

AKS_SCOPE = "6dae42f8-4368-4678-94ff-3960e28e3630/.default"
"""The APIs of all AKS clusters, in every tenant (learn.microsoft.com/azure/aks/kubelogin-authentication)."""

GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform"

Token = Callable[[Member, str], str]
"""From a member and its cluster's name; raises AccessDenied without credentials."""


def cluster_token(member: Member, cluster_name: str) -> str:
    """A token for the API of *member*.

    Raises AccessDenied, and UsageInvalid where the SDK of its cloud is not installed.
    """
    provider = str(member.region.provider)
    try:
        return TOKENS[provider](member, cluster_name)
    except ImportError as error:
        raise library_missing(provider) from error


def library_missing(extra: str) -> UsageInvalid:
    """What has to be installed to ask a cluster."""
    return UsageInvalid(
        Diagnostic(
            code="library-missing",
            subject="pods",
            summary="To see which pods run in a cluster, a library is missing",
            hint=f'`pip install "gpu-broker[{extra}]"` has it; -drained goes on without looking.',
        )
    )


def eks_token(member: Member, cluster_name: str) -> str:
    """A question to STS who we are, signed for this cluster alone: EKS asks it in our place."""
    import boto3  # noqa: PLC0415  # half a second
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415
    from botocore.signers import RequestSigner  # noqa: PLC0415

    region = member.region.region
    try:
        session: Any = boto3.Session(region_name=region)
        sts = session.client("sts")
        signer: Any = RequestSigner(
            sts.meta.service_model.service_id,
            region,
            "sts",
            "v4",
            session.get_credentials(),
            session.events,
        )
        question = {
            "method": "GET",
            "url": f"{sts.meta.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15",
            "body": {},
            "headers": {EKS_HEADER: cluster_name},
            "context": {},
        }
        url = signer.generate_presigned_url(
            question, region_name=region, expires_in=EKS_SECONDS, operation_name=""
        )
    except (BotoCoreError, ValueError) as error:
        # An endpoint that is no address is a ValueError.
        raise work_unknown(AccessDenied, member, type(error).__name__) from None
    return f"k8s-aws-v1.{base64.urlsafe_b64encode(url.encode()).decode().rstrip('=')}"


def aks_token(member: Member, _: str) -> str:
    """What Microsoft Entra gives for the APIs of clusters."""
    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415  # a second

    try:
        with DefaultAzureCredential() as credential:
            return str(credential.get_token(AKS_SCOPE).token)
    except (ClientAuthenticationError, ValueError) as error:
        # A tenant or an authority that the SDK finds no sense in is a ValueError.
        raise work_unknown(AccessDenied, member, type(error).__name__) from None


def gke_token(member: Member, _: str) -> str:
    """An access token of Google Cloud, which GKE takes as it is."""
    import google.auth  # noqa: PLC0415
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
    from google.auth.transport.requests import Request  # noqa: PLC0415  # half a second

    try:
        found: Any = google.auth.default(scopes=[GOOGLE_SCOPE])[0]
        found.refresh(Request())
    except (GoogleAuthError, OSError, ValueError) as error:
        # A file of credentials that can not be opened, or is of another sort than it says.
        raise work_unknown(AccessDenied, member, type(error).__name__) from None
    return str(found.token)


TOKENS: Mapping[str, Token] = MappingProxyType({
    "aws": eks_token, "azure": aks_token, "gcp": gke_token,
})  # fmt: skip
"""By cloud."""
