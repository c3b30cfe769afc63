"""`broker audit`: whether the journal is what was written, and proof of it for others."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, UsageInvalid
from broker.journal.checkpoints import Checkpoint, believed_note
from broker.journal.entries import document_of
from broker.journal.evidence import consistency_document, inclusion_document, proven
from broker.journal.verification import Verdict, check_head, check_rows, verified
from broker.ports.audit import AuditTrail, JournalHead, JournalRow, Note
from broker.ports.replicas import StateReplica
from broker.ports.signing import Verifier
from broker.ports.state import Journal

Document = dict[str, Any]

MAXIMUM_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A journal as it is kept (*trail*), the same to be signed (*journal*), and whom to believe."""

    trail: AuditTrail
    journal: Journal
    verifier: Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What *name*, which lies elsewhere, says of how far the journal had come."""

    name: str
    head: JournalHead


def witness_of(replica: StateReplica | None) -> Witness | None:
    """What the replica of the state says; None where it can not be asked, or is of another state."""
    try:
        copied = None if replica is None else replica.read()
    except BrokerError:
        return None
    if replica is None or copied is None or copied.journal is None:
        return None
    if copied.source != replica.source:
        return None
    return Witness(name=f"the replica {replica.address}", head=copied.journal)


def verify(
    archive: Archive, outside: Sequence[Path] = (), witness: Witness | None = None
) -> Verdict:
    """Compute every hash again, and compare with the checkpoints here and those in *outside*.

    So is what the *witness* says. Raises JournalInvalid, SignatureInvalid and UsageInvalid.
    """
    notes = [*archive.trail.notes(), *(_note(path) for path in outside)]
    rows = archive.trail.rows()
    verdict = verified(rows, notes, archive.verifier)
    if witness is not None:
        check_head(rows, witness.head, witness.name)
    return verdict


def listed(archive: Archive) -> Iterator[tuple[JournalRow, Document]]:
    """Every entry with its row, oldest first, all checked first; raises JournalInvalid."""
    rows = archive.trail.rows()
    check_rows(rows)
    return ((row, document_of(row.body)) for row in rows)


def prove(archive: Archive, index: int) -> Document:
    """That entry *index* is under the newest checkpoint.

    One is signed now if none reaches so far. Raises UsageInvalid if there is no such entry.
    """
    rows = archive.trail.rows()
    check_rows(rows)
    if not 0 <= index < len(rows):
        raise UsageInvalid(
            Diagnostic(
                code="entry-unknown",
                subject=str(index),
                summary=f"There is no entry {index} in the journal, which has {len(rows)}",
                hint="Entries count from 0; `broker audit list` shows them.",
            )
        )
    note, checkpoint = _newest(archive, reaching=index + 1)
    # Another process may have gone on meanwhile: the checkpoint is over what is there now.
    return inclusion_document(archive.trail.rows(), index, note, checkpoint)


def prove_continued(archive: Archive, earlier: Path) -> Document:
    """That the journal as it is now continues the checkpoint in *earlier*, which was kept outside.

    It is signed as it is now, unless it is already. Raises JournalInvalid if it does not, and what `verify` raises.
    """
    verify(archive, [earlier])
    note = _note(earlier)
    old = believed_note(note.text, archive.verifier, subject=note.name)
    newest = _newest(archive, reaching=len(archive.trail.rows()))
    return consistency_document(archive.trail.rows(), (note, old), newest)


def check(path: Path, verifier: Verifier) -> str:
    """What the proof in *path* proves, in words; raises JournalInvalid and SignatureInvalid."""
    try:
        document = json.loads(_text(path))
    except (ValueError, RecursionError):
        document = None
    return proven(document, verifier, subject=str(path))


def newest_checkpoint(archive: Archive) -> str:
    """A signed checkpoint over all entries, to be kept where nobody who has the journal can change it.

    Raises UsageInvalid if nothing was noted yet.
    """
    size = check_rows(archive.trail.rows()).size
    if not size:
        raise UsageInvalid(
            Diagnostic(
                code="journal-empty",
                subject="journal",
                summary="Nothing was noted here yet, so there is nothing to sign",
                hint="`broker apply` notes what it does.",
            )
        )
    return _newest(archive, reaching=size)[0].text


def _newest(archive: Archive, *, reaching: int) -> tuple[Note, Checkpoint]:
    """The newest checkpoint that agrees with the journal, over at least *reaching* entries."""
    found = _last(archive)
    if found is None or found[1].size < reaching:
        archive.journal.checkpoint()
        found = _last(archive)
    if found is None or found[1].size < reaching:
        message = "a checkpoint that was signed is not there"
        raise LookupError(message)
    verify(archive)
    return found


def _last(archive: Archive) -> tuple[Note, Checkpoint] | None:
    found = [
        (note, believed_note(note.text, archive.verifier, subject=note.name))
        for note in archive.trail.notes()
    ]
    return max(found, key=lambda pair: pair[1].size, default=None)


def _note(path: Path) -> Note:
    return Note(name=str(path), text=_text(path))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(MAXIMUM_BYTES).decode(errors="replace")
    except OSError as error:
        raise UsageInvalid(
            Diagnostic(
                code="audit-file-unreadable",
                subject=str(path),
                summary=f"Can not read {path}: {error.strerror}",
                hint="Name a file that `broker audit checkpoint` or `broker audit prove` wrote.",
            )
        ) from error
