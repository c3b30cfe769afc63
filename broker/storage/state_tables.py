"""The SQLite file of the state: opened, checked as a whole, and brought up to this version."""

import hashlib
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

FILE = "state.db"
VERSION = 1
"""Of the tables; the document in them has a version of its own."""

LEAST_BYTES = 512
"""Of any database that SQLite has written; what is shorter it takes for one without anything in it."""

BUSY_SECONDS = 60.0
"""What was done in a cloud and could not be recorded has to be found again: be patient."""

SCHEMA = """
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1), serial INTEGER NOT NULL, token INTEGER NOT NULL,
    document TEXT NOT NULL, digest TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The document as it is in the file; *token* is that of the lease it was written under."""

    serial: int
    token: int
    text: str


def connect(file: Path, *, to_read: bool = False) -> sqlite3.Connection:
    """Open *file*, which is there; raises sqlite3.Error.

    A reader may write as well, where the disk lets it: to finish what a killed writer has left. *file*
    may be *to_read* in a folder where nobody can write.
    """
    database = _opened(file, "mode=rw")
    try:
        database.execute("PRAGMA synchronous = FULL")
        version_of(database)
    except sqlite3.OperationalError:
        database.close()
        log = file.with_name(f"{file.name}-wal")
        if not to_read or (log.exists() and log.stat().st_size):
            raise
        # Without changes in a log beside it, the file is all there is, and need not be locked.
        return _opened(file, "mode=ro&immutable=1")
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _opened(file: Path, how: str) -> sqlite3.Connection:
    address = f"file:{quote(str(file.absolute()))}?{how}"
    return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def version_of(database: sqlite3.Connection) -> int:
    """Of the tables; 0 before there are any."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)


def make_tables(database: sqlite3.Connection) -> None:
    """Bring the tables up to this version, inside the transaction that is under way."""
    if version_of(database) == 0:
        for statement in SCHEMA.split(";\n"):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")


def check(database: sqlite3.Connection) -> None:
    """Look at every page; raises sqlite3.DatabaseError with what is wrong."""
    found = [row[0] for row in database.execute("PRAGMA integrity_check")]
    if found != ["ok"]:
        raise sqlite3.DatabaseError("; ".join(found))


def recorded_in(database: sqlite3.Connection) -> Recorded | None:
    """What is in the tables; raises sqlite3.DatabaseError if it is not what was put there."""
    if version_of(database) == 0:
        return None
    row = database.execute("SELECT serial, token, document, digest FROM state").fetchone()
    if row is None:
        return None
    serial, token, text, digest = row
    if digest != _digest(text):
        message = "the document has another digest than the one recorded"
        raise sqlite3.DatabaseError(message)
    return Recorded(serial=serial, token=token, text=text)


def put(database: sqlite3.Connection, new: Recorded) -> None:
    """Let *new* be all that is in the tables."""
    database.execute(
        "INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?, ?)",
        (new.serial, new.token, new.text, _digest(new.text)),
    )


def recorded_token(file: Path) -> int:
    """The number of the lease that *file* was last written under; 0 where that can not be read."""
    with suppress(sqlite3.Error), closing(connect(file, to_read=True)) as database:
        return token_in(database)
    return 0


def token_in(database: sqlite3.Connection) -> int:
    """The number of the lease that was written under; 0 if nothing was written."""
    if version_of(database) == 0:
        return 0
    row = database.execute("SELECT token FROM state").fetchone()
    if row is not None and not isinstance(row[0], int):
        message = f"the number of the lock is {row[0]!r}"
        raise sqlite3.DatabaseError(message)
    return 0 if row is None else int(row[0])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
