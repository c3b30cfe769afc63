"""The lock on a state: a lease that its holder renews, with a number that only grows.

Nobody waits for a holder that is dead. On one computer that is seen at once; between computers, when
the lease was not renewed in time. Times of day are for people to read: clocks differ and are set, so
that a lease is timed by the clock that has run since the boot, or, from another computer, by watching
whether it is renewed.
"""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from broker.domain.canonical import canonical_json
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import (
    CloudError,
    Locked,
    StateInvalid,
    Unwritable,
    UsageInvalid,
)
from broker.ports.clock import Clock
from broker.ports.state import Lease, Locks, Lost, unheard
from broker.storage.heartbeat import KEPT, Heart
from broker.storage.holders import ThisProcess
from broker.storage.lease_book import LeaseBook, LeasePlace, LeaseRow
from broker.storage.lease_rows import LeaseTable
from broker.storage.log import record
from broker.storage.reserve import Reserve
from broker.storage.state_tables import FILE as STATE_FILE

FILE = "lock.db"
TTL_SECONDS = 30.0
POLL_SECONDS = 0.1
SKEW_SECONDS = 5.0
"""By how much the clocks of two computers may differ before a lease is thought to have run out."""


@dataclass(slots=True)
class _Sight:
    """When this process first saw a lease in its present beat."""

    seen: tuple[str, int] = ("", 0)
    at: float = 0.0


class Leases:
    """The lock whose book is in *place*, with leases of *ttl_seconds*; its holder keeps *room*, if there is any to keep."""

    def __init__(
        self,
        place: LeasePlace,
        clock: Clock,
        *,
        ttl_seconds: float = TTL_SECONDS,
        process: ThisProcess | None = None,
        room: AbstractContextManager[object] | None = None,
    ) -> None:
        self._place = place
        self._room = nullcontext() if room is None else room
        self._clock = clock
        self._ttl = ttl_seconds
        self._process = process or ThisProcess()
        self._sight = _Sight()

    @contextmanager
    def held(
        self, operation: str, *, who: str, wait_seconds: float = 0.0, lost: Lost = unheard
    ) -> Iterator[Lease]:
        """Renewed every third of its time by a thread of its own."""
        lease = self._taken_within(operation, who, wait_seconds)
        record(__name__, "has taken the lock", **_facts(lease))
        ended = Event()
        heart = self._heart(lease, ended, lost)
        # One that the process need not wait for: a lease left behind ends by itself.
        beating = Thread(target=heart.beat, name="lease", daemon=True)
        try:
            self._place.fence(lease.token)
            beating.start()
            with self._room:
                yield lease
        finally:
            ended.set()
            if beating.is_alive():
                beating.join()
            if not heart.unanswered.is_set():
                with suppress(Unwritable, CloudError, StateInvalid):
                    self._place.change(lambda book: _without(book, lease.id))
            record(__name__, "lets go of the lock", **_facts(lease))

    def current(self) -> Lease | None:
        """Read without changing anything."""
        row = self._place.read().row
        return None if row is None or self._is_over(row) else row.lease

    def renew(self, lease: Lease) -> None:
        """Put its end off."""

        def later(book: LeaseBook) -> LeaseBook:
            row = book.row
            if row is None or row.lease.id != lease.id:
                raise _lost(lease, row)
            ends = self._process.monotonic() + self._ttl
            renewed = replace(row.lease, expires_at=self._end())
            return replace(book, row=replace(row, lease=renewed, beat=row.beat + 1, ends=ends))

        self._place.change(later)
        record(__name__, "has renewed the lock", level="DEBUG", **_facts(lease))

    def break_lock(self, lock_id: str) -> None:
        """Whoever holds it finds out at the next renewal or write."""

        def broken(book: LeaseBook) -> LeaseBook:
            if book.row is None or book.row.lease.id != lock_id:
                raise _not_held(lock_id, book.row)
            return LeaseBook(token=book.token + 1)

        _ = broken(self._place.read())  # makes no book where there is none
        self._place.change(broken)
        record(__name__, "has broken the lock", id=lock_id)
        self._place.fence(self._place.read().token)

    def _taken_within(self, operation: str, who: str, wait_seconds: float) -> Lease:
        patience = self._process.monotonic() + wait_seconds
        while True:
            taken = self._take(operation, who)
            if isinstance(taken, Lease):
                return taken
            left = patience - self._process.monotonic()
            record(__name__, "waits for the lock of another", level="DEBUG", **_facts(taken.lease))
            if left <= 0:
                raise self._locked(taken)
            self._process.sleep(min(POLL_SECONDS, left))

    def _take(self, operation: str, who: str) -> Lease | LeaseRow:
        """The lease, or who has it."""
        seen = self._place.read().row
        if seen is not None and not self._is_over(seen):
            return seen
        # Whoever removes the book of the lock does not set its numbers back.
        floor = self._place.floor()
        taken: list[Lease | LeaseRow] = []

        def take(book: LeaseBook) -> LeaseBook:
            taken.clear()
            row = book.row
            if row is not None and not self._is_over(row):
                taken.append(row)
                return book
            lease = self._lease(max(book.token, floor) + 1, operation, who)
            taken.append(replace(lease, taken_from=None if row is None else row.lease))
            ends = self._process.monotonic() + self._ttl
            new = LeaseRow(lease=lease, holder=self._process.holder(), beat=0, ends=ends)
            return LeaseBook(token=lease.token, row=new)

        self._place.change(take)
        return taken[0]

    def _lease(self, token: int, operation: str, who: str) -> Lease:
        since = self._clock.now()
        holder = self._process.holder()
        origin = [token, who, operation, since.isoformat(), holder.boot, holder.pid]
        return Lease(
            id=hashlib.sha256(canonical_json(origin).encode()).hexdigest()[:16],
            token=token,
            who=who,
            operation=operation,
            since=since,
            expires_at=self._end(),
        )

    def _end(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._ttl)

    def _is_over(self, row: LeaseRow) -> bool:
        """Whether the lease binds nobody any more; where that is not certain, it does."""
        if self._process.is_dead(row.holder):
            return True
        now = self._process.monotonic()
        if self._process.shares_clock(row.holder):
            return now >= row.ends
        if self._sight.seen != (row.lease.id, row.beat):
            self._sight = _Sight(seen=(row.lease.id, row.beat), at=now)
        grace = timedelta(seconds=SKEW_SECONDS)
        is_unseen = now - self._sight.at >= self._ttl + SKEW_SECONDS
        return is_unseen or self._clock.now() >= row.lease.expires_at + grace

    def _heart(self, lease: Lease, ended: Event, lost: Lost) -> Heart:
        return Heart(
            lease=lease,
            seconds=self._ttl,
            renew=self.renew,
            process=self._process,
            ended=ended,
            lost=lost,
        )

    def _locked(self, row: LeaseRow) -> Locked:
        return Locked(
            Diagnostic(
                code="state-locked",
                subject=self._place.name,
                summary="Error acquiring the state lock: somebody else is changing the fleet",
                detail=f"{_described(row)}\nPath:      {self._place.name}",
                hint="-lock-timeout=5m waits for it. A holder that was killed frees it by itself, "
                f"at the latest when the lease expires; `broker force-unlock {row.lease.id}` "
                "is for one that hangs.",
            )
        )


