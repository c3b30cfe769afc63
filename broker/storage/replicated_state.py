"""A state with a replica: each write is copied there, and reading verbs fall back to it.

What changes the fleet goes by the state alone: its lock is there. Who can not reach it changes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import (
    BrokerError,
    CloudError,
    NotFound,
    StateConflict,
    StateInvalid,
    Unavailable,
)
from broker.domain.wording import many
from broker.ports.clock import Clock
from broker.ports.replicas import Copied, StateReplica
from broker.ports.state import Lease, Locks, Lost, State, StateStore, unheard

Told = Callable[[Sequence[Diagnostic]], None]
"""Hears of what is found, and refuses nothing."""

MOST_FAILURES = 1
"""So often in one command a copy may fail before no other is tried: the place was asked again and again."""

SUPERSEDED = "replica-promoted"


def untold(_: Sequence[Diagnostic]) -> None:
    """Nobody hears of it."""


@dataclass(slots=True, kw_only=True)
class ReplicatedStates:
    """The state in *primary*, each write of which is copied into *replica* once it is there for good.

    *told* hears once of copies that fail: the act does not. It does where the replica was promoted, since
    what is in *primary* is not the state any more then.
    """

    primary: StateStore
    replica: StateReplica
    told: Told = untold
    _failures: int = field(default=0, init=False)

    def read(self) -> State | None:
        """As it is in the primary; raises StateInvalid where that is gone, and was copied."""
        state = self.primary.read()
        if state is None:
            _check_not_lost(self.replica)
        return state

    def write(self, state: State, lease: Lease) -> State:
        """Copied once it is written; raises StateConflict where the replica was promoted, too."""
        return self._copied(self.primary.write(state, lease), lease)

    def replace(self, state: State, lease: Lease) -> State:
        """The same."""
        return self._copied(self.primary.replace(state, lease), lease)

    def _copied(self, state: State, lease: Lease) -> State:
        if self._failures >= MOST_FAILURES:
            return state
        try:
            self.replica.copy(state, lease.token)
        except (CloudError, StateConflict, StateInvalid) as error:
            if any(diagnostic.code == SUPERSEDED for diagnostic in error.diagnostics):
                raise
            self._failures += 1
            self.told([_not_copied(self.replica.address, state, error)])
        return state


_states: type[StateStore] = ReplicatedStates


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableStates:
    """The state in *primary* for who only reads: where that can not be reached, what *replica* holds.

    *told* hears whose copy it is, of when, and why. Nothing can be written.
    """

    primary: StateStore
    replica: StateReplica
    clock: Clock
    told: Told

    def read(self) -> State | None:
        """Raises what the primary raises, where the replica is of no help, and StateInvalid for one that is gone."""
        try:
            state = self.primary.read()
        except NotFound:
            raise  # which is an answer: the address is wrong
        except CloudError as error:
            copied = _readable(self.replica)
            if copied is None:
                raise
            self.told([_from_replica(self.replica, copied, self.clock.now(), error)])
            return copied.state
        if state is None:
            _check_not_lost(self.replica)
        return state

    def write(self, state: State, lease: Lease) -> State:
        """Never: raises StateConflict."""
        raise StateConflict(*_only_read(lease))

    def replace(self, state: State, lease: Lease) -> State:
        """Never: raises StateConflict."""
        raise StateConflict(*_only_read(lease))


_readers: type[StateStore] = ReadableStates


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicatedLocks:
    """The lock on a state with a *replica*: who can not get it hears how the replica takes its place."""

    locks: Locks
    replica: StateReplica
    clock: Clock

    @contextmanager
    def held(
        self, operation: str, *, who: str, wait_seconds: float = 0.0, lost: Lost = unheard
    ) -> Iterator[Lease]:
        """Raises Unavailable where the state can not be reached, and StateConflict where it is none any more."""
        with ExitStack() as stack:
            held = self.locks.held(operation, who=who, wait_seconds=wait_seconds, lost=lost)
            try:
                lease = stack.enter_context(held)
            except NotFound:
                raise
            except CloudError as error:
                raise Unavailable(*error.diagnostics, self._way_on()) from error
            _check_not_promoted(self.replica, operation)
            yield lease

    def current(self) -> Lease | None:
        """As it is."""
        return self.locks.current()

    def renew(self, lease: Lease) -> None:
        """As it is."""
        self.locks.renew(lease)

    def break_lock(self, lock_id: str) -> None:
        """As it is."""
        self.locks.break_lock(lock_id)

    def _way_on(self) -> Diagnostic:
        copied = _readable(self.replica)
        address = self.replica.address
        there = "It can not be read now."
        if copied is not None:
            there = f"It holds {_described(copied, self.clock.now())}."
        if copied is not None and not copied.is_from(self.replica.source):
            return Diagnostic(
                code="state-unavailable",
                subject=self.replica.source,
                summary=f"Nothing was changed: the state in {self.replica.source} can not be reached, and "
                f"{address} is no replica of it, but of {copied.source}",
                detail=there,
                hint=_which(copied),
            )
        return Diagnostic(
            code="state-unavailable",
            subject=address,
            summary=f"Nothing was changed: the state can not be reached, and {address} is a replica of it",
            detail=there,
            hint="Wait until it can be reached again. If it is lost, or will not be soon, `broker state "
            "promote` makes the replica the state; what was written and not copied is lost then.",
        )


_locks: type[Locks] = ReplicatedLocks


def _check_not_promoted(replica: StateReplica, operation: str) -> None:
    """Raise StateConflict if it was; where nobody can say, and while it is copied by hand, go on."""
    try:
        replica.read()
    except StateConflict:
        if operation not in BY_HAND:
            raise
    except (CloudError, StateInvalid):
        return


BY_HAND = frozenset({"state replicate", "state promote"})
"""The operations that look at the replica themselves."""


def _check_not_lost(replica: StateReplica) -> None:
    """Raise StateInvalid if there was a state: whoever begins anew makes all of its fleet again."""
    copied = _readable(replica)
    if copied is None or not copied.state.members:
        return
    clusters = many(len(copied.state.members), "cluster")
    raise StateInvalid(
        Diagnostic(
            code="state-lost",
            subject=replica.source,
            summary=f"There is no state, and its replica {replica.address} holds one, with {clusters}",
            detail=f"It is serial {copied.state.serial} of fleet {copied.state.fleet}, copied from "
            f"{copied.source} at {copied.copied_at:%Y-%m-%d %H:%M:%S}Z.",
            hint="Look whether this is the right folder, workspace and BROKER_STATE. If the state is gone, "
            "`broker state promote` makes the replica the state. To begin another fleet, let "
            "BROKER_STATE_REPLICA name another place.",
        )
    )


def _readable(replica: StateReplica) -> Copied | None:
    try:
        return replica.read()
    except BrokerError:
        return None


def _described(copied: Copied, now: datetime) -> str:
    minutes = max(0, round((now - copied.copied_at).total_seconds() / 60))
    return (
        f"serial {copied.state.serial} of lineage {copied.state.lineage}, copied from {copied.source} at "
        f"{copied.copied_at:%Y-%m-%d %H:%M:%S}Z, {minutes:,} min ago"
    )


def _not_copied(address: str, state: State, error: BrokerError) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="replica-behind",
        subject=address,
        summary=f"The state is written, and its replica {address} is behind: serial {state.serial} could "
        "not be copied, nor what this command writes after it",
        detail="\n".join(diagnostic.summary for diagnostic in error.diagnostics),
        hint="`broker state replicate` copies it by hand. `broker doctor` tells how far it is behind.",
    )


def _which(copied: Copied) -> str:
    return (
        f"Look whether BROKER_STATE is spelled as it should be: was {copied.source} meant? If the state "
        "is called otherwise now, `broker state replicate -force` says so to the replica, once both can be "
        "reached."
    )


def _from_replica(
    replica: StateReplica, copied: Copied, now: datetime, error: BrokerError
) -> Diagnostic:
    address = replica.address
    why = "\n".join(diagnostic.summary for diagnostic in error.diagnostics)
    if not copied.is_from(replica.source):
        return Diagnostic(
            severity=Severity.WARNING,
            code="state-from-replica",
            subject=replica.source,
            summary=f"The state in {replica.source} can not be reached, and what follows is NOT a copy of "
            f"it: the replica {address} holds the state of {copied.source}",
            detail=f"It is {_described(copied, now)}.\n{why}",
            hint=_which(copied),
        )
    return Diagnostic(
        severity=Severity.WARNING,
        code="state-from-replica",
        subject=address,
        summary=f"The state can not be reached: what follows is from its replica {address}, and may be old",
        detail=f"It is {_described(copied, now)}.\n{why}",
        hint="Nothing can be changed before the state can be reached again, or `broker state promote` "
        "makes the replica the state.",
    )


def _only_read(lease: Lease) -> list[Diagnostic]:
    return [
        Diagnostic(
            code="state-fenced",
            subject=lease.id,
            summary=f"This {lease.operation} reads the state and can not change it",
            hint="Run a command that changes the fleet.",
        )
    ]
