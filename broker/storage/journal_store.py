"""The journal as one SQLite file, to which is only ever added, and its checkpoints beside it.

    journal.db                      write-ahead log, synchronous FULL: what `append` returned is kept
    checkpoints/000000042.note      how far it had come at the end of an operation, signed

Processes that append at once wait for each other. Each row carries its hash and the root of the tree up
to it; `head` carries what is needed to go on, so that adding the millionth entry costs what the first did.
"""

import os
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import JournalInvalid, Unwritable
from broker.journal.checkpoints import Checkpoint, origin_of, signed_note
from broker.journal.entries import body_of, entry_of
from broker.journal.merkle import HASH_BYTES, CompactRange, leaf_hash
from broker.journal.verification import check_rows
from broker.ports.audit import AuditTrail, JournalHead, JournalRow, Note
from broker.ports.clock import Clock
from broker.ports.signing import Signer
from broker.ports.state import Entry, Journal
from broker.storage.disk_full import disk_full, is_of_full_disk
from broker.storage.log import record
from broker.storage.reserve import Reserve
from broker.storage.sqlite_errors import is_damage
from broker.storage.whole_file import write_whole

VERSION = 1
BUSY_SECONDS = 30.0
ENTRIES_PER_CHECKPOINT = 100

INTENT = "intent"

SCHEMA = """\
CREATE TABLE entries (position INTEGER PRIMARY KEY, body TEXT NOT NULL, leaf BLOB NOT NULL, root BLOB NOT NULL);
CREATE TABLE head (size INTEGER NOT NULL, subtrees BLOB NOT NULL);
INSERT INTO head VALUES (0, x'');
CREATE TRIGGER entries_stay BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER entries_hold BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END"""
"""The triggers keep mistakes away; whoever means to change an entry is found by the hashes."""


