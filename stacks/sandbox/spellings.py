"""How the clouds let things be called: what is longer, or of other letters, they refuse."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stacks.sandbox.findings import Finding
from stacks.sandbox.outputs.computed import VERSIONED
from stacks.sandbox.paths import value_at
from stacks.sandbox.pools.pool import known_text

RFC1035 = r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
OF_AZURE = r"[A-Za-z0-9]([\w.-]{0,%d}\w)?"

SPELLINGS: Mapping[str, tuple[str, str]] = {
    "azure-native:resources:ResourceGroup": ("resourceGroupName", r"[\w().-]{0,89}[\w()-]"),
    "azure-native:network:VirtualNetwork": (
        "virtualNetworkName",
        r"[A-Za-z0-9][\w.-]{0,62}\w",
    ),
    "azure-native:network:Subnet": ("subnetName", OF_AZURE % 78),
    "azure-native:network:NatGateway": ("natGatewayName", OF_AZURE % 78),
    "azure-native:network:PublicIPAddress": ("publicIpAddressName", OF_AZURE % 78),
    "azure-native:network:NetworkSecurityGroup": ("networkSecurityGroupName", OF_AZURE % 78),
    "azure-native:keyvault:Vault": ("vaultName", r"(?=.{3,24}$)[A-Za-z](-?[A-Za-z0-9])+"),
    "azure-native:containerservice:ManagedCluster": (
        "resourceName",
        r"[A-Za-z0-9]([\w-]{0,61}[A-Za-z0-9])?",
    ),
    "azure-native:containerservice:AgentPool": ("agentPoolName", r"[a-z][a-z0-9]{0,11}"),
    "azure-native:consumption:Budget": ("budgetName", r"[\w-]{1,63}"),
    "azure-native:monitor:ActionGroup": ("groupShortName", r".{1,12}"),
    "gcp:compute/network:Network": ("name", RFC1035),
    "gcp:compute/subnetwork:Subnetwork": ("name", RFC1035),
    "gcp:compute/router:Router": ("name", RFC1035),
    "gcp:compute/firewall:Firewall": ("name", RFC1035),
    "gcp:compute/reservation:Reservation": ("name", RFC1035),
    "gcp:compute/resourcePolicy:ResourcePolicy": ("name", RFC1035),
    "gcp:container/cluster:Cluster": ("name", r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?"),
    "gcp:container/nodePool:NodePool": ("name", r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?"),
    "gcp:serviceaccount/account:Account": ("accountId", r"[a-z][-a-z0-9]{4,28}[a-z0-9]"),
    "gcp:kms/keyRing:KeyRing": ("name", r"[\w-]{1,63}"),
    "gcp:kms/cryptoKey:CryptoKey": ("name", r"[\w-]{1,63}"),
}
"""By type, the input that holds the name, and what it looks like.

From the clouds' own rules: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules,
cloud.google.com/compute/docs/naming-resources and cloud.google.com/iam/docs/service-accounts-create.
"""

LABELLED: Mapping[str, str] = {
    "gcp:container/cluster:Cluster": "resourceLabels",
    "gcp:container/nodePool:NodePool": "nodeConfig.resourceLabels",
    "gcp:kms/cryptoKey:CryptoKey": "labels",
}
LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LABEL = re.compile(r"[a-z0-9_-]{0,63}")
"""cloud.google.com/resource-manager/docs/labels-overview."""

TAG_KEY = re.compile(r"[^<>%&\\?/]{1,512}")
LONGEST_TAG = 256
MOST_TAGS = 50
"""learn.microsoft.com/azure/azure-resource-manager/management/tag-resources."""


def misspelt(type: str, inputs: Mapping[str, Any]) -> Iterator[Finding]:  # noqa: A002
    """Names, labels and tags that the cloud does not take."""
    plain = VERSIONED.sub("", type)
    path, pattern = SPELLINGS.get(plain, ("", ""))
    name = known_text(inputs.get(path)) if path else ""
    if name and re.fullmatch(pattern, name, re.ASCII) is None:
        yield Finding(path, f"{name} is no name that the cloud takes here: {pattern}")
    if plain in LABELLED:
        yield from _labels(LABELLED[plain], value_at(inputs, LABELLED[plain]))
    if plain.startswith("azure-native:"):
        yield from _tags(inputs.get("tags"))


def _labels(path: str, found: Any) -> Iterator[Finding]:
    for key, value in found.items() if isinstance(found, Mapping) else ():
        text = known_text(value)
        if not LABEL_KEY.fullmatch(key) or not LABEL.fullmatch(text):
            yield Finding(f"{path}.{key}", f"{key}={text} is no label that Google takes")


def _tags(found: Any) -> Iterator[Finding]:
    tags = found if isinstance(found, Mapping) else {}
    if len(tags) > MOST_TAGS:
        yield Finding("tags", f"there are {len(tags)} tags, and {MOST_TAGS} are allowed")
    for key, value in tags.items():
        if not TAG_KEY.fullmatch(key) or len(known_text(value)) > LONGEST_TAG:
            yield Finding(f"tags.{key}", f"{key} is no tag that Azure takes")
