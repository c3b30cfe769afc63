"""The SQLite file of the lock of one folder: the lease that is out, and the number of the last one.

The number is never set back, whoever held the lock and however it ended: what was started under a lower
one is refused for ever. The journal that SQLite keeps beside the file while it writes stays there, empty
and as large as it was: a renewal writes over what is there, and needs no room on a disk that is full.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import StateInvalid
from broker.ports.state import Lease
from broker.storage.holders import Holder
from broker.storage.lease_book import Decide, LeaseBook, LeasePlace, LeaseRow
from broker.storage.sqlite_errors import is_damage, refused_by_disk
from broker.storage.state_tables import LEAST_BYTES, recorded_token

VERSION = 1
BUSY_SECONDS = 10.0

SCHEMA = """
CREATE TABLE counter (one INTEGER PRIMARY KEY CHECK (one = 1), token INTEGER NOT NULL) STRICT;
CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, token INTEGER NOT NULL,
    who TEXT NOT NULL, operation TEXT NOT NULL, since TEXT NOT NULL, expires_at TEXT NOT NULL,
    boot TEXT NOT NULL, space TEXT NOT NULL, pid INTEGER NOT NULL, started INTEGER NOT NULL,
    beat INTEGER NOT NULL, ends REAL NOT NULL) STRICT;
"""

COLUMNS = "id, token, who, operation, since, expires_at, boot, space, pid, started, beat, ends"


class LeaseTable:
    """The book in *file*; *state* is the file of the state that the lock guards."""

    def __init__(self, file: Path, state: Path) -> None:
        self._file = file
        self._state = state

    @property
    def name(self) -> str:
        """The path."""
        return str(self._file)

    def read(self) -> LeaseBook:
        """Without making anything."""
        with _translated(self._file):
            if not self._file.exists() or not self._file.stat().st_size:
                return LeaseBook()
        with reading(self._file) as database:
            return _book(database)

    def change(self, decide: Decide) -> None:
        """In one transaction."""
        with _changing(self._file) as database:
            before = _book(database)
            after = decide(before)
            if after.token != before.token:
                database.execute("UPDATE counter SET token = ?", (after.token,))
            if after.row is None:
                database.execute("DELETE FROM lease")
            elif after.row != before.row:
                _put(database, after.row)

    def floor(self) -> int:
        """As the state has it."""
        return recorded_token(self._state)

    def fence(self, token: int) -> None:
        """Nothing is to be done: a write looks at this file in its own transaction."""


_: type[LeasePlace] = LeaseTable


def address(file: Path) -> str:
    """What SQLite opens *file* by, if it is there.

    To write, always: who only reads could not undo what a killed writer has left half done. Where
    the file is read-only, SQLite makes do with reading.
    """
    return f"file:{quote(str(file.absolute()))}?mode=rw"


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads; raises StateInvalid for a damaged or newer file."""
    with _translated(file), closing(_open(file)) as database:
        yield database


@contextmanager
def _changing(file: Path) -> Iterator[sqlite3.Connection]:
    """One transaction, kept if the block ends well; makes the file if it is not there."""
    with _translated(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        with closing(_open(file)) as database:
            database.execute("PRAGMA journal_mode = PERSIST")
            if _version(database) == 0:
                _make(database)
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")


def _make(database: sqlite3.Connection) -> None:
    """Make the tables if there are none: before anything is put into them, or the journal had no room for it."""
    database.execute("BEGIN IMMEDIATE")
    if _version(database) == 0:
        for statement in SCHEMA.split(";\n"):
            database.execute(statement)
        database.execute("INSERT INTO counter VALUES (1, 0)")
        database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("COMMIT")


def row_of(database: sqlite3.Connection, schema: str = "main") -> LeaseRow | None:
    """The lease that is out, if one is; it may have run out."""
    row = database.execute(f"SELECT {COLUMNS} FROM {schema}.lease").fetchone()  # noqa: S608
    if row is None:
        return None
    return LeaseRow(
        lease=Lease(
            id=row[0],
            token=row[1],
            who=row[2],
            operation=row[3],
            since=datetime.fromisoformat(row[4]),
            expires_at=datetime.fromisoformat(row[5]),
        ),
        holder=Holder(boot=row[6], space=row[7], pid=row[8], started=row[9]),
        beat=row[10],
        ends=row[11],
    )


def _put(database: sqlite3.Connection, row: LeaseRow) -> None:
    lease, holder = row.lease, row.holder
    database.execute(
        "INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(lease.id, lease.token, lease.who, lease.operation),
            *(lease.since.isoformat(), lease.expires_at.isoformat()),
            *(holder.boot, holder.space, holder.pid, holder.started, row.beat, row.ends),
        ),
    )


def _book(database: sqlite3.Connection) -> LeaseBook:
    if _version(database) == 0:
        return LeaseBook()
    (token,) = database.execute("SELECT token FROM counter").fetchone()
    return LeaseBook(token=int(token), row=row_of(database))


def _open(file: Path) -> sqlite3.Connection:
    if 0 < file.stat().st_size < LEAST_BYTES:
        message = "it is cut off"
        raise sqlite3.DatabaseError(message)
    database = sqlite3.connect(address(file), uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    database.execute("PRAGMA synchronous = FULL")
    version = _version(database)
    if version > VERSION:
        database.close()
        raise StateInvalid(
            Diagnostic(
                code="lock-newer",
                subject=str(file),
                summary=f"{file} was written by a newer broker: it is of format {version}, and "
                f"this broker reads {VERSION}",
                hint="Upgrade to the broker that wrote it.",
            )
        )
    return database


def _version(database: sqlite3.Connection) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    """Errors of the database become ours."""
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error):
            raise _damaged(file, error) from error
        raise refused_by_disk(file, error) from error
    except OSError as error:
        raise refused_by_disk(file, error) from error
    except (TypeError, ValueError) as error:
        raise _damaged(file, error) from error


def _damaged(file: Path, error: Exception) -> StateInvalid:
    return StateInvalid(
        Diagnostic(
            code="lock-damaged",
            subject=str(file),
            summary=f"{file} is damaged, or is no lock: {error}",
            hint="Make sure that no broker is changing this fleet, and remove the file; the "
            "state is kept elsewhere.",
        )
    )
