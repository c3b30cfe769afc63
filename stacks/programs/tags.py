"""Tags and labels by which everything of a member is known in its cloud."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC

from broker.domain.members import Member, MemberPool

FLEET = "broker-fleet"
CLUSTER = "broker-cluster"
RESOURCE = "broker-resource"
OWNER = "owner"
EXPIRES = "broker-expires-at"
"""Of clusters and pools of a fleet that ends: who has no record of it finds there when it does."""

POOL = "broker.dev/pool"
"""The label of nodes that names their pool."""

LONGEST_LABEL = 63
LONGEST_AWS_VALUE = 256
HASH_DIGITS = 8


def tags(member: Member, resource: str) -> dict[str, str]:
    """Tags of *resource*, which is its name in the stack: together they are its identity.

    The user's labels can not take the place of the broker's own.
    """
    cloud = member.region.provider
    key_of = _azure_key if cloud == "azure" else str
    value_of = _aws_value if cloud == "aws" else str
    return {
        **{key_of(key): value_of(value) for key, value in member.labels.items()},
        OWNER: value_of(member.owner),
        FLEET: member.fleet,
        CLUSTER: member.name,
        RESOURCE: resource,
    }


def _aws_value(text: str) -> str:
    """*text* in what every service of AWS takes as a value; what was changed ends in a hash.

    Source: docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html, the narrowest of them.
    """
    clean = re.sub(r"[^\w .:/=+@-]", "-", text)
    if clean == text:
        return text
    return f"{clean[: LONGEST_AWS_VALUE - HASH_DIGITS - 1]}-{_digest(text)}"


def _azure_key(text: str) -> str:
    """*text* without what Azure takes in no key; what was changed ends in a hash.

    Source: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources.
    """
    clean = re.sub(r"[<>%&\\?/]", "-", text)
    return text if clean == text else f"{clean}-{_digest(text)}"


def tags_to_expire(member: Member, resource: str) -> dict[str, str]:
    """Tags of a cluster or pool: when the fleet ends, too.

    Written as `2026-11-30t05-30-00z`, the same on every cloud, since labels allow no capitals and no
    colons; earlier ones sort first.
    """
    return {**tags(member, resource), **_expiry(member)}


def _expiry(member: Member) -> dict[str, str]:
    if member.expires_at is None:
        return {}
    return {EXPIRES: f"{member.expires_at.astimezone(UTC):%Y-%m-%dt%H-%M-%Sz}"}


def labels(member: Member, resource: str) -> dict[str, str]:
    """The tags for clouds that accept only lower-case letters, digits, `-` and `_`, 63 at most."""
    return _as_labels(tags(member, resource))


def labels_to_expire(member: Member, resource: str) -> dict[str, str]:
    """`tags_to_expire` for such clouds."""
    return _as_labels(tags_to_expire(member, resource))


def _as_labels(found: Mapping[str, str]) -> dict[str, str]:
    return {_label_key(key): label(value) for key, value in found.items()}


def label(text: str) -> str:
    """*text* in those characters; what was changed ends in a hash, so that two stay two."""
    return _told(text, re.sub(r"[^a-z0-9_-]", "-", text.lower()))


def _label_key(text: str) -> str:
    """A key begins with a letter, too."""
    clean = re.sub(r"[^a-z0-9_-]", "-", text.lower())
    return _told(text, clean if clean[:1].isalpha() else f"x{clean}")


def _told(text: str, clean: str) -> str:
    """*clean*, and a hash of *text* unless it is *text* itself, within the length of a label."""
    looks_hashed = re.search(rf"-[0-9a-f]{{{HASH_DIGITS}}}$", text)
    if clean == text and len(text) <= LONGEST_LABEL and not looks_hashed:
        return text
    digest = _digest(text)
    kept = clean[: LONGEST_LABEL - HASH_DIGITS - 1].rstrip("-_.")
    return f"{kept}-{digest}" if kept else f"x-{digest}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]


def node_labels(pool: MemberPool) -> Mapping[str, str]:
    """What the nodes of *pool* carry in Kubernetes: workloads are steered by these."""
    return {
        **pool.labels,
        POOL: _node_label(pool.name),
        "broker.dev/capacity-type": pool.capacity_type.value,
        "broker.dev/accelerator": _node_label(pool.accelerator or "none"),
        **{f"workload.broker.dev/{_node_label(name)}": "true" for name in pool.workloads},
    }


def _node_label(text: str) -> str:
    """*text* as Kubernetes accepts it: 63 letters, digits, `-`, `_` and `.`, no sign at an end."""
    return _told(text, re.sub(r"[^A-Za-z0-9_.-]", "-", text).strip("-_."))
