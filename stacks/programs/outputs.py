"""What a stack tells of the cluster that it made; the same words on every cloud, nothing secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """The cloud's own id and name of the cluster, where its API is, and what was made with it.

    *pools* maps names of pools to ids of the cloud, *identities* workloads to the cloud identity of
    their pods. *certificate_authority* is public.
    """

    cluster_id: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    endpoint: pulumi.Input[str]
    oidc_issuer: pulumi.Input[str]
    certificate_authority: pulumi.Input[str]
    network_id: pulumi.Input[str]
    pools: Mapping[Any, pulumi.Input[str]]
    identities: Mapping[Any, pulumi.Input[str]]


def export(facts: ClusterFacts) -> None:
    """Make them the outputs of the stack, named as the fields are."""
    pulumi.export("cluster_id", facts.cluster_id)
    pulumi.export("cluster_name", facts.cluster_name)
    pulumi.export("endpoint", facts.endpoint)
    pulumi.export("oidc_issuer", facts.oidc_issuer)
    pulumi.export("certificate_authority", facts.certificate_authority)
    pulumi.export("network_id", facts.network_id)
    pulumi.export("pools", dict(facts.pools))
    pulumi.export("identities", dict(facts.identities))
