"""-lock=false: nobody's lock stands in the way, and still no two write.

Without a lock nothing could tell a late writer from the present one. So who is in the way loses the
lock, as by `broker force-unlock`, and the one who insists holds it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import UsageInvalid
from broker.ports.state import Lease, Locks, Lost, unheard
from broker.usecases.force_unlock import Unlocking, force_unlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Insisting:
    """The locks of *unlocking*, held by whoever asks; *told* hears of a holder that was set aside."""

    unlocking: Unlocking
    told: Callable[[Diagnostic], None]

    @contextmanager
    def held(
        self, operation: str, *, who: str, wait_seconds: float = 0.0, lost: Lost = unheard
    ) -> Iterator[Lease]:
        """Hold it, though somebody else does. Raises Unwritable, and Locked if it is taken meanwhile."""
        locks = self.unlocking.locks
        holder = locks.current()
        if holder is not None:
            with suppress(UsageInvalid):  # it has ended by itself
                force_unlock(self.unlocking, holder)
                self.told(_set_aside(holder))
        with locks.held(operation, who=who, wait_seconds=wait_seconds, lost=lost) as lease:
            yield lease

    def current(self) -> Lease | None:
        """Who holds it now."""
        return self.unlocking.locks.current()

    def renew(self, lease: Lease) -> None:
        """Say that the holder lives; raises Locked if somebody else insisted."""
        self.unlocking.locks.renew(lease)

    def break_lock(self, lock_id: str) -> None:
        """Free the lock with that id; raises UsageInvalid if it is not held."""
        self.unlocking.locks.break_lock(lock_id)


_: type[Locks] = Insisting


def _set_aside(lease: Lease) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="lock-set-aside",
        subject=lease.id,
        summary=f"{lease.who} held the lock for {lease.operation}, and was set aside: -lock=false",
        detail="What it was changing in a cloud at that moment may be unrecorded until it is mended.",
        hint="-lock-timeout=5m waits for others in place of that.",
    )
