"""The state of a folder in one SQLite file: read whole, checked, and replaced in one transaction.

The transaction spans the file of the lock: who writes holds the newest lease at that very moment,
and nobody can take it over until the write has ended. The copy of what was there is on the disk
before the write becomes true.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from broker import __broker__
from broker.domain.canonical import canonical_json
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, StateConflict, StateInvalid
from broker.planning.state_document import damaged, newer, state_of_text, state_text
from broker.ports.clock import Clock
from broker.ports.state import Lease, State, StateStore
from broker.storage.lease_book import LeaseRow
from broker.storage.lease_rows import address, reading, row_of
from broker.storage.leases import FILE as LOCK_FILE
from broker.storage.log import record
from broker.storage.reserve import Reserve
from broker.storage.sqlite_errors import is_damage, refused_by_disk
from broker.storage.state_backups import StateBackups
from broker.storage.state_tables import (
    FILE,
    LEAST_BYTES,
    VERSION,
    Recorded,
    check,
    connect,
    make_tables,
    put,
    recorded_in,
    token_in,
    version_of,
)

DAMAGED = "state-damaged"
GONE = "There are backups of it, but the file is gone or empty."

CUT_OFF = "It is cut off in the middle of its head."


class StateFile:
    """The state in *folder*, beside the lock that guards it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = folder / FILE
        self._lock = folder / LOCK_FILE
        self._clock = clock
        self.backups = StateBackups(folder / "backups")
        self._reserve = Reserve(folder)

    def read(self) -> State | None:
        """Every page is looked at, and the document held against its digest."""
        with self._translated(self._unreadable):
            if not self._is_there():
                return None
            with closing(connect(self._file, to_read=True)) as database:
                self._check_version(database)
                recorded = self._recorded(database)
        return None if recorded is None else self._state(recorded)

    def write(self, state: State, lease: Lease) -> State:
        """Compare and swap, with the serial and the lease; in the room kept for it, if the disk is full."""
        return self._reserve.written(lambda: self._written(state, lease))

    def _written(self, state: State, lease: Lease) -> State:
        with self._translated(self._unwritable):
            self._is_there()
        with self._changing(lease) as database:
            recorded = self._recorded(database)
            self._check_follows(state, recorded)
            return self._put(database, recorded, state, lease)

    def replace(self, state: State, lease: Lease) -> State:
        """A damaged file is put among the backups, with a serial in its name."""
        with self._translated(self._unreadable):
            highest = max(state.serial, self.backups.newest_serial())
        try:
            with self._translated(self._unwritable):
                self._is_there()
            with self._changing(lease) as database:
                recorded = self._recorded(database)
                above = highest
                if recorded is not None:
                    self._state(recorded)
                    above = max(highest, recorded.serial)
                return self._put(database, recorded, replace(state, serial=above), lease)
        except StateInvalid as error:
            if any(diagnostic.code != DAMAGED for diagnostic in error.diagnostics):
                raise
        # What can not be read may have been one write further than the newest backup.
        above = highest + 1
        self.backups.set_aside(self._file, f"damaged-{above}.db")
        with self._changing(lease) as database:
            return self._put(database, None, replace(state, serial=above), lease)

    def _put(
        self, database: sqlite3.Connection, old: Recorded | None, state: State, lease: Lease
    ) -> State:
        """Record *state* under the serial after its own."""
        origin = [state.fleet, self._clock.now().isoformat(), lease.who]
        lineage = state.lineage or hashlib.sha256(canonical_json(origin).encode()).hexdigest()[:32]
        new = replace(state, lineage=lineage, serial=state.serial + 1, tool=__broker__)
        recorded = Recorded(serial=new.serial, token=lease.token, text=state_text(new))
        if old is not None:
            self.backups.keep(old.serial, old.text)
        put(database, recorded)
        record(__name__, "writes the state", serial=new.serial, token=lease.token)
        return new

    def _is_there(self) -> bool:
        """Whether there is a state; raises StateInvalid if there was one, and it is gone."""
        size = self._file.stat().st_size if self._file.exists() else 0
        if size == 0 and self.backups.newest() is not None:
            raise self._damaged(GONE)
        if 0 < size < LEAST_BYTES:
            raise self._damaged(CUT_OFF)
        return size > 0

    def _recorded(self, database: sqlite3.Connection) -> Recorded | None:
        check(database)
        recorded = recorded_in(database)
        if recorded is None and self.backups.newest() is not None:
            raise self._damaged(GONE)
        return recorded

    def _state(self, recorded: Recorded) -> State:
        return state_of_text(recorded.text, str(self._file), hint=self._way_back())

    def _check_follows(self, state: State, recorded: Recorded | None) -> None:
        there = None if recorded is None else self._state(recorded)
        serial = 0 if there is None else there.serial
        if serial == state.serial and (there is None or there.lineage == state.lineage):
            return
        raise StateConflict(
            Diagnostic(
                code="state-conflict",
                subject=str(self._file),
                summary="The state was changed by another operation meanwhile",
                detail=f"This change was made from serial {state.serial} of lineage "
                f"{state.lineage or 'none'}; recorded is serial {serial} of lineage "
                f"{there.lineage if there is not None else 'none'}.",
                hint="Run the command again: it starts from what is recorded now.",
            )
        )

    @contextmanager
    def _changing(self, lease: Lease) -> Iterator[sqlite3.Connection]:
        """One transaction, over the file of the lock too; kept if the block ends well."""
        with self._translated(self._unwritable):
            self._check_lock(lease)
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.touch(mode=0o600)
            with closing(connect(self._file)) as database:
                self._check_version(database)
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("ATTACH ? AS locks", (address(self._lock),))
                database.execute("BEGIN IMMEDIATE")
                _check_lease(lease, row_of(database, "locks"))
                make_tables(database)
                before = token_in(database)
                if lease.token < before:
                    raise _late(lease, f"The state was written under lock {before} since.")
                yield database
                database.execute("COMMIT")
        self.backups.prune()

    def _check_lock(self, lease: Lease) -> None:
        """Tell a damaged lock from a damaged state."""
        if not self._lock.exists():
            raise _late(lease, f"{self._lock} is gone.")
        with reading(self._lock) as database:
            _check_lease(lease, row_of(database))

    def _check_version(self, database: sqlite3.Connection) -> None:
        version = version_of(database)
        if version > VERSION:
            raise newer(str(self._file), written=version, read=VERSION, tool="")

    @contextmanager
    def _translated(
        self, of_the_disk: Callable[[OSError | sqlite3.Error], BrokerError]
    ) -> Iterator[None]:
        """Errors of the database become ours."""
        try:
            yield
        except sqlite3.Error as error:
            if is_damage(error):
                raise self._damaged(str(error)) from error
            raise of_the_disk(error) from error
        except OSError as error:
            raise of_the_disk(error) from error

    def _unwritable(self, error: OSError | sqlite3.Error) -> BrokerError:
        return refused_by_disk(self._file, error)

    def _unreadable(self, error: OSError | sqlite3.Error) -> BrokerError:
        why = getattr(error, "strerror", None) or str(error)
        return StateInvalid(
            Diagnostic(
                code="state-unreadable",
                subject=str(self._file),
                summary=f"Can not read {self._file}: {why}",
                hint="Let the user who runs broker read it, and the folder that it is in.",
            )
        )

    def _damaged(self, why: str) -> StateInvalid:
        return damaged(str(self._file), why, hint=self._way_back())

    def _way_back(self) -> str:
        newest = self.backups.newest()
        if newest is None:
            return "There is no backup; put back a copy of your own: `broker state push FILE`."
        return f"`broker state push {newest}` puts the newest backup in its place."


_: type[StateStore] = StateFile


def _check_lease(lease: Lease, row: LeaseRow | None) -> None:
    if row is None:
        raise _late(lease, "Nobody holds the lock.")
    if (row.lease.id, row.lease.token) != (lease.id, lease.token):
        now = row.lease
        raise _late(lease, f"Lock {now.token} is held by {now.who} for {now.operation}.")


def _late(lease: Lease, why: str) -> StateConflict:
    return StateConflict(
        Diagnostic(
            code="state-fenced",
            subject=lease.id,
            summary=f"The lock of this {lease.operation} is not the newest: nothing was recorded",
            detail=f"It was lock {lease.token}, of {lease.who}. {why}",
            hint="Run the command again: it starts from what is recorded now.",
        )
    )
