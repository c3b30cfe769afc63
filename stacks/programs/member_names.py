"""Physical names of what a stack makes: equal for equal members, and within each cloud's limits.

After a crash, what a cloud made and nobody recorded is found again by these names.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from broker.domain.members import Member, MemberPool

BETWEEN = "--"
"""Between the parts of a name; a part that could be mistaken for two is told by a hash."""

HASH_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a cloud accepts as a name: at most *longest* of lower-case letters, digits and hyphens.

    It begins with a letter. Without *has_hyphens*, letters and digits only.
    """

    longest: int
    has_hyphens: bool = True


EKS_CLUSTER = Limits(longest=100)
EKS_NODE_GROUP = Limits(longest=63)
IAM_ROLE = Limits(longest=64)
EC2_NAME = Limits(longest=128)
"""Launch templates; placement and security groups may have 255."""
KMS_ALIAS = Limits(longest=200)
AWS_BUDGET = Limits(longest=100)
RESOURCE_GROUP = Limits(longest=80)
"""Also the group that AKS makes for its nodes."""
AKS_CLUSTER = Limits(longest=63)
AKS_POOL = Limits(longest=12, has_hyphens=False)
AZURE_NAME = Limits(longest=80)
VIRTUAL_NETWORK = Limits(longest=64)
"""Shorter than other names of Azure's networks
(learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules)."""
AZURE_BUDGET = Limits(longest=63)
ACTION_GROUP = Limits(longest=12)
"""Its short name, which is in the subject of mails."""
DNS_PREFIX = Limits(longest=54)
VAULT_STEM = Limits(longest=15, has_hyphens=False)
"""The engine adds eight digits: 24 is the limit."""
GKE_CLUSTER = Limits(longest=40)
GKE_POOL = Limits(longest=40)
COMPUTE_NAME = Limits(longest=63)
SERVICE_ACCOUNT = Limits(longest=30)
KEY_STEM = Limits(longest=50)
"""The engine adds a hyphen and seven digits: 63 is the limit."""

Naming = Callable[..., str]


def name_of(limits: Limits, *parts: str) -> str:
    """*parts* in one name within *limits*; different parts never give the same name.

    What can not be told from the words alone (they were cut, changed, or could be divided in another
    way) ends in a hash of the parts.

    >>> name_of(GKE_CLUSTER, "research", "gcp-europe-west4")
    'research--gcp-europe-west4'
    >>> name_of(AKS_POOL, "Standard_ND96isr_H100_v5-spot")
    'stan41e5a9a7'
    """
    words = [_clean(part, limits) for part in parts]
    plain = (BETWEEN if limits.has_hyphens else "").join(words)
    is_told = (limits.has_hyphens or len(parts) == 1) and all(
        word == part and _is_one(part, limits) for word, part in zip(words, parts, strict=True)
    )
    if is_told and len(plain) <= limits.longest:
        return plain
    link = "-" if limits.has_hyphens else ""
    kept = plain[: limits.longest - HASH_DIGITS - len(link)].rstrip("-")
    return f"{kept}{link}{_hash(parts)}"


def member_name(limits: Limits, member: Member, *parts: str) -> str:
    """A name that is unique among all members of all fleets: fleet, cluster and *parts*."""
    return name_of(limits, member.fleet, member.name, *parts)


def pool_name(limits: Limits, pool: MemberPool) -> str:
    """A name that is unique among the pools of one cluster."""
    return name_of(limits, pool.name)


def stable_guid(*parts: str) -> str:
    """A GUID made from *parts*: where a cloud wants one as a name."""
    return str(uuid5(NAMESPACE_URL, "\n".join(parts)))


def _clean(part: str, limits: Limits) -> str:
    """*part* in the accepted characters, beginning with a letter and ending in no hyphen."""
    link = "-" if limits.has_hyphens else ""
    text = re.sub(r"[^a-z0-9-]+" if link else r"[^a-z0-9]+", link, part.lower()).strip("-")
    return text if text[:1].isalpha() else f"x{text}"


def _is_one(part: str, limits: Limits) -> bool:
    """Whether nobody could take *part* for two, or its end for a hash."""
    link = "-" if limits.has_hyphens else ""
    return BETWEEN not in part and not re.search(rf"{link}[0-9a-f]{{{HASH_DIGITS}}}$", part)


def _hash(parts: tuple[str, ...]) -> str:
    joined = "\n".join(parts)
    return hashlib.sha256(f"{len(parts)}\n{joined}".encode()).hexdigest()[:HASH_DIGITS]
