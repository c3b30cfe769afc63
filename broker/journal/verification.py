"""Whether a journal is what was written, and where it first is not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import JournalInvalid
from broker.domain.wording import many
from broker.journal.checkpoints import Checkpoint, believed_note, origin_of
from broker.journal.entries import EntryInvalid, entry_of
from broker.journal.merkle import CompactRange, leaf_hash
from broker.ports.audit import JournalHead, JournalRow, Note
from broker.ports.signing import Verifier

HINT = (
    "Keep a copy of the journal as it is, and compare it with a backup: `broker audit verify "
    "-checkpoint=FILE` tells how far it agrees with a checkpoint that was published."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A journal of *size* entries under *root* that is what was written.

    *checkpoints* agree with it, the furthest of them with its first *signed_size* entries.
    """

    origin: str | None
    size: int
    root: bytes
    checkpoints: int
    signed_size: int


def check_rows(rows: Iterable[JournalRow]) -> CompactRange:
    """The tree over *rows*; raises JournalInvalid, which names the first that is wrong.

    Whoever rewrites a row and all hashes after it is found by a signed checkpoint only.
    """
    tree = CompactRange()
    for index, row in enumerate(rows):
        if row.position != index:
            raise _wrong(index, "it is missing, or is not in its place")
        if row.leaf != leaf_hash(row.body):
            raise _wrong(index, "its text is not the one that was hashed")
        try:
            entry_of(row.body)
        except EntryInvalid as error:
            raise _wrong(index, str(error)) from error
        tree = tree.appended(row.leaf)
        if row.root != tree.root:
            raise _wrong(index, "it does not follow from the entries before it")
    return tree


def verified(rows: Sequence[JournalRow], notes: Iterable[Note], verifier: Verifier) -> Verdict:
    """What holds of *rows* and all checkpoints in *notes*.

    Raises JournalInvalid, and SignatureInvalid for a checkpoint that is not to be believed.
    """
    tree = check_rows(rows)
    believed = sorted(
        ((believed_note(note.text, verifier, subject=note.name), note.name) for note in notes),
        key=lambda pair: pair[0].size,
    )
    agreed = 0
    growing = CompactRange()
    for checkpoint, name in believed:
        growing = _agreed(rows, growing, checkpoint, name)
        agreed = checkpoint.size
    return Verdict(
        origin=origin_of(rows[0].leaf) if rows else None,
        size=tree.size,
        root=tree.root,
        checkpoints=len(believed),
        signed_size=agreed,
    )


def _agreed(
    rows: Sequence[JournalRow], before: CompactRange, checkpoint: Checkpoint, name: str
) -> CompactRange:
    """The tree of *checkpoint*, grown from the one that the last checkpoint agreed with."""
    if checkpoint.size > len(rows):
        raise JournalInvalid(
            Diagnostic(
                code="journal-truncated",
                subject=f"entry {len(rows)}",
                summary=f"The journal has {many(len(rows), 'entry', 'entries')}, and {name} is signed over "
                f"{checkpoint.size}: its end was cut off",
                detail=f"It had {many(checkpoint.size, 'entry', 'entries')} at {checkpoint.at:%Y-%m-%d %H:%M:%SZ}.",
                hint=HINT,
            )
        )
    grown = before.extended(row.leaf for row in rows[before.size : checkpoint.size])
    if checkpoint.root != grown.root or checkpoint.origin != origin_of(rows[0].leaf):
        first = before.size if before.size < checkpoint.size else 0
        raise JournalInvalid(
            Diagnostic(
                code="journal-rewritten",
                subject=f"entry {first}",
                summary=f"The journal is not the one that {name} is signed over: an entry from "
                f"{first} to {checkpoint.size - 1} was changed, removed or put in",
                detail=f"Signed: {checkpoint.root.hex()}\nFound:  {grown.root.hex()}",
                hint=HINT,
            )
        )
    return grown


def check_head(rows: Sequence[JournalRow], head: JournalHead, name: str) -> None:
    """Hold *rows*, which follow from each other, against how far *name* says the journal had come.

    Raises JournalInvalid where the end was cut off since, or something was changed.
    """
    if head.size > len(rows):
        raise JournalInvalid(
            Diagnostic(
                code="journal-truncated",
                subject=f"entry {len(rows)}",
                summary=f"The journal has {many(len(rows), 'entry', 'entries')}, and had {head.size} when "
                f"{name} was written: its end was cut off",
                hint=HINT,
            )
        )
    found = rows[head.size - 1].root.hex() if head.size else CompactRange().root.hex()
    if found != head.root:
        raise JournalInvalid(
            Diagnostic(
                code="journal-rewritten",
                subject=f"entry {max(head.size - 1, 0)}",
                summary=f"The journal is not the one that was there when {name} was written: one of its "
                f"first {many(head.size, 'entry', 'entries')} was changed, removed or put in",
                detail=f"Told:  {head.root}\nFound: {found}",
                hint=HINT,
            )
        )


def _wrong(index: int, why: str) -> JournalInvalid:
    return JournalInvalid(
        Diagnostic(
            code="journal-changed",
            subject=f"entry {index}",
            summary=f"Entry {index} of the journal is not what was written: {why}",
            hint=HINT,
        )
    )
