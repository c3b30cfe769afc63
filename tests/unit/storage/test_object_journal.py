"""A journal that several computers share is one, and whatever is done to its objects is found."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread

import pytest

from broker.domain.errors import BrokerError, JournalInvalid, Unwritable
from broker.journal.merkle import leaf_hash
from broker.journal.verification import Verdict, verified
from broker.ports.objects import Stored
from broker.ports.state import Entry
from broker.storage.clock import StoppedClock
from broker.storage.object_journal import ENTRIES_PER_CHECKPOINT, JournalObjects
from tests.fakes.keys import Believing, FixedKey
from tests.fakes.objects import MemoryObjects, unreachable

KEY = FixedKey()
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ENTRY = Entry(at=NOW, who="ann", act="apply", phase="intent", subject="0", token="1")  # noqa: S106
SIZE = 12


def journal_in(objects: MemoryObjects) -> JournalObjects:
    """As another computer would find it."""
    return JournalObjects(objects, KEY, StoppedClock(NOW), credentials=["c4n4ry-value"])


@pytest.fixture
def objects() -> MemoryObjects:
    """A journal of SIZE entries with a checkpoint in the middle and one at the end."""
    objects = MemoryObjects()
    journal = journal_in(objects)
    for number in range(SIZE):
        journal.append(replace(ENTRY, subject=str(number)))
        if number in (SIZE // 2, SIZE - 1):
            journal.checkpoint()
    return objects


def verdict_of(objects: MemoryObjects) -> Verdict:
    journal = journal_in(objects)
    return verified(journal.rows(), journal.notes(), Believing(KEY))


def entry(position: int) -> str:
    return f"journal/entries/{position:09}.json"


def change(objects: MemoryObjects, position: int, **told: object) -> None:
    stored = objects.held[entry(position)]
    document = {**json.loads(stored.content), **told}
    objects.held[entry(position)] = Stored(
        content=json.dumps(document).encode(), version=stored.version
    )


def test_an_untouched_journal_is_what_was_written(objects: MemoryObjects) -> None:
    verdict = verdict_of(objects)

    assert (verdict.size, verdict.checkpoints, verdict.signed_size) == (SIZE, 2, SIZE)
    assert [e.subject for e in journal_in(objects).entries()] == [*map(str, range(SIZE))]


def test_another_computer_goes_on_where_the_last_one_was(objects: MemoryObjects) -> None:
    first, second = journal_in(objects), journal_in(objects)

    indexes = [
        journal.append(replace(ENTRY, who=who))
        for journal, who in ((first, "ann"), (second, "bob"), (first, "ann"), (second, "bob"))
    ]
    second.checkpoint()

    assert indexes == [SIZE, SIZE + 1, SIZE + 2, SIZE + 3]
    assert [e.who for e in first.entries()][SIZE:] == ["ann", "bob", "ann", "bob"]
    assert verdict_of(objects).signed_size == SIZE + 4


def test_computers_that_append_at_once_lose_nothing(objects: MemoryObjects) -> None:
    journals = [journal_in(objects) for _ in range(4)]

    def note(journal: JournalObjects) -> None:
        for _ in range(20):
            journal.append(ENTRY)

    threads = [Thread(target=note, args=(journal,)) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert verdict_of(objects).size == SIZE + 80


def test_an_entry_of_which_the_answer_was_lost_is_there_once(objects: MemoryObjects) -> None:
    objects.lose_answers = True
    journal = journal_in(objects)

    assert [journal.append(ENTRY), journal.append(ENTRY)] == [SIZE, SIZE + 1]
    assert verdict_of(objects).size == SIZE + 2


def test_it_is_signed_every_so_many_entries() -> None:
    objects = MemoryObjects()
    journal = journal_in(objects)
    for _ in range(ENTRIES_PER_CHECKPOINT):
        journal.append(ENTRY)

    assert verdict_of(objects).signed_size == ENTRIES_PER_CHECKPOINT


@pytest.mark.parametrize("position", [0, 3, SIZE - 1])
def test_an_entry_that_is_gone_is_missed(objects: MemoryObjects, position: int) -> None:
    objects.remove(entry(position))

    with pytest.raises(JournalInvalid):
        verdict_of(objects)


def test_an_end_that_was_cut_off_is_missed_and_nothing_is_put_in_its_place(
    objects: MemoryObjects,
) -> None:
    objects.remove(entry(SIZE - 1))
    objects.remove(entry(SIZE - 2))
    before = dict(objects.held)

    with pytest.raises(JournalInvalid) as refused:
        journal_in(objects).append(ENTRY)
    with pytest.raises(JournalInvalid) as found:
        verdict_of(objects)

    assert refused.value.diagnostics[0].code == "journal-changed"
    assert found.value.diagnostics[0].code == "journal-truncated"
    assert objects.held == before


@pytest.mark.parametrize(
    "told",
    [
        {"body": '{"act":"other"}'},
        {"root": "00" * 32},
        {"leaf": leaf_hash(b"other").hex()},
    ],
)
def test_an_entry_that_was_changed_is_found(objects: MemoryObjects, told: dict[str, str]) -> None:
    change(objects, 3, **told)

    with pytest.raises(JournalInvalid) as caught:
        verdict_of(objects)

    assert caught.value.diagnostics[0].subject == "entry 3"


@pytest.mark.parametrize("told", [{"version": 2}, {"subtrees": [7]}, {"body": None}, {"root": "x"}])
def test_what_is_no_entry_is_said(objects: MemoryObjects, told: dict[str, object]) -> None:
    change(objects, SIZE - 1, **told)

    for attempt in (journal_in(objects).rows, lambda: journal_in(objects).append(ENTRY)):
        with pytest.raises(JournalInvalid):
            attempt()


def test_nothing_is_added_to_an_end_that_does_not_tell_its_tree(objects: MemoryObjects) -> None:
    change(objects, SIZE - 1, subtrees=[])

    with pytest.raises(JournalInvalid):
        journal_in(objects).append(ENTRY)


def test_nothing_is_added_behind_an_entry_that_does_not_follow(objects: MemoryObjects) -> None:
    journal_in(objects).append(ENTRY)
    change(objects, SIZE, root="00" * 32)

    with pytest.raises(JournalInvalid):
        journal_in(objects).append(ENTRY)


@pytest.mark.parametrize(
    "attempt",
    [lambda journal: journal.append(ENTRY), lambda journal: journal.checkpoint()],
    ids=["append", "checkpoint"],
)
def test_what_can_not_be_noted_is_not_done(
    objects: MemoryObjects, attempt: Callable[[JournalObjects], None]
) -> None:
    journal = journal_in(objects)
    journal.append(ENTRY)
    objects.before_put = unreachable

    with pytest.raises(Unwritable) as refused:
        attempt(journal)

    assert refused.value.diagnostics[0].code == "journal-unwritable"


def test_credentials_are_not_noted_in_clear(objects: MemoryObjects) -> None:
    journal_in(objects).append(replace(ENTRY, detail={"what": "said c4n4ry-value"}))

    assert not any(b"c4n4ry" in stored.content for stored in objects.held.values())


def test_without_a_key_nothing_is_begun(objects: MemoryObjects) -> None:
    class Nobody(FixedKey):
        @property
        def key_id(self) -> str:
            raise BrokerError

    before = dict(objects.held)
    with pytest.raises(BrokerError):
        JournalObjects(objects, Nobody(), StoppedClock(NOW)).append(ENTRY)

    assert objects.held == before
