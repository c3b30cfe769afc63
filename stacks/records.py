"""The engine's own record of a stack, as it exports it: what it holds, and its digest. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from broker.domain.ids import ClusterName
from broker.domain.members import StackResource, StackState
from stacks.sizes import sizes_in

Document = dict[str, Any]
"""What `pulumi stack export` prints, secrets encrypted."""

ROOT = "pulumi:pulumi:Stack"
PROVIDERS = "pulumi:providers:"

SECRET_KEY = "4dabf18193072939515e22adb298388d"  # noqa: S105
"""The key by which the engine marks a value that is not plain."""
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105

DIGESTED = ("urn", "type", "id", "inputs", "outputs", "protect", "delete", "external",
            "pendingReplacement", "retainOnDelete", "initErrors")  # fmt: skip
"""What of a resource is part of the digest: not times, and not lines and folders of programs."""

CLUSTER_PROVIDER = "pulumi:providers:kubernetes"


def resources(document: Document) -> list[Document]:
    """All that is recorded, in the engine's order, with its own bookkeeping."""
    return list(document["deployment"].get("resources") or [])


def needs_program(document: Document) -> bool:
    """Whether its program has to run even to read or delete what it made.

    Hooks live in the program; and what opens a cluster (a token of minutes) is in the record as it was
    when the program ran last.
    """
    return any(
        resource.get("resourceHooks") or resource.get("type") == CLUSTER_PROVIDER
        for resource in resources(document)
    )


def pending_operations(document: Document) -> list[Document]:
    """What was begun and whose end nobody recorded."""
    return list(document["deployment"].get("pending_operations") or [])


def is_of_a_cloud(resource_type: str, *, is_custom: bool = True) -> bool:
    """Whether a cloud has it: neither the stack itself, nor a provider, nor a mere grouping."""
    return is_custom and resource_type != ROOT and not resource_type.startswith(PROVIDERS)


def name_in(urn: str) -> str:
    """Return the name that a program gave to a resource."""
    return urn.rpartition("::")[2]


def checkpoint(document: Document | None) -> str | None:
    """Digest what is recorded; None if that is nothing."""
    if document is None:
        return None
    # The order of what does not depend on each other is another one after each run.
    held = sorted(
        (r for r in resources(document) if is_of_a_cloud(r["type"], is_custom=r["custom"])),
        key=lambda r: (r["urn"], str(r.get("id"))),
    )
    pending = sorted(pending_operations(document), key=lambda p: str(p["resource"]["urn"]))
    if not held and not pending:
        return None
    facts = {
        # Secrets are left out: the engine encrypts them anew now and then, which changes nothing.
        "resources": [{key: plain(r[key]) for key in DIGESTED if key in r} for r in held],
        "pending": [{"type": p["type"], "urn": p["resource"]["urn"]} for p in pending],
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def state(member: ClusterName, document: Document | None) -> StackState:
    """What the record of *member* says that there is."""
    return StackState(
        member=member,
        resources=tuple(sorted(held_in(document))) if document else (),
        outputs={**outputs(document), **_sizes(document)} if document else {},
        checkpoint=checkpoint(document),
    )


def _sizes(document: Document) -> dict[str, Any]:
    """Under the word by which a plan asks for it."""
    found = sizes_in(document)
    return {"sizes": found} if found else {}


def held_in(document: Document) -> Iterator[StackResource]:
    """Each resource of a cloud, without those that only wait to be deleted."""
    for resource in resources(document):
        if is_of_a_cloud(resource["type"], is_custom=resource["custom"]) and not resource.get(
            "delete"
        ):
            yield stack_resource(resource)


def stack_resource(resource: Document) -> StackResource:
    """Return a resource of the record as a value."""
    return StackResource(
        urn=resource["urn"],
        type=resource["type"],
        name=name_in(resource["urn"]),
        id=str(resource.get("id", "")),
    )


def outputs(document: Document) -> dict[str, Any]:
    """What the program told the world, without secrets."""
    roots = [r for r in resources(document) if r["type"] == ROOT]
    told = roots[0].get("outputs") or {} if roots else {}
    return {name: plain(value) for name, value in told.items() if not is_secret(value)}


def is_secret(value: Any) -> bool:
    """Whether the engine has encrypted or hidden it."""
    return isinstance(value, Mapping) and value.get(SECRET_KEY) == SECRET_MARK


def plain(value: Any) -> Any:
    """*value* with None in the place of each secret in it."""
    if is_secret(value):
        return None
    if isinstance(value, Mapping):
        return {key: plain(below) for key, below in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(below) for below in value]
    return value


def is_protected(resource: Document) -> bool:
    """Whether the cloud itself would refuse to delete it."""
    return (resource.get("inputs") or {}).get("deletionProtection") is True


def assuming(document: Document, candidates: Sequence[Document]) -> Document:
    """Return *document* as if *candidates* were made, without anything pending: a question to a cloud."""
    asked = {candidate["urn"]: candidate for candidate in candidates}
    # In the place of one that is being replaced: those that depend on it come after it.
    held = [asked.pop(r["urn"], r) for r in resources(document) if not r.get("delete")]
    return _with(document, [*held, *asked.values()], [])


def adopting(document: Document, found: Mapping[str, Document]) -> Document:
    """Return *document* with what was *found*, and nothing pending but what was being changed."""
    left = dict(found)
    held, replaced = [], []
    for resource in resources(document):
        new = None if resource.get("delete") else left.pop(resource["urn"], None)
        if new is None:
            held.append(resource)
            continue
        held.append(new)
        # The old one was to go once the new one is there; a mark alone was deleted before.
        if not resource.get("pendingReplacement"):
            replaced.append({**resource, "delete": True})
    changing = [p for p in pending_operations(document) if p["type"] in {"updating", "deleting"}]
    return _with(document, [*held, *left.values(), *replaced], changing)


def holding(document: Document, held: Sequence[Document]) -> Document:
    """Return *document* with *held* in it, and nothing pending."""
    return _with(document, held, [])


def without_pending(document: Document) -> Document:
    """Return *document* with nothing pending."""
    return _with(document, resources(document), [])


def _with(document: Document, held: Sequence[Document], pending: Sequence[Document]) -> Document:
    deployment = {**document["deployment"], "resources": list(held)}
    deployment.pop("pending_operations", None)
    if pending:
        deployment["pending_operations"] = list(pending)
    return {**document, "deployment": deployment}
