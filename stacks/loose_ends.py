"""Leaves a record without loose ends, whatever became of it and of the notes on what may have been made."""

from dataclasses import replace

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import EngineFailed
from broker.ports.provisioning import Recovery
from stacks.adoption import adopt
from stacks.member_runs import MemberRuns
from stacks.records import Document
from stacks.recovery import Lookup, mend


def tie_up(
    runs: MemberRuns, lookup: Lookup, *, is_owner_dead: bool
) -> tuple[Recovery, Document | None]:
    """Mend the record, and return what was mended with that record.

    Where nobody can read what was in doubt, or the record itself, all of the member is: what the program
    wants and the record does not have is looked for in the cloud. Raises what `mend` and `adopt` raise;
    the doubt stays then.
    """
    was_damaged = runs.stack.is_damaged()
    if was_damaged:
        runs.doubts.doubt_all()  # before the damage is gone: a kill in between must not hide it
        runs.stack.put_back()
    is_all_in_doubt = runs.doubts.are_unreadable()
    recovery, document = mend(runs, lookup, is_owner_dead=is_owner_dead)
    if not is_all_in_doubt:
        return recovery, document
    adoption = adopt(runs, lookup, document)
    runs.doubts.settle()
    adopted = tuple(sorted({*recovery.adopted, *adoption.adopted}))
    runs.watch.warned([_put_back(runs) if was_damaged else _unreadable(runs)])
    return replace(recovery, adopted=adopted), runs.export()


def as_recorded(runs: MemberRuns) -> tuple[Document | None, bool]:
    """The record for who changes nothing, and whether it is only a copy, of which the user is warned.

    That is the last whole one, where the record itself can not be read. Raises EngineFailed where there is none.
    """
    try:
        return runs.export(), False
    except EngineFailed:
        copy = runs.stack.last_whole() if runs.stack.is_damaged() else None
        if copy is None:
            raise
    runs.watch.warned([_read_from_copy(runs)])
    return copy, True


def _unreadable(runs: MemberRuns) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="doubts-damaged",
        subject=f"cluster.{runs.member.name}",
        summary=f"{runs.member.name}: it can not be read any more what its cloud may have made "
        "although it answered an error",
        detail="All that the cluster is made of was looked for in the cloud in its place.",
        hint="Nothing is to be done. A disk that damages files should be replaced.",
    )


def _read_from_copy(runs: MemberRuns) -> Diagnostic:
    return _damaged(
        runs,
        "is damaged; its last whole copy was read in its place",
        detail="What was made after that copy is not in it: it may be shown as still to be made.",
        hint="Make room if the disk was full. `broker apply` puts the copy back, and looks for the rest in the cloud.",
    )


def _put_back(runs: MemberRuns) -> Diagnostic:
    return _damaged(
        runs,
        "was damaged; its last whole copy was put back",
        detail="What the copy lacks was looked for in the cloud. What was damaged is kept beside it.",
        hint="Make room if the disk was full. `broker drift` shows whether anything is left to mend.",
    )


def _damaged(runs: MemberRuns, what: str, *, detail: str, hint: str) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="stack-record-damaged",
        subject=f"cluster.{runs.member.name}",
        summary=f"{runs.member.name}: the engine's record {what}",
        detail=detail,
        hint=hint,
    )
