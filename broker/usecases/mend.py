"""Before anything else is changed: mend what somebody left half done, and read what is there."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import BrokerError, CloudError, EngineFailed, NotOurs
from broker.domain.ids import ClusterName
from broker.domain.members import Member, StackState
from broker.planning.member_documents import member_of
from broker.ports.provisioning import Recovery
from broker.ports.state import MemberRecord
from broker.usecases.operation import Means, Operation
from broker.usecases.previews import check_kept

OF_ONE_MEMBER = (CloudError, EngineFailed, NotOurs)
"""What keeps one member from being looked at, and says nothing about the others."""

Aside = Mapping[ClusterName, BrokerError]
"""The members that can not be looked at now, and why: they are left as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What was *recovered* of what somebody had left half done; members *aside* could not be."""

    recovered: Mapping[ClusterName, Recovery] = field(default_factory=dict)
    aside: Aside = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What stacks hold that *moved*; the clouds of members *aside* did not say."""

    moved: Mapping[ClusterName, StackState] = field(default_factory=dict)
    aside: Aside = field(default_factory=dict)


def mend(operation: Operation) -> Mended:
    """Let the engine mend every member whose change began and did not end well.

    Where the engine has lost its record of one that was there, what the cloud has of it is recorded again:
    else all of it would be made a second time. The member stays tainted until it is made true. One of which the cloud does not answer holds back
    no other. Raises what the provisioner raises beside that.
    """
    recovered: dict[ClusterName, Recovery] = {}
    aside: dict[ClusterName, BrokerError] = {}
    for record in operation.state.members:
        if not record.is_tainted:
            continue
        try:
            recovered[record.name] = _recover(record, operation)
        except _OfOneMember as found:
            aside[record.name] = found.error
    return Mended(recovered=recovered, aside=aside)


class _OfOneMember(Exception):
    """One of OF_ONE_MEMBER, from the engine: the same errors of a lock or a journal end all."""

    def __init__(self, error: BrokerError) -> None:
        super().__init__(str(error))
        self.error = error


def _recover(record: MemberRecord, operation: Operation) -> Recovery:
    means, member = operation.means, member_of(record.member)
    operation.intend("recover", member.name)
    try:
        recovery = means.provisioner.recover(member, watch=means.watch)
        if record.checkpoint is not None:
            recovery = _with_lost(recovery, member, means)
    except BrokerError as error:
        operation.fail("recover", member.name, error)
        if isinstance(error, OF_ONE_MEMBER):
            raise _OfOneMember(error) from error
        raise
    operation.conclude(
        "recover",
        member.name,
        freed_lock=recovery.freed_lock,
        adopted=[resource.urn for resource in recovery.adopted],
        forgotten=list(recovery.forgotten),
    )
    return recovery


def _with_lost(recovery: Recovery, member: Member, means: Means) -> Recovery:
    """*recovery* with what was there and the engine knows nothing of: nothing, after a destroy."""
    if means.provisioner.state(member).checkpoint is not None:
        return recovery
    found = means.provisioner.adopt(member, watch=means.watch)
    return replace(recovery, adopted=tuple(sorted({*recovery.adopted, *found.adopted})))


def reread(operation: Operation, *, but: Aside) -> Reread:
    """Let every stack's record say what the cloud has, *but* of these, and return what is new.

    The state does not say so before `take_note`: until then it is drift that nobody has accepted.
    Raises StateConflict where the engine has lost a record, and what the provisioner raises beside
    what concerns one member alone.
    """
    means = operation.means
    records = [record for record in operation.state.members if record.name not in but]
    moved: dict[ClusterName, StackState] = {}
    aside = dict(but)
    with ThreadPoolExecutor(max_workers=max(1, means.parallel)) as pool:
        answers = [pool.submit(_refreshed, member_of(r.member), means) for r in records]
        for record, answer in zip(records, answers, strict=True):
            now = answer.result()
            if isinstance(now, BrokerError):
                aside[record.name] = now
                continue
            # One that has outputs still is there, though all of it is gone from the cloud.
            if record.outputs and not now.outputs:
                check_kept({record.name: now.checkpoint}, operation.state)
            if now.checkpoint != record.checkpoint:
                moved[record.name] = now
    return Reread(moved=moved, aside=aside)


def raise_aside(aside: Aside) -> None:
    """Raise why the first of these members can not be looked at: where all of them have to be."""
    for error in aside.values():
        raise error


def aside_warnings(aside: Aside) -> list[Diagnostic]:
    """What the user is told beforehand about each."""
    return [
        Diagnostic(
            severity=Severity.WARNING,
            code="member-set-aside",
            subject=f"cluster.{name}",
            summary=f"cluster.{name} is left as it is: {error.diagnostics[0].summary}",
            detail=error.diagnostics[0].detail,
            hint="Everything else is carried out. The same command goes on with it once it answers.",
        )
        for name, error in sorted(aside.items())
    ]


def take_note(operation: Operation, moved: Mapping[ClusterName, StackState]) -> None:
    """Record what was read, once the user has agreed to what follows from it."""
    for name, now in moved.items():
        operation.intend("refresh", name)
        operation.note(name, now)
        operation.conclude("refresh", name, checkpoint=now.checkpoint)


def _refreshed(member: Member, means: Means) -> StackState | BrokerError:
    means.reading(member.name, "started")
    try:
        return means.provisioner.refresh(member, watch=means.watch)
    except OF_ONE_MEMBER as error:
        return error
    finally:
        means.reading(member.name, "done")
