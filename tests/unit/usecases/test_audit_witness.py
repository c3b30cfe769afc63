"""A replica of the state as a witness of the journal: what it says was there can not be taken back."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.domain.errors import JournalInvalid
from broker.ports.state import Entry, State
from broker.storage.clock import StoppedClock
from broker.storage.journal_store import JournalFile
from broker.storage.keys import KeyFiles, KnownKeys
from broker.storage.replica import ObjectReplica
from broker.usecases.audit import Archive, verify, witness_of
from tests.fakes.objects import MemoryObjects, unreachable

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
STATE = State(lineage="c0ffee", serial=41, fleet="research", currency="USD")


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    return KeyFiles(tmp_path / "keys")


@pytest.fixture
def journal(tmp_path: Path, keys: KeyFiles) -> JournalFile:
    return JournalFile(tmp_path / "journal", keys, StoppedClock(NOON))


@pytest.fixture
def replica(journal: JournalFile) -> ObjectReplica:
    return ObjectReplica(
        objects=MemoryObjects(), clock=StoppedClock(NOON), source="here", head=journal.head
    )


def note(journal: JournalFile, *acts: str) -> None:
    for act in acts:
        journal.append(
            Entry(at=NOON, who="me@here", act=act, phase="intent", subject="fleet", token="1")  # noqa: S106
        )


def archive(journal: JournalFile, keys: KeyFiles) -> Archive:
    return Archive(trail=journal, journal=journal, verifier=KnownKeys(keys))


def test_a_journal_that_goes_on_agrees_with_its_witness(
    journal: JournalFile, keys: KeyFiles, replica: ObjectReplica
) -> None:
    note(journal, "one", "two")
    replica.copy(STATE, 1)
    note(journal, "three")

    witness = witness_of(replica)

    assert witness is not None
    assert witness.head.size == 2
    assert verify(archive(journal, keys), witness=witness).size == 3


def test_an_end_that_was_cut_off_is_found(
    journal: JournalFile, keys: KeyFiles, replica: ObjectReplica, tmp_path: Path
) -> None:
    note(journal, "one")
    journal.checkpoint()
    shutil.copytree(tmp_path / "journal", tmp_path / "earlier")
    note(journal, "two")
    replica.copy(STATE, 1)
    earlier = JournalFile(tmp_path / "earlier", keys, StoppedClock(NOON))

    verify(archive(earlier, keys))
    with pytest.raises(JournalInvalid) as found:
        verify(archive(earlier, keys), witness=witness_of(replica))

    assert found.value.diagnostics[0].code == "journal-truncated"


def test_another_journal_is_found(
    journal: JournalFile, keys: KeyFiles, replica: ObjectReplica, tmp_path: Path
) -> None:
    note(journal, "one", "two")
    replica.copy(STATE, 1)
    another = JournalFile(tmp_path / "another", keys, StoppedClock(NOON))
    note(another, "one", "too")

    with pytest.raises(JournalInvalid) as found:
        verify(archive(another, keys), witness=witness_of(replica))

    assert found.value.diagnostics[0].code == "journal-rewritten"


def test_a_replica_that_can_not_say_anything_is_no_witness(
    journal: JournalFile, replica: ObjectReplica
) -> None:
    note(journal, "one")
    elsewhere = ObjectReplica(
        objects=replica.objects, clock=replica.clock, source="elsewhere", head=journal.head
    )
    assert witness_of(None) is None
    assert witness_of(replica) is None
    replica.copy(STATE, 1)
    assert witness_of(elsewhere) is None

    class Down(MemoryObjects):
        def read(self, name: str) -> None:
            unreachable(name)

    down = ObjectReplica(objects=Down(), clock=replica.clock, source="here", head=journal.head)
    assert witness_of(down) is None
