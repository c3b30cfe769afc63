"""The journal as objects that several computers share, each written once and never again.

    journal/entries/000000041.json       one entry, with the root over all up to it
    journal/checkpoints/000000042.note   how far it had come at the end of an operation, signed

An entry is put on the condition that there is none of its number: of two computers that append at once,
one goes on behind the other. Where the place keeps what was written (versions, an object lock), nobody
can take an entry back.
"""

import itertools
import json
import re
import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CloudError, JournalInvalid, Unwritable
from broker.journal.checkpoints import Checkpoint, origin_of, signed_note
from broker.journal.entries import body_of, entry_of
from broker.journal.merkle import CompactRange, leaf_hash
from broker.journal.verification import check_rows
from broker.ports.audit import AuditTrail, JournalHead, JournalRow, Note
from broker.ports.clock import Clock
from broker.ports.objects import Objects
from broker.ports.signing import Signer
from broker.ports.state import Entry, Journal
from broker.storage.holders import ThisProcess
from broker.storage.log import record
from broker.storage.object_state import ATTEMPTS, written

VERSION = 1
ENTRIES = "journal/entries/"
CHECKPOINTS = "journal/checkpoints/"
ENTRIES_PER_CHECKPOINT = 100
READERS = 16
"""So many entries are read at once: each is a question of its own."""

_NUMBER = re.compile(r"(\d{9,})\.(?:json|note)", re.ASCII)
_WRITERS = itertools.count()


