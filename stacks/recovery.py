"""Mends the record of a stack whose owner died: adopts what was made and is not recorded."""

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import EngineFailed
from broker.ports.provisioning import Recovery
from stacks import records
from stacks import recovery_rules as rules
from stacks.command import CommandEnded, End
from stacks.failures import failure
from stacks.member_runs import MemberRuns
from stacks.records import Document
from stacks.steps import Complaint

CREATING = "creating"
CHANGING = frozenset({"updating", "deleting"})
"""The resource is in the record; what became of it is read from the cloud."""


class Lookup(StrEnum):
    """How to find what was being made: a sandbox knows it by its URN, a cloud by what we named it."""

    IN_SANDBOX = "sandbox"
    IN_CLOUD = "cloud"


def mend(
    runs: MemberRuns, lookup: Lookup, *, is_owner_dead: bool
) -> tuple[Recovery, Document | None]:
    """Leave a record that says what there is, and return what was mended with that record.

    May be killed at any point, and is then run again.

    Each resource that was being made is looked for in the cloud, through the engine, in a record of
    its own; the real one is replaced once, when all is known. The engine's own means are worse: it
    forgets such resources, or makes them twice. *is_owner_dead* allows to free its lock.
    """
    document = runs.export()
    locked = runs.stack.is_locked() if is_owner_dead and document is not None else False
    if locked is not False:
        # Where a lock can not be seen, freeing one that is not there does no harm.
        runs.briefly(runs.stack.cancel)
        runs.workshop.failpoint("recover-cancelled")
    freed = bool(locked)
    pending = records.pending_operations(document) if document else []
    doubted = _doubted(runs, document, pending, lookup) if document else []
    if document is None or not (pending or doubted):
        runs.doubts.clear()
        return Recovery(freed_lock=freed), document
    created = [*(p["resource"] for p in pending if p["type"] == CREATING), *doubted]
    found = _found(runs, document, created, lookup) if created else {}
    runs.briefly(lambda bounds: runs.stack.put(bounds, records.adopting(document, found)))
    runs.doubts.clear()
    runs.workshop.failpoint("recover-imported")
    _settle(runs, sorted({p["resource"]["urn"] for p in pending if p["type"] in CHANGING}))
    recovery = Recovery(
        freed_lock=freed,
        adopted=tuple(sorted(records.stack_resource(r) for r in found.values())),
        forgotten=tuple(sorted(r["urn"] for r in created if r["urn"] not in found)),
    )
    return recovery, runs.export()


def _doubted(
    runs: MemberRuns, document: Document, pending: Sequence[Document], lookup: Lookup
) -> list[Document]:
    """What a cloud refused to make, may have made, and nobody has recorded since.

    What can not be looked for is left out: most of it was not made, and its error was told.
    """
    known = {r["urn"] for r in records.resources(document)}
    known |= {p["resource"]["urn"] for p in pending}
    unknown = [resource for resource in runs.doubts.all() if resource["urn"] not in known]
    return [resource for resource in unknown if _has_id(runs, document, resource, lookup)]


def _has_id(runs: MemberRuns, document: Document, resource: Document, lookup: Lookup) -> bool:
    try:
        return bool(_id(runs, document, resource, lookup))
    except EngineFailed:
        return False


def _found(
    runs: MemberRuns, document: Document, created: Sequence[Document], lookup: Lookup
) -> Mapping[str, Document]:
    """Ask the cloud about each of *created*; return those that are there, with what it says of them."""
    ids = {r["urn"]: _id(runs, document, r, lookup) for r in created}
    candidates = [
        {**r, "id": ids[r["urn"]], "outputs": r.get("outputs") or {}}
        for r in created
        if ids[r["urn"]]
    ]
    urns = [candidate["urn"] for candidate in candidates]
    if not urns:
        return {}
    with runs.elsewhere(records.assuming(document, candidates)) as scratch:
        scratch.run(
            lambda bounds, heard: scratch.stack.refresh(bounds, heard, target=urns),
            is_question=True,
        )
        read = scratch.export()
    held = records.resources(read) if read else []
    return {r["urn"]: r for r in held if r["urn"] in urns and not r.get("delete")}


def _id(runs: MemberRuns, document: Document, resource: Document, lookup: Lookup) -> str:
    """Return by what the cloud may know it; empty if it has no such thing, or may make it again."""
    if lookup is Lookup.IN_SANDBOX:
        return str(resource["urn"])
    if resource["type"] in rules.REPEATABLE:
        return ""
    known = rules.facts(records.resources(document), os.environ)
    found = rules.named_id(resource, known)
    if found is not None:
        return found
    ids = _tagged(runs, resource)
    if ids is None or len(ids) > 1:
        raise EngineFailed(_unknown(runs, resource, ids or []))
    return ids[0] if ids else ""


def _tagged(runs: MemberRuns, resource: Document) -> list[str] | None:
    from stacks.recovery_tags import NotAsked, tagged_ids  # noqa: PLC0415 - boto3 takes a second

    try:
        return tagged_ids(resource, os.environ)
    except NotAsked as error:
        complaint = Complaint(urn=resource["urn"], message=str(error))
        ended = CommandEnded(End.FAILED, 1, "", "")
        raise failure(runs.member, ended, [complaint], runs.hidden) from error


def _unknown(runs: MemberRuns, resource: Document, ids: Sequence[str]) -> Diagnostic:
    name = records.name_in(resource["urn"])
    several = f"The cloud has several that could be it: {', '.join(ids)}."
    nothing = f"{resource['type']} has no name and no tags of ours by which to look for it."
    return Diagnostic(
        code="pending-create-unknown",
        subject=f"{runs.member.name}/{name}",
        summary=f"{runs.member.name}: nobody recorded whether {name} was made",
        detail=several if ids else nothing,
        hint="Look for it in the cloud's console, delete it there, then run `broker state rm` "
        "for it and apply again.",
    )


def _settle(runs: MemberRuns, urns: Sequence[str]) -> None:
    """Read from the cloud what became of resources that were being changed or deleted."""
    if not urns:
        return
    runs.run(lambda bounds, heard: runs.stack.refresh(bounds, heard, target=urns))
    document = runs.export()
    if document is not None and records.pending_operations(document):
        runs.briefly(lambda bounds: runs.stack.put(bounds, records.without_pending(document)))
