"""A state, its lock and a journal in memory, for tests of what uses them; they pass the contract suites."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Locked, StateConflict, UsageInvalid
from broker.planning.state_document import state_text
from broker.ports.clock import Clock
from broker.ports.state import (
    Entry,
    Journal,
    Lease,
    Locks,
    Lost,
    State,
    StateStore,
    unheard,
)

TTL = timedelta(seconds=30)


@dataclass
class Folder:
    """What a store and its locks share; *states* are all that were written, oldest first."""

    clock: Clock
    states: list[State] = field(default_factory=list)
    token: int = 0
    lease: Lease | None = None
    lost: Lost = unheard
    guard: threading.RLock = field(default_factory=threading.RLock)

    def abandon(self, operation: str) -> Lease:
        """A lease whose holder has died."""
        with self.guard:
            lease = self.give(operation, "dead@nowhere")
            self.lease = replace(lease, expires_at=self.clock.now())
        return lease

    def give(self, operation: str, who: str) -> Lease:
        self.token += 1
        now = self.clock.now()
        self.lease = Lease(
            id=f"lease-{self.token}",
            token=self.token,
            who=who,
            operation=operation,
            since=now,
            expires_at=now + TTL,
            taken_from=self.lease,
        )
        return self.lease

    def is_newest(self, lease: Lease) -> bool:
        return self.lease is not None and self.lease.id == lease.id


class MemoryStates:
    """Replaces the state of *folder*."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def read(self) -> State | None:
        return self.folder.states[-1] if self.folder.states else None

    def write(self, state: State, lease: Lease) -> State:
        with self.folder.guard:
            there = self.read()
            serial = 0 if there is None else there.serial
            if state.serial != serial or (there and there.lineage != state.lineage):
                raise StateConflict(_diagnostic("state-conflict", "The state was changed"))
            return self._put(state, lease)

    def replace(self, state: State, lease: Lease) -> State:
        with self.folder.guard:
            there = self.read()
            highest = max(state.serial, 0 if there is None else there.serial)
            return self._put(replace(state, serial=highest), lease)

    def _put(self, state: State, lease: Lease) -> State:
        if not self.folder.is_newest(lease):
            raise StateConflict(_diagnostic("state-fenced", "The lock is not the newest"))
        lineage = state.lineage or f"lineage-of-{state.fleet}"
        new = replace(state, serial=state.serial + 1, lineage=lineage, tool="fake")
        state_text(new)  # raises for secrets
        self.folder.states.append(new)
        return new


class MemoryLocks:
    """Leases on the state of *folder*; the clock of the folder decides when one has run out."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    @contextmanager
    def held(
        self, operation: str, *, who: str, wait_seconds: float = 0.0, lost: Lost = unheard
    ) -> Iterator[Lease]:
        patience = time.monotonic() + wait_seconds
        while True:
            with self.folder.guard:
                holder = self.current()
                if holder is None:
                    lease = self.folder.give(operation, who)
                    self.folder.lost = lost
                    break
            if time.monotonic() >= patience:
                summary = f"{holder.who} holds {holder.id} for {holder.operation}"
                raise Locked(_diagnostic("state-locked", summary))
            time.sleep(0.01)
        try:
            yield lease
        finally:
            with self.folder.guard:
                if self.folder.is_newest(lease):
                    self.folder.lease = None

    def current(self) -> Lease | None:
        lease = self.folder.lease
        return None if lease is None or self.folder.clock.now() >= lease.expires_at else lease

    def renew(self, lease: Lease) -> None:
        with self.folder.guard:
            if not self.folder.is_newest(lease):
                raise Locked(_diagnostic("lock-lost", f"{lease.id} was taken over"))
            self.folder.lease = replace(lease, expires_at=self.folder.clock.now() + TTL)

    def break_lock(self, lock_id: str) -> None:
        with self.folder.guard:
            if self.folder.lease is None or self.folder.lease.id != lock_id:
                raise UsageInvalid(_diagnostic("lock-not-held", f"{lock_id} is not held"))
            self.folder.lease = None
        self.folder.lost(Locked(_diagnostic("lock-lost", f"{lock_id} was broken")))


@dataclass
class MemoryJournal:
    """Keeps *lines*; each checkpoint keeps how many there were."""

    lines: list[Entry] = field(default_factory=list)
    checkpoints: list[int] = field(default_factory=list)

    def append(self, entry: Entry) -> int:
        self.lines.append(entry)
        return len(self.lines) - 1

    def entries(self) -> Sequence[Entry]:
        return tuple(self.lines)

    def checkpoint(self) -> None:
        self.checkpoints.append(len(self.lines))

    def said(self) -> list[tuple[str, str]]:
        """What was done, in what phase."""
        return [(entry.act, entry.phase) for entry in self.lines]


_: tuple[type[StateStore], type[Locks], type[Journal]] = (MemoryStates, MemoryLocks, MemoryJournal)


def _diagnostic(code: str, summary: str) -> Diagnostic:
    return Diagnostic(code=code, subject="state", summary=summary)
