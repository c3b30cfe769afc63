"""`broker force-unlock`: free a lock whose holder hangs."""

from dataclasses import dataclass

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.ports.clock import Clock
from broker.ports.state import Entry, Journal, Lease, Locks


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocking:
    """The lock, where it is written down that it was broken, and by *who*."""

    locks: Locks
    journal: Journal
    clock: Clock
    who: str


def holder_of(locks: Locks, lock_id: str) -> Lease:
    """The lease with that id, as it is now; raises UsageInvalid if it is not the present one."""
    lease = locks.current()
    if lease is not None and lease.id == lock_id:
        return lease
    raise UsageInvalid(
        Diagnostic(
            code="lock-not-held",
            subject=lock_id,
            summary=f"There is no lock with the ID {lock_id}",
            detail=""
            if lease is None
            else f"Held is {lease.id}, by {lease.who} for {lease.operation}.",
            hint="Nothing is locked; there is nothing to do."
            if lease is None
            else "The ID is in the message of the command that could not get the lock.",
        )
    )


def force_unlock(around: Unlocking, lease: Lease) -> None:
    """Free it: its holder, if it lives, can record nothing more.

    Raises UsageInvalid if it is not held any more, and Unwritable.
    """
    _say(around, "intent", lease)
    around.locks.break_lock(lease.id)
    _say(around, "outcome", lease)
    around.journal.checkpoint()


def _say(around: Unlocking, phase: str, lease: Lease) -> None:
    around.journal.append(
        Entry(
            at=around.clock.now(),
            who=around.who,
            act="force-unlock",
            phase=phase,
            subject=lease.id,
            token=f"{lease.token}",
            detail={"holder": lease.who, "operation": lease.operation},
        )
    )
