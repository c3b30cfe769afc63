"""`broker state replicate` and `broker state promote`: the copy of the state, by hand."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, CloudError, StateConflict, StateInvalid, UsageInvalid
from broker.ports.replicas import Copied, StateReplica
from broker.ports.state import Journal, Lease, State, StateStore
from broker.usecases.state import Books, noted

LEAP = 1000
"""By how much the serial of a promoted replica grows: what was written and not copied has lower ones.

So no plan for a state that is lost fits the one that took its place.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How the replica stands to the state; *behind* is None where one of both can not be read.

    *why* says so of the replica, and *hint* what to do; *unread* why the state itself can not be read.
    """

    address: str
    copied: Copied | None = None
    behind: int | None = None
    why: str = ""
    hint: str = ""
    unread: str = ""


def lag(states: StateStore, replica: StateReplica) -> Lag:
    """How many writes the replica is behind."""
    try:
        copied = replica.read()
    except BrokerError as error:
        return Lag(address=replica.address, why=str(error), hint=_hint(error))
    try:
        state = states.read()
    except BrokerError as error:
        return Lag(address=replica.address, copied=copied, unread=str(error), hint=_hint(error))
    if copied is not None and state is not None and copied.state.lineage != state.lineage:
        return Lag(
            address=replica.address,
            copied=copied,
            why="it is of another state",
            hint="Let BROKER_STATE_REPLICA name another place, or `broker state replicate -force` replaces "
            "it.",
        )
    written = 0 if state is None else state.serial
    kept = 0 if copied is None else copied.state.serial
    return Lag(address=replica.address, copied=copied, behind=written - kept)


def _hint(error: BrokerError) -> str:
    return " ".join(diagnostic.hint for diagnostic in error.diagnostics if diagnostic.hint)


def replicated(books: Books, replica: StateReplica | None, *, force: bool = False) -> State:
    """Copy what is recorded there, whatever is there with *force*; return it.

    Raises UsageInvalid where there is nothing to copy, or nowhere to; StateConflict where the replica was
    promoted or is another's; Locked, StateInvalid, CloudError and Unwritable.
    """
    chosen = _chosen(replica)
    held = books.locks.held("state replicate", who=books.who, wait_seconds=books.lock_seconds)
    with held as lease:
        state = books.states.read()
        if state is None:
            raise _nothing_recorded()
        with noted(books, "state-replicate", chosen.address, token=lease.token) as detail:
            chosen.copy(state, lease.token, force=force)
            detail["serial"] = state.serial
        books.journal.checkpoint()
        return state


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What promoting would come to: *copied*, of *address*, becomes the state.

    *is_reachable*: the state itself can still be reached, and nobody else changes it meanwhile: nothing is
    lost.
    """

    address: str
    copied: Copied
    is_reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The *replica* with the *journal* beside it, and the state as its replica, where it can be one."""

    replica: StateReplica | None
    journal: Callable[[], Journal]
    turned: StateReplica | None


def promoted(
    books: Books, sides: Sides, agree: Callable[[Promotion], bool], *, force: bool = False
) -> State | None:
    """Make the replica the state; None if the user does not *agree*.

    While the state can still be reached, nobody else may be changing it; the newest of it is copied first,
    and it becomes the replica in turn. Raises UsageInvalid where there is no replica, StateConflict where
    that is a state already, or was copied from another place, unless *force*; Locked, StateInvalid for a damaged replica, CloudError and Unwritable.
    """
    replica = _chosen(sides.replica)
    with ExitStack() as stack:
        lease = _held(books, replica, stack)
        copied = replica.read()
        if copied is None:
            raise _nothing_there(replica)
        is_reachable = lease is not None
        if not force and not is_reachable and not copied.is_from(replica.source):
            raise _of_elsewhere(replica, copied)
        asked = Promotion(address=replica.address, copied=copied, is_reachable=is_reachable)
        if not agree(asked):
            return None
        new = replace(copied.state, serial=copied.state.serial + LEAP, under_way=None)
        _promote(replica, copied, new, replace(books, journal=sides.journal()))
        if lease is not None and sides.turned is not None:
            sides.turned.copy(new, lease.token, force=True)
        return new


def _promote(replica: StateReplica, copied: Copied, new: State, books: Books) -> None:
    """Note it in the journal beside the promoted state, with how far that of its source had come."""
    head, token = copied.journal, copied.token + 1
    with noted(books, "state-promote", replica.address, token=token) as detail:
        replica.promote(copied, new)
        detail |= {"source": copied.source, "from": copied.state.serial, "serial": new.serial}
        detail["journal"] = None if head is None else {"size": head.size, "root": head.root}
    books.journal.checkpoint()


def _held(books: Books, replica: StateReplica, stack: ExitStack) -> Lease | None:
    """The lock of the state until *stack* ends, with the state copied.

    None if it can not be reached or read, or is not there: what was written after the copy is lost then.
    """
    held = books.locks.held("state promote", who=books.who, wait_seconds=books.lock_seconds)
    try:
        lease = stack.enter_context(held)
        state = books.states.read()
    except (CloudError, StateInvalid):
        return None
    if state is None:
        return None
    replica.copy(state, lease.token)
    return lease


def _chosen(replica: StateReplica | None) -> StateReplica:
    if replica is None:
        raise UsageInvalid(
            Diagnostic(
                code="replica-missing",
                subject="BROKER_STATE_REPLICA",
                summary="The state has no replica",
                hint="Let BROKER_STATE_REPLICA name a place in another cloud, as BROKER_STATE does: "
                "gs://BUCKET/PREFIX; or a folder on another disk.",
            )
        )
    return replica


def _nothing_recorded() -> UsageInvalid:
    return UsageInvalid(
        Diagnostic(
            code="state-missing",
            subject="broker state replicate",
            summary="Nothing is recorded here yet: there is no state to be copied",
            hint="`broker apply` makes one, and copies it.",
        )
    )


def _nothing_there(replica: StateReplica) -> StateConflict:
    return StateConflict(
        Diagnostic(
            code="replica-empty",
            subject=replica.address,
            summary=f"Nothing was copied to {replica.address} yet",
            hint="`broker state replicate` copies the state there, while it can be reached.",
        )
    )


def _of_elsewhere(replica: StateReplica, copied: Copied) -> StateConflict:
    return StateConflict(
        Diagnostic(
            code="replica-of-elsewhere",
            subject=replica.address,
            summary=f"Nothing was promoted: {replica.address} was copied from {copied.source}, and the "
            f"state that can not be reached or read is that in {replica.source}",
            hint=f"Look whether BROKER_STATE is spelled as it should be: was {copied.source} meant? "
            "-force makes the replica the state all the same, without asking.",
        )
    )
