"""Proofs as documents, which somebody else can check with the signer's public key alone."""

from collections.abc import Callable, Sequence
from typing import Any

from broker.domain.canonical import canonical_json
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import JournalInvalid
from broker.journal.checkpoints import Checkpoint, believed_note
from broker.journal.entries import document_of
from broker.journal.merkle import leaf_hash
from broker.journal.proofs import consistency_proof, includes, inclusion_proof, is_continued
from broker.ports.audit import JournalRow, Note
from broker.ports.signing import Verifier

FORMAT_VERSION = "1.0"

Document = dict[str, Any]


def inclusion_document(
    rows: Sequence[JournalRow], index: int, note: Note, checkpoint: Checkpoint
) -> Document:
    """That entry *index* of *rows* is under *checkpoint*, which *note* holds."""
    leaves = [row.leaf for row in rows[: checkpoint.size]]
    return {
        "format_version": FORMAT_VERSION,
        "kind": "inclusion",
        "index": index,
        "entry": document_of(rows[index].body),
        "leaf": rows[index].leaf.hex(),
        "path": [step.hex() for step in inclusion_proof(leaves, index)],
        "checkpoint": note.text,
    }


def consistency_document(
    rows: Sequence[JournalRow], earlier: tuple[Note, Checkpoint], later: tuple[Note, Checkpoint]
) -> Document:
    """That the journal under *later* begins with the one under *earlier*."""
    leaves = [row.leaf for row in rows[: later[1].size]]
    return {
        "format_version": FORMAT_VERSION,
        "kind": "consistency",
        "from": earlier[0].text,
        "path": [step.hex() for step in consistency_proof(leaves, earlier[1].size)],
        "checkpoint": later[0].text,
    }


def proven(document: Any, verifier: Verifier, *, subject: str) -> str:
    """What *document* proves, in words.

    Raises JournalInvalid if it proves nothing, and SignatureInvalid; both name *subject*.
    """
    kinds: dict[str, Callable[[Document, Verifier, str], str]] = {
        "inclusion": _inclusion,
        "consistency": _consistency,
    }
    try:
        return kinds[document["kind"]](document, verifier, subject)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise JournalInvalid(_nothing(subject, "it has not the form of a proof")) from error


def _inclusion(document: Document, verifier: Verifier, subject: str) -> str:
    checkpoint = believed_note(document["checkpoint"], verifier, subject=subject)
    index = document["index"]
    leaf = leaf_hash(canonical_json(document["entry"]).encode())
    path = [bytes.fromhex(step) for step in document["path"]]
    if leaf.hex() != document["leaf"] or not includes(
        checkpoint.root, checkpoint.size, index, leaf, path
    ):
        raise JournalInvalid(_nothing(subject, "the entry is not under the signed root"))
    return (
        f"Entry {index} is one of the {checkpoint.size} entries of {checkpoint.origin} "
        f"that were signed at {_instant(checkpoint)}."
    )


def _consistency(document: Document, verifier: Verifier, subject: str) -> str:
    old = believed_note(document["from"], verifier, subject=subject)
    new = believed_note(document["checkpoint"], verifier, subject=subject)
    path = [bytes.fromhex(step) for step in document["path"]]
    continued = is_continued(old.root, old.size, new.root, new.size, path)
    if old.origin != new.origin or not continued:
        raise JournalInvalid(_nothing(subject, "the one journal does not begin with the other"))
    return (
        f"The {new.size} entries of {new.origin} signed at {_instant(new)} begin with the "
        f"{old.size} signed at {_instant(old)}: none of those was changed or removed."
    )


def _instant(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.at:%Y-%m-%d %H:%M:%SZ}"


def _nothing(subject: str, why: str) -> Diagnostic:
    return Diagnostic(
        code="proof-wrong",
        subject=subject,
        summary=f"{subject} proves nothing: {why}",
        hint="Ask for another: `broker audit prove INDEX` makes one.",
    )
