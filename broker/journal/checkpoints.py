"""Signed checkpoints: how far the journal had come, in a form that can be kept outside.

    gpu-broker.journal/5bd1d0f20a5cbb1c
    42
    mKS1Jw2PzDhXlIYqUSCzD5X1VzxGyhQoENCgxB3cdzw=
    time 2026-11-29T12:00:00+00:00

    — sha256:91e9... yAb3...

It is a signed note with the three lines of a transparency log's checkpoint (C2SP: signed-note and
tlog-checkpoint), so that witnesses and other tools can read it. The first line names the journal by
its first entry.
"""

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import JournalInvalid, SignatureInvalid
from broker.journal.merkle import HASH_BYTES
from broker.ports.signing import Signer, Verifier

ORIGIN = "gpu-broker.journal/"
ED25519 = b"\x01"
ID_BYTES = 4
"""Before the signature come the first bytes of a hash of name and key, as the form has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The journal *origin* had *size* entries under *root* at *at*."""

    origin: str
    size: int
    root: bytes
    at: datetime


def origin_of(first_leaf: bytes) -> str:
    """The name of a journal, from the hash of its first entry."""
    return ORIGIN + first_leaf.hex()[:16]


def signed_note(checkpoint: Checkpoint, signer: Signer) -> str:
    """The text to keep and to publish."""
    text = _text(checkpoint)
    signature = signer.sign(text.encode())
    return _note(text, signer.key_id, _short_id(signer.key_id, signer.public_key) + signature)


def believed_note(note: str, verifier: Verifier, *, subject: str) -> Checkpoint:
    """The checkpoint in *note*, if its signature is good.

    Raises SignatureInvalid, and JournalInvalid if it is no checkpoint; both name *subject*.
    """
    try:
        text, key_id, signature = _parts(note)
        checkpoint = _checkpoint(text)
        is_exact = _note(_text(checkpoint), key_id, signature) == note
    except ValueError as error:
        raise JournalInvalid(_damaged(subject)) from error
    if not is_exact:
        raise JournalInvalid(_damaged(subject))
    public_key = verifier.public_key(key_id)
    if public_key is None:
        raise SignatureInvalid(
            Diagnostic(
                code="checkpoint-signer-unknown",
                subject=subject,
                summary=f"{subject} is signed by a key that is not trusted here",
                detail=f"The key calls itself {key_id!r}.",
                hint="If you know whose it is, `broker key trust FILE` trusts the public key that "
                "they print with `broker key show`.",
            )
        )
    expected = _short_id(key_id, public_key)
    is_named = signature[:ID_BYTES] == expected
    if not is_named or not verifier.accepts(key_id, text.encode(), signature[ID_BYTES:]):
        raise SignatureInvalid(
            Diagnostic(
                code="checkpoint-signature-wrong",
                subject=subject,
                summary=f"{subject} is not what was signed: it was changed afterwards",
                hint="Compare it with the copy that was published.",
            )
        )
    return checkpoint


def _text(checkpoint: Checkpoint) -> str:
    root = b64encode(checkpoint.root).decode()
    at = checkpoint.at.astimezone(UTC).isoformat()
    return f"{checkpoint.origin}\n{checkpoint.size}\n{root}\ntime {at}\n"


def _note(text: str, key_id: str, signature: bytes) -> str:
    return f"{text}\n— {key_id} {b64encode(signature).decode()}\n"


def _parts(note: str) -> tuple[str, str, bytes]:
    text, _, last = note.partition("\n\n— ")
    key_id, signature = last.removesuffix("\n").split(" ")
    return text + "\n", key_id, b64decode(signature, validate=True)


def _checkpoint(text: str) -> Checkpoint:
    origin, size, root, time, rest = text.split("\n")
    checkpoint = Checkpoint(
        origin=origin,
        size=int(size),
        root=b64decode(root, validate=True),
        at=datetime.fromisoformat(time.removeprefix("time ")),
    )
    if rest or len(checkpoint.root) != HASH_BYTES or checkpoint.size < 1:
        message = "it has not the lines of a checkpoint"
        raise ValueError(message)
    return checkpoint


def _short_id(name: str, public_key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:ID_BYTES]


def _damaged(subject: str) -> Diagnostic:
    return Diagnostic(
        code="checkpoint-damaged",
        subject=subject,
        summary=f"{subject} is no checkpoint of a journal, or was changed",
        hint="Compare it with the copy that was published.",
    )