class JournalFile:
    """The journal in *folder*, which is made with the first entry.

    *credentials* are values that must not be noted down in clear.
    """

    def __init__(
        self, folder: Path, signer: Signer, clock: Clock, *, credentials: Collection[str] = ()
    ) -> None:
        self._file = folder / "journal.db"
        self._checkpoints = folder / "checkpoints"
        self._signer = signer
        self._clock = clock
        self._credentials = credentials
        self._kept: tuple[int, sqlite3.Connection] | None = None
        self._keeping = threading.RLock()
        self._reserve = Reserve(folder)

    def append(self, entry: Entry) -> int:
        """One transaction; on the disk when it has ended. Refuses to go on from a changed head.

        Room that is kept for the end is for outcomes: of a disk that is full, nothing more is begun.
        """
        if entry.phase == INTENT:
            self._reserve.check_whole()
            index = self._appended(entry)
        else:
            index = self._reserve.written(lambda: self._appended(entry))
        if (index + 1) % ENTRIES_PER_CHECKPOINT == 0:  # outside: what is noted is not noted again
            self.checkpoint()
        return index

    def _appended(self, entry: Entry) -> int:
        body = body_of(entry, self._credentials)
        self._signer.key_id  # noqa: B018  # who can sign no checkpoint must not begin to act
        with self._writing() as database:
            self._keep_open()
            tree = _head(database)
            index, grown = tree.size, tree.appended(leaf_hash(body))
            database.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?)",
                (index, body.decode(), leaf_hash(body), grown.root),
            )
            database.execute(
                "UPDATE head SET size = ?, subtrees = ?", (grown.size, b"".join(grown.subtrees))
            )
        record(__name__, "has noted", **_facts(entry, index))
        return index

    def entries(self) -> Sequence[Entry]:
        """All of them, after every hash was computed again."""
        rows = self.rows()
        check_rows(rows)
        return [entry_of(row.body) for row in rows]

    def checkpoint(self) -> None:
        """Sign the head as it is; one that was signed already stays as it is."""
        self._let_go()
        if not self._exists():
            return
        with self._reading() as database:
            tree = _head(database)
            first = database.execute("SELECT leaf FROM entries WHERE position = 0").fetchone()
        if not tree.size:
            return
        path = self._checkpoints / f"{tree.size:09}.note"
        if path.exists():
            return
        checkpoint = Checkpoint(
            origin=origin_of(first[0]), size=tree.size, root=tree.root, at=self._clock.now()
        )
        note = signed_note(checkpoint, self._signer).encode()
        self._reserve.written(lambda: self._keep_note(path, note))

    def _keep_note(self, path: Path, note: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        write_whole(path, note)

    def rows(self) -> Sequence[JournalRow]:
        """As they are stored."""
        if not self._exists():
            return ()
        with self._reading() as database:
            found = database.execute(
                "SELECT position, body, leaf, root FROM entries ORDER BY position"
            ).fetchall()
        return [
            JournalRow(
                position=row[0], body=_bytes(row[1]), leaf=_bytes(row[2]), root=_bytes(row[3])
            )
            for row in found
        ]

    def notes(self) -> Sequence[Note]:
        """Those in the folder of checkpoints."""
        try:
            return [
                Note(name=path.name, text=path.read_text(encoding="utf-8", errors="replace"))
                for path in sorted(self._checkpoints.glob("*.note"))
            ]
        except OSError as error:
            raise self._damaged(error.strerror or str(error)) from error

    def head(self) -> JournalHead:
        """Held against its last row."""
        if not self._exists():
            return JournalHead(size=0, root=CompactRange().root.hex())
        with self._reading() as database:
            tree = _head(database)
        return JournalHead(size=tree.size, root=tree.root.hex())

    def _keep_open(self) -> None:
        """Have one connection idle: when the last one closes, SQLite folds its log into the file.

        That costs more than an entry does, and is early enough at the end of an operation.
        """
        inode = self._file.stat().st_ino
        with self._keeping:
            if self._kept is not None and self._kept[0] != inode:
                self._let_go()
            if self._kept is None:
                kept = self._open("rw", check_same_thread=False)
                self._kept = (inode, kept)

    def _let_go(self) -> None:
        with self._keeping:
            if self._kept is not None:
                self._kept[1].close()
                self._kept = None

    def _exists(self) -> bool:
        """Whether anything was ever noted: a first entry that was cut off leaves an empty file."""
        return self._file.exists() and self._file.stat().st_size > 0

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._open("ro")) as database:
                yield database
        except sqlite3.Error as error:
            if is_damage(error):
                raise self._damaged(str(error)) from error
            raise self._unwritable(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # What was done, for whom and where, is nobody else's business.
            self._file.touch(mode=0o600)
            with closing(self._open("rw")) as database:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("BEGIN IMMEDIATE")
                if _version(database) == 0:
                    _make(database)
                yield database
                database.execute("COMMIT")
        except (sqlite3.OperationalError, OSError) as error:
            raise self._unwritable(error) from error
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from error

    def _open(self, mode: str, *, check_same_thread: bool = True) -> sqlite3.Connection:
        address = f"file:{quote(str(self._file.absolute()))}?mode={mode}{self._put_away()}"
        database = sqlite3.connect(
            address,
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=check_same_thread,
        )
        database.text_factory = bytes
        database.execute("PRAGMA synchronous = FULL")
        if _version(database) not in (0, VERSION):
            database.close()
            why = f"it is not of version {VERSION}, which this broker reads"
            raise self._damaged(why)
        return database

    def _put_away(self) -> str:
        """Said to SQLite of a file beside which no write-ahead log is, nor can be made."""
        has_log = self._file.with_name(f"{self._file.name}-wal").exists()
        return "" if has_log or os.access(self._file.parent, os.W_OK) else "&immutable=1"

    def _unwritable(self, error: OSError | sqlite3.Error) -> Unwritable:
        rule = "What can not be noted is not done."
        if is_of_full_disk(error, self._file.parent):
            return disk_full(self._file, rule)
        return Unwritable(
            Diagnostic(
                code="journal-unwritable",
                subject=str(self._file),
                summary=f"Can not write to the journal {self._file}: {error}",
                detail=rule,
                hint="Make room and the folder writable, and run the command again.",
            )
        )

    def _damaged(self, why: str) -> JournalInvalid:
        return JournalInvalid(
            Diagnostic(
                code="journal-damaged",
                subject=str(self._file),
                summary=f"{self._file} is damaged, or is no journal: {why}",
                hint="Keep it as it is for whoever audits it, and put a backup in its place.",
            )
        )


_journal: type[Journal] = JournalFile
_trail: type[AuditTrail] = JournalFile


def _version(database: sqlite3.Connection) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)


def _make(database: sqlite3.Connection) -> None:
    for statement in SCHEMA.split(";\n"):
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {VERSION}")


def _head(database: sqlite3.Connection) -> CompactRange:
    """The tree so far; raises JournalInvalid if it is not that of the last row."""
    heads = database.execute("SELECT size, subtrees FROM head").fetchall()
    last = database.execute(
        "SELECT position, root FROM entries ORDER BY position DESC LIMIT 1"
    ).fetchone()
    size, joined = heads[0] if len(heads) == 1 else (-1, b"")
    subtrees = [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
    tree = CompactRange(size, tuple(subtrees))
    expected = (-1, CompactRange().root) if last is None else (last[0], last[1])
    if not tree.is_whole or (tree.size - 1, tree.root) != expected:
        raise JournalInvalid(
            Diagnostic(
                code="journal-changed",
                subject=f"entry {expected[0] + 1}",
                summary="The end of the journal is not what was written",
                detail="Nothing is added to a journal that was changed.",
                hint="`broker audit verify` tells from which entry on.",
            )
        )
    return tree


def _bytes(value: object) -> bytes:
    """What is stored, as bytes; another type is no text of ours, and has no hash of ours."""
    return value if isinstance(value, bytes) else str(value).encode()


def _facts(entry: Entry, index: int) -> dict[str, Any]:
    return {"index": index, "act": entry.act, "phase": entry.phase, "subject": entry.subject}
