"""A checkpoint is a signed note that any tool for transparency logs can read."""

import hashlib
from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest

from broker.domain.errors import BrokerError, JournalInvalid, SignatureInvalid
from broker.journal.checkpoints import Checkpoint, believed_note, origin_of, signed_note
from broker.journal.merkle import leaf_hash
from tests.fakes.keys import Believing, FixedKey

KEY, STRANGER = FixedKey(), FixedKey(seed=2)
CHECKPOINT = Checkpoint(
    origin=origin_of(leaf_hash(b"first")),
    size=42,
    root=leaf_hash(b"root"),
    at=datetime(2026, 11, 29, 12, tzinfo=UTC),
)
NOTE = signed_note(CHECKPOINT, KEY)


def test_it_has_the_form_of_a_signed_note() -> None:
    text, signature = NOTE.split("\n\n")
    origin, size, root, time = text.split("\n")
    dash, name, encoded = signature.removesuffix("\n").split(" ")

    assert (dash, name) == ("—", KEY.key_id)
    assert (origin, size) == (CHECKPOINT.origin, "42")
    assert b64decode(root) == CHECKPOINT.root
    assert time == "time 2026-11-29T12:00:00+00:00"
    named = hashlib.sha256(KEY.key_id.encode() + b"\n\x01" + KEY.public_key).digest()
    assert b64decode(encoded)[:4] == named[:4]
    assert b64decode(encoded)[4:] == KEY.sign(f"{text}\n".encode())


def test_it_comes_back_as_it_was() -> None:
    assert believed_note(NOTE, Believing(KEY), subject="x") == CHECKPOINT


def code_of(note: str, *believed: FixedKey) -> str:
    with pytest.raises(BrokerError) as failure:
        believed_note(note, Believing(*believed or (KEY,)), subject="x")
    assert isinstance(failure.value, JournalInvalid | SignatureInvalid)
    (diagnostic,) = failure.value.diagnostics
    assert diagnostic.subject == "x"
    assert diagnostic.hint
    return diagnostic.code


def test_a_stranger_is_not_believed() -> None:
    assert code_of(NOTE, STRANGER) == "checkpoint-signer-unknown"


def test_every_changed_character_is_refused() -> None:
    for at, character in enumerate(NOTE):
        for other in ("0", "A", "\n", " ", "é", chr(ord(character) ^ 1)):
            if other != character:
                code_of(NOTE[:at] + other + NOTE[at + 1 :])
        code_of(NOTE[:at] + NOTE[at + 1 :])
        code_of(NOTE[:at])
        code_of(NOTE[:at] + " " + NOTE[at:])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n— a b\n",
        NOTE + NOTE,
        NOTE + "\n",
        NOTE.replace("\n42\n", "\n042\n"),
        NOTE.replace("\n42\n", "\n-1\n"),
        NOTE.replace("time ", "time  "),
        NOTE.replace("\n", "\r\n"),
    ],
    ids=str,
)
def test_what_is_written_otherwise_is_no_checkpoint(note: str) -> None:
    assert code_of(note) == "checkpoint-damaged"


def test_the_key_must_be_the_one_that_the_signature_names() -> None:
    head, _, encoded = NOTE.rpartition(" ")
    swapped = b64encode(b"\x00" * 4 + b64decode(encoded)[4:]).decode()

    assert code_of(f"{head} {swapped}\n") == "checkpoint-signature-wrong"
