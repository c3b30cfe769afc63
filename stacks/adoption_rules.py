"""By what a cloud may know what a member wants, and whether what it has is that member's. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stacks import recovery_rules as rules
from stacks.goals import Goal
from stacks.records import Document

NAMED: Mapping[str, str] = {
    "aws:iam/rolePolicy:RolePolicy": "{role}:{name}",
    "azure-native:authorization:ManagementLockByScope": "{scope}/providers"
    "/Microsoft.Authorization/locks/{lockName}",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "{cryptoKeyId} {role} {member}",
    "gcp:projects/iAMMember:IAMMember": "{project} {role} {member}",
    "gcp:serviceaccount/iAMMember:IAMMember": "{serviceAccountId} {role} {member}",
}
"""Beside those of recovery: what it may make again without looking has to be found here."""

DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"

KEY_RING = r"projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+"

TOLD: Mapping[str, str] = {
    "gcp:kms/keyRing:KeyRing": KEY_RING,
    "gcp:kms/cryptoKey:CryptoKey": rf"{KEY_RING}/cryptoKeys/[^/\s]+",
}
"""What has a name that nobody can tell, for it can not be deleted: its cluster says its id."""

VAULT = "azure-native:keyvault:Vault"
VAULT_HOST = re.compile(r"https://([a-z0-9-]+)\.vault\.azure\.net/keys/")

MADE_UP = frozenset({*TOLD, VAULT})
"""Whose name the engine makes up: the one that it tells now is not the one that was made."""

MARKS = ("tags", "tagsAll", "labels", "effectiveLabels", "pulumiLabels", "resourceLabels")
"""Where a cloud says how something is marked; tags and labels of the broker are the same words."""


def ids(goal: Goal, held: Sequence[Document], known: Mapping[str, str]) -> Iterator[str]:
    """Yield by what the cloud may know it, as told from the names in its inputs and what is *held*."""
    resource = {"type": goal.type, "inputs": goal.inputs}
    values = {**known, **goal.inputs}
    named = rules.named_id(resource, known) or _formed(NAMED.get(goal.type, ""), values)
    if named and goal.type not in MADE_UP:
        yield named
    if goal.type == DEFAULT_GROUP:
        yield from _default_group(goal, held)
    yield from _told(goal, held, known)


def _formed(form: str, values: Mapping[str, Any]) -> str | None:
    fields = re.findall(r"\{(\w+)\}", form)
    if not form or not all(isinstance(values.get(f), str) and values[f] for f in fields):
        return None
    return form.format_map(values)


def _default_group(goal: Goal, held: Sequence[Document]) -> Iterator[str]:
    for resource in held:
        if resource.get("id") == goal.inputs.get("vpcId"):
            told = (resource.get("outputs") or {}).get("defaultSecurityGroupId")
            if told:
                yield str(told)


def _told(goal: Goal, held: Sequence[Document], known: Mapping[str, str]) -> Iterator[str]:
    texts = [text for each in held for text in _texts(each.get("outputs"))]
    if goal.type in TOLD:
        yield from (match[0] for match in map(re.compile(TOLD[goal.type]).search, texts) if match)
    if goal.type == VAULT:
        for match in filter(None, map(VAULT_HOST.search, texts)):
            inputs = {**goal.inputs, "vaultName": match[1]}
            yield rules.named_id({"type": VAULT, "inputs": inputs}, known) or ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for below in value.values():
            yield from _texts(below)
    elif isinstance(value, Sequence):
        for below in value:
            yield from _texts(below)


def marks_missing(goal: Goal, found: Document) -> list[str]:
    """Return what *found* is not marked with, of the words that name the member: `broker-fleet=a`.

    Empty where the program itself marks it with none of them.
    """
    wanted = _marks(goal.inputs)
    has = {**_marks(found.get("outputs") or {}), **_marks(found.get("inputs") or {})}
    return [
        f"{key}={wanted[key]}"
        for key in rules.IDENTITY
        if key in wanted and has.get(key) != wanted[key]
    ]


def _marks(values: Mapping[str, Any]) -> dict[str, Any]:
    nested = values.get("nodeConfig")
    found = _marks(nested) if isinstance(nested, Mapping) else {}
    for name in MARKS:
        told = values.get(name)
        if isinstance(told, Mapping):
            found |= told
    return found
