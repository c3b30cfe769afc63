"""Before anything else is changed: mend what somebody left half done, and read what is there."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from broker.domain.errors import BrokerError
from broker.domain.ids import ClusterName
from broker.domain.members import Member, StackState
from broker.planning.member_documents import member_of
from broker.ports.provisioning import Recovery
from broker.usecases.operation import Means, Operation
from broker.usecases.previews import check_kept


def mend(operation: Operation) -> dict[ClusterName, Recovery]:
    """Let the engine mend every member whose change began and did not end well.

    The member stays tainted until it is made true. Raises what the provisioner raises.
    """
    mended = {}
    for record in operation.state.members:
        if record.is_tainted:
            mended[record.name] = _recover(member_of(record.member), operation)
    return mended


def _recover(member: Member, operation: Operation) -> Recovery:
    means = operation.means
    operation.intend("recover", member.name)
    try:
        recovery = means.provisioner.recover(member, watch=means.watch)
    except BrokerError as error:
        operation.fail("recover", member.name, error)
        raise
    operation.conclude(
        "recover",
        member.name,
        freed_lock=recovery.freed_lock,
        adopted=[resource.urn for resource in recovery.adopted],
        forgotten=list(recovery.forgotten),
    )
    return recovery


def reread(operation: Operation) -> dict[ClusterName, StackState]:
    """Let every stack's record say what the cloud has, and return those that say something new.

    The state does not say so before `take_note`: until then it is drift that nobody has accepted.
    Raises StateConflict where the engine has lost a record, and what the provisioner raises.
    """
    means = operation.means
    records = operation.state.members
    moved = {}
    with ThreadPoolExecutor(max_workers=max(1, means.parallel)) as pool:
        answers = [pool.submit(_refreshed, member_of(r.member), means) for r in records]
        for record, answer in zip(records, answers, strict=True):
            now = answer.result()
            # One that has outputs still is there, though all of it is gone from the cloud.
            if record.outputs and not now.outputs:
                check_kept({record.name: now.checkpoint}, operation.state)
            if now.checkpoint != record.checkpoint:
                moved[record.name] = now
    return moved


def take_note(operation: Operation, moved: Mapping[ClusterName, StackState]) -> None:
    """Record what was read, once the user has agreed to what follows from it."""
    for name, now in moved.items():
        operation.intend("refresh", name)
        operation.note(name, now)
        operation.conclude("refresh", name, checkpoint=now.checkpoint)


def _refreshed(member: Member, means: Means) -> StackState:
    return means.provisioner.refresh(member, watch=means.watch)