class JournalObjects:
    """The journal in *objects*; *credentials* are values that must not be noted down in clear."""

    def __init__(
        self, objects: Objects, signer: Signer, clock: Clock, *, credentials: Collection[str] = ()
    ) -> None:
        self._objects = objects
        self._signer = signer
        self._clock = clock
        self._credentials = credentials
        self._writer = (*_identity(), next(_WRITERS))
        self._writes = itertools.count()
        self._tree: CompactRange | None = None
        self._first: bytes | None = None
        self._adding = threading.RLock()

    def append(self, entry: Entry) -> int:
        """One object; it is there for all when this returns. Refuses to go on from a changed end."""
        body = body_of(entry, self._credentials)
        self._signer.key_id  # noqa: B018  # who can sign no checkpoint must not begin to act
        with self._adding, self._noting():
            index = self._put(body)
        record(__name__, "has noted", **_facts(entry, index))
        if (index + 1) % ENTRIES_PER_CHECKPOINT == 0:
            self.checkpoint()
        return index

    def entries(self) -> Sequence[Entry]:
        """All of them, after every hash was computed again."""
        rows = self.rows()
        check_rows(rows)
        return [entry_of(row.body) for row in rows]

    def checkpoint(self) -> None:
        """Sign the end as it is, whoever has come so far; what was signed already stays as it is."""
        with self._adding, self._noting():
            tree = self._tree = self._followed(self._known())
            if not tree.size:
                return
            if self._first is None:
                self._first = self._row(0).leaf
            signed = Checkpoint(
                origin=origin_of(self._first),
                size=tree.size,
                root=tree.root,
                at=self._clock.now(),
            )
            name = f"{CHECKPOINTS}{tree.size:09}.note"
            if self._objects.read(name) is None:
                note = signed_note(signed, self._signer)
                self._objects.put(name, note.encode(), expected=None)

    def rows(self) -> Sequence[JournalRow]:
        """As they are stored; raises JournalInvalid and CloudError."""
        positions = self._numbers(ENTRIES)
        with ThreadPoolExecutor(READERS) as readers:
            return list(readers.map(self._row, positions))

    def notes(self) -> Sequence[Note]:
        """Those beside the entries; raises CloudError."""
        names = [f"{CHECKPOINTS}{size:09}.note" for size in self._numbers(CHECKPOINTS)]
        with ThreadPoolExecutor(READERS) as readers:
            found = zip(names, readers.map(self._objects.read, names), strict=True)
            return [
                Note(
                    name=f"{self._objects.address}/{name}",
                    text=stored.content.decode("utf-8", errors="replace"),
                )
                for name, stored in found
                if stored is not None
            ]

    def head(self) -> JournalHead:
        """As it is by now, whoever has come so far; raises CloudError."""
        with self._adding:
            tree = self._tree = self._followed(self._known())
        return JournalHead(size=tree.size, root=tree.root.hex())

    def _put(self, body: bytes) -> int:
        """Behind the last entry, whoever puts others there meanwhile; return its index."""
        leaf = leaf_hash(body)
        tree = self._known()
        for _ in range(ATTEMPTS):
            grown = tree.appended(leaf)
            content = self._content(body, grown)
            if written(self._objects, _entry_name(tree.size), content, expected=None):
                self._tree = grown
                return tree.size
            self._tree = tree = self._followed(tree)
        why = f"others came first, each of {ATTEMPTS} times"
        raise self._unwritable(why)

    def _known(self) -> CompactRange:
        """The tree as far as we know it: at first, as far as the newest checkpoint says."""
        if self._tree is None:
            sizes = self._numbers(CHECKPOINTS)
            self._tree = self._tree_of(max(sizes)) if sizes else CompactRange()
            self._tree = self._followed(self._tree)
        return self._tree

    def _tree_of(self, size: int) -> CompactRange:
        """The tree of the first *size* entries, as the last of them tells it."""
        document = self._document(size - 1)
        tree = CompactRange(size, tuple(bytes.fromhex(each) for each in document["subtrees"]))
        if not tree.is_whole or tree.root.hex() != document["root"]:
            raise _changed(size - 1)
        return tree

    def _followed(self, tree: CompactRange) -> CompactRange:
        """*tree* with what has been put behind it; each has to follow from those before it."""
        while (stored := self._objects.read(_entry_name(tree.size))) is not None:
            row = self._row_of(tree.size, self._parsed(tree.size, stored.content))
            grown = tree.appended(leaf_hash(row.body))
            if grown.root != row.root:
                raise _changed(tree.size)
            tree = grown
        return tree

    def _row(self, position: int) -> JournalRow:
        return self._row_of(position, self._document(position))

    def _row_of(self, position: int, document: Any) -> JournalRow:
        return JournalRow(
            position=position,
            body=document["body"].encode(),
            leaf=bytes.fromhex(document["leaf"]),
            root=bytes.fromhex(document["root"]),
        )

    def _document(self, position: int) -> Any:
        stored = self._objects.read(_entry_name(position))
        if stored is None:
            raise _changed(position)
        return self._parsed(position, stored.content)

    def _parsed(self, position: int, content: bytes) -> Any:
        try:
            document = json.loads(content)
            if document["version"] == VERSION:
                hashes = (document["leaf"], document["root"], *document["subtrees"])
                _ = [bytes.fromhex(each) for each in hashes], document["body"].encode()
                return document
            why = f"it is not of version {VERSION}, which this broker reads"
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
        raise self._damaged(position, why)

    def _content(self, body: bytes, grown: CompactRange) -> bytes:
        document = {
            "version": VERSION,
            "body": body.decode(),
            "leaf": leaf_hash(body).hex(),
            "root": grown.root.hex(),
            "subtrees": [each.hex() for each in grown.subtrees],
            # What two write is never the same: then it is known whose came first.
            "writer": [*self._writer, next(self._writes)],
        }
        return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()

    def _numbers(self, below: str) -> list[int]:
        found = (name.removeprefix(below) for name in self._objects.names(below))
        return sorted(int(match[1]) for match in map(_NUMBER.fullmatch, found) if match)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except CloudError as error:
            raise self._unwritable(str(error)) from error

    def _unwritable(self, why: str) -> Unwritable:
        place = f"{self._objects.address}/journal"
        return Unwritable(
            Diagnostic(
                code="journal-unwritable",
                subject=place,
                summary=f"Can not write to the journal {place}: {why}",
                detail="What can not be noted is not done.",
                hint="Make the place reachable and writable, and run the command again.",
            )
        )

    def _damaged(self, position: int, why: str) -> JournalInvalid:
        name = f"{self._objects.address}/{_entry_name(position)}"
        return JournalInvalid(
            Diagnostic(
                code="journal-damaged",
                subject=name,
                summary=f"{name} is damaged, or is no entry of a journal: {why}",
                hint="Keep it as it is for whoever audits it; a place that keeps versions has the "
                "one that was written.",
            )
        )


_journal: type[Journal] = JournalObjects
_trail: type[AuditTrail] = JournalObjects


def _entry_name(position: int) -> str:
    return f"{ENTRIES}{position:09}.json"


def _identity() -> tuple[str, int, int]:
    holder = ThisProcess().holder()
    return holder.boot, holder.pid, holder.started


def _changed(position: int) -> JournalInvalid:
    return JournalInvalid(
        Diagnostic(
            code="journal-changed",
            subject=f"entry {position}",
            summary="The end of the journal is not what was written",
            detail="Nothing is added to a journal that was changed.",
            hint="`broker audit verify` tells from which entry on.",
        )
    )


def _facts(entry: Entry, index: int) -> dict[str, Any]:
    return {"index": index, "act": entry.act, "phase": entry.phase, "subject": entry.subject}
