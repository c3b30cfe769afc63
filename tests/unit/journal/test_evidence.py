"""A proof convinces somebody who has nothing but the signer's public key."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from broker.domain.errors import BrokerError, JournalInvalid, SignatureInvalid
from broker.journal.checkpoints import Checkpoint, origin_of, signed_note
from broker.journal.entries import body_of
from broker.journal.evidence import consistency_document, inclusion_document, proven
from broker.journal.merkle import CompactRange, leaf_hash
from broker.ports.audit import JournalRow, Note
from broker.ports.state import Entry
from tests.fakes.keys import Believing, FixedKey

KEY = FixedKey()
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ENTRY = Entry(at=NOW, who="ann", act="apply", phase="intent", subject="0", token="1")  # noqa: S106


def rows_of(subjects: Iterator[str]) -> list[JournalRow]:
    rows: list[JournalRow] = []
    tree = CompactRange()
    for position, subject in enumerate(subjects):
        body = body_of(replace(ENTRY, subject=subject))
        tree = tree.appended(leaf_hash(body))
        rows.append(JournalRow(position=position, body=body, leaf=leaf_hash(body), root=tree.root))
    return rows


ROWS = rows_of(map(str, range(11)))
OTHERS = rows_of(f"other {n}" for n in range(11))


def checkpoint_of(rows: list[JournalRow], size: int) -> tuple[Note, Checkpoint]:
    checkpoint = Checkpoint(
        origin=origin_of(rows[0].leaf), size=size, root=rows[size - 1].root, at=NOW
    )
    return Note(name=f"{size}.note", text=signed_note(checkpoint, KEY)), checkpoint


def inclusion(index: int, size: int = 9) -> dict[str, Any]:
    return inclusion_document(ROWS, index, *checkpoint_of(ROWS, size))


def consistency(old: int, new: int = 9) -> dict[str, Any]:
    return consistency_document(ROWS, checkpoint_of(ROWS, old), checkpoint_of(ROWS, new))


def told(document: Any) -> str:
    return proven(json.loads(json.dumps(document)), Believing(KEY), subject="proof.json")


def refusal(document: Any, *believed: FixedKey) -> str:
    with pytest.raises(BrokerError) as failure:
        proven(document, Believing(*believed or (KEY,)), subject="proof.json")
    assert isinstance(failure.value, JournalInvalid | SignatureInvalid)
    (diagnostic,) = failure.value.diagnostics
    assert diagnostic.subject == "proof.json"
    return diagnostic.code


@pytest.mark.parametrize("index", range(9))
def test_an_entry_is_proven(index: int) -> None:
    assert told(inclusion(index)).startswith(f"Entry {index} is one of the 9 entries")


@pytest.mark.parametrize("old", range(1, 10))
def test_a_continuation_is_proven(old: int) -> None:
    assert f"begin with the {old} signed" in told(consistency(old))


def changed(document: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return copy.deepcopy(document) | {key: value}


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: changed(proof, "index", 4),
        lambda proof: changed(proof, "index", "3"),
        lambda proof: changed(proof, "entry", proof["entry"] | {"who": "eve"}),
        lambda proof: changed(proof, "entry", json.loads(OTHERS[3].body)),
        lambda proof: changed(proof, "leaf", OTHERS[3].leaf.hex()),
        lambda proof: changed(proof, "path", proof["path"][1:]),
        lambda proof: changed(proof, "path", [*proof["path"], "00" * 32]),
        lambda proof: changed(proof, "path", ["not hexadecimal"]),
        lambda proof: changed(proof, "path", None),
        lambda proof: changed(proof, "checkpoint", checkpoint_of(ROWS, 10)[0].text),
        lambda proof: changed(proof, "checkpoint", checkpoint_of(OTHERS, 9)[0].text),
        lambda proof: changed(proof, "kind", "consistency"),
        lambda proof: changed(proof, "kind", ["inclusion"]),
        lambda _: None,
        lambda _: [],
        lambda _: {},
    ],
)
def test_a_changed_proof_of_an_entry_proves_nothing(change: Callable[[Any], Any]) -> None:
    assert refusal(change(inclusion(3))) == "proof-wrong"


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: changed(proof, "from", checkpoint_of(ROWS, 6)[0].text),
        lambda proof: changed(proof, "from", checkpoint_of(OTHERS, 5)[0].text),
        lambda proof: changed(proof, "checkpoint", checkpoint_of(OTHERS, 9)[0].text),
        lambda proof: changed(proof, "path", proof["path"][1:]),
        lambda proof: changed(proof, "path", []),
        lambda proof: proof | {"from": proof["checkpoint"], "checkpoint": proof["from"]},
    ],
)
def test_a_changed_proof_of_a_continuation_proves_nothing(change: Callable[[Any], Any]) -> None:
    assert refusal(change(consistency(5))) == "proof-wrong"


def test_a_proof_that_a_stranger_signed_proves_nothing() -> None:
    assert refusal(inclusion(3), FixedKey(seed=2)) == "checkpoint-signer-unknown"


def test_a_proof_whose_checkpoint_was_changed_proves_nothing() -> None:
    proof = inclusion(3)
    forged = proof["checkpoint"].replace("\n9\n", "\n8\n")

    assert refusal(changed(proof, "checkpoint", forged)) == "checkpoint-signature-wrong"
