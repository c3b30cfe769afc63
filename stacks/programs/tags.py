"""Tags and labels by which everything of a member is known in its cloud."""

import hashlib
import re
from collections.abc import Mapping

from broker.domain.members import Member, MemberPool

FLEET = "broker-fleet"
CLUSTER = "broker-cluster"
RESOURCE = "broker-resource"
OWNER = "owner"

LONGEST_LABEL = 63
HASH_DIGITS = 8


def tags(member: Member, resource: str) -> dict[str, str]:
    """Tags of *resource*, which is its name in the stack: together they are its identity.

    The user's labels can not take the place of the broker's own.
    """
    return {
        **member.labels,
        OWNER: member.owner,
        FLEET: member.fleet,
        CLUSTER: member.name,
        RESOURCE: resource,
    }


def labels(member: Member, resource: str) -> dict[str, str]:
    """The same for clouds that accept only lower-case letters, digits, `-` and `_`, 63 at most."""
    return {
        label(key, longest=LONGEST_LABEL): label(value, longest=LONGEST_LABEL)
        for key, value in tags(member, resource).items()
    }


def label(text: str, *, longest: int) -> str:
    """*text* in those characters; what was changed ends in a hash, so that two stay two."""
    clean = re.sub(r"[^a-z0-9_-]", "-", text.lower())
    if clean == text and len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]
    return f"{clean[: longest - HASH_DIGITS - 1]}-{digest}"


def node_labels(pool: MemberPool) -> Mapping[str, str]:
    """What the nodes of *pool* carry in Kubernetes: workloads are steered by these."""
    return {
        **pool.labels,
        "broker.dev/pool": _node_label(pool.name),
        "broker.dev/capacity-type": pool.capacity_type.value,
        "broker.dev/accelerator": _node_label(pool.accelerator or "none"),
        **{f"workload.broker.dev/{_node_label(name)}": "true" for name in pool.workloads},
    }


def _node_label(text: str) -> str:
    """*text* as Kubernetes accepts it: 63 letters, digits, `-`, `_` and `.`, no sign at an end."""
    clean = re.sub(r"[^A-Za-z0-9_.-]", "-", text).strip("-_.")
    if clean == text and len(text) <= LONGEST_LABEL:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]
    return f"{clean[: LONGEST_LABEL - HASH_DIGITS - 1].rstrip('-_.')}-{digest}".lstrip("-")