class LeaseFile(Leases):
    """The lock in *folder*, beside the state that it guards; its holder keeps some room there."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        ttl_seconds: float = TTL_SECONDS,
        process: ThisProcess | None = None,
    ) -> None:
        place = LeaseTable(folder / FILE, folder / STATE_FILE)
        room = Reserve(folder)
        super().__init__(place, clock, ttl_seconds=ttl_seconds, process=process, room=room)


_: type[Locks] = LeaseFile


def _facts(lease: Lease) -> dict[str, Any]:
    return {
        "id": lease.id,
        "token": lease.token,
        "who": lease.who,
        "operation": lease.operation,
        "expires_at": lease.expires_at.isoformat(),
    }


def _without(book: LeaseBook, lock_id: str) -> LeaseBook:
    is_ours = book.row is not None and book.row.lease.id == lock_id
    return replace(book, row=None) if is_ours else book


def _not_held(lock_id: str, row: LeaseRow | None) -> UsageInvalid:
    return UsageInvalid(
        Diagnostic(
            code="lock-not-held",
            subject=lock_id,
            summary=f"There is no lock with the ID {lock_id}",
            detail="Nothing is locked." if row is None else f"Held is:\n{_described(row)}",
            hint="The ID is in the message of the command that could not get the lock.",
        )
    )


def _described(row: LeaseRow) -> str:
    lease = row.lease
    return (
        f"ID:        {lease.id}\n"
        f"Operation: {lease.operation}\n"
        f"Who:       {lease.who} (process {row.holder.pid})\n"
        f"Created:   {lease.since.isoformat(sep=' ', timespec='seconds')}\n"
        f"Expires:   {lease.expires_at.isoformat(sep=' ', timespec='seconds')}, unless renewed"
    )


def _lost(lease: Lease, row: LeaseRow | None) -> Locked:
    return Locked(
        Diagnostic(
            code="lock-lost",
            subject=lease.id,
            summary=f"The lock of this {lease.operation} was taken away while it ran",
            detail="Nobody holds it now." if row is None else f"Held is:\n{_described(row)}",
            hint=KEPT,
        )
    )
