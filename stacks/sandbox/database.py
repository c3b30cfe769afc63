"""The file of the sandbox cloud: what exists, what was asked, and how it is told to behave.

Several processes use it at once: the one that serves, and those that look or steer.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

FILE = "cloud.db"
WAIT_SECONDS = 120.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
  key INTEGER PRIMARY KEY,
  type TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, urn TEXT NOT NULL,
  inputs TEXT NOT NULL, outputs TEXT NOT NULL,
  seed TEXT NOT NULL, told TEXT NOT NULL, mirrored TEXT NOT NULL, changes INTEGER NOT NULL,
  UNIQUE (type, id, region)
) STRICT;
CREATE INDEX IF NOT EXISTS resources_by_urn ON resources (urn);
CREATE TABLE IF NOT EXISTS calls (
  number INTEGER PRIMARY KEY,
  method TEXT NOT NULL, type TEXT NOT NULL, urn TEXT NOT NULL, id TEXT NOT NULL,
  outcome TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS orders (
  number INTEGER PRIMARY KEY,
  kind TEXT NOT NULL, value TEXT NOT NULL, after INTEGER NOT NULL, remaining INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class Database:
    """The open file in *folder*, made if it is not there; threads may share it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        _make(path)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing; only the computer itself failing could cost the last writes.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file; a second time does nothing."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Use it in a block, and close it afterwards."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What *statement* selects."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def change(self, statement: str, *values: Any) -> int:
        """Do *statement*; the number of rows that it changed."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All that is read and changed in the block is one step, also for other processes."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            end = "ROLLBACK"
            try:
                yield
                end = "COMMIT"
            finally:
                self._connection.execute(end)

    def fact(self, name: str) -> str:
        """What was noted under *name*; empty if nothing was."""
        found = self.rows("SELECT value FROM facts WHERE name = ?", name)
        return str(found[0][0]) if found else ""

    def note(self, name: str, value: str) -> None:
        """Remember *value* under *name*."""
        self.change("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, value)


def _make(path: Path) -> None:
    """Make the file, for nobody else to read: secrets are in there, as they are in a cloud.

    One that is there must not be opened: closing it would give up every lock that this process holds
    on it (POSIX), and SQLite would lose what others write.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
