"""What every journal promises."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from broker.ports.state import Entry, Journal
from broker.storage.clock import StoppedClock
from broker.storage.journal_store import JournalFile
from broker.storage.object_journal import JournalObjects
from tests.fakes.keys import FixedKey
from tests.fakes.shared_places import PLACES
from tests.fakes.state import MemoryJournal

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)

ENTRY = Entry(
    at=NOW,
    who="ann@host",
    act="stack-up",
    phase="intent",
    subject="aws-eu-west-1",
    token="3",  # noqa: S106
    detail={"steps": 4, "pools": ["h100"]},
)


HERE: Mapping[str, Callable[[Path], Journal]] = {
    "file": lambda folder: JournalFile(folder / "state", FixedKey(), StoppedClock(NOW)),
    "memory": lambda _: MemoryJournal(),
}


@pytest.fixture(params=[*HERE, *(f"shared-{name}" for name in PLACES if "-" not in name)])
def journal(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Journal]:
    if request.param in HERE:
        yield HERE[request.param](tmp_path)
        return
    with PLACES[request.param.removeprefix("shared-")](monkeypatch) as objects:
        yield JournalObjects(objects, FixedKey(), StoppedClock(NOW))


def test_a_new_journal_is_empty(journal: Journal) -> None:
    journal.checkpoint()

    assert list(journal.entries()) == []


def test_entries_come_back_in_order_as_they_were(journal: Journal) -> None:
    entries = [replace(ENTRY, at=NOW + timedelta(seconds=n), subject=f"é{n}") for n in range(5)]

    indexes = [journal.append(entry) for entry in entries]

    assert indexes == [0, 1, 2, 3, 4]
    assert list(journal.entries()) == entries


def test_a_checkpoint_changes_no_entry(journal: Journal) -> None:
    journal.append(ENTRY)
    journal.checkpoint()
    journal.checkpoint()
    journal.append(ENTRY)

    assert list(journal.entries()) == [ENTRY, ENTRY]


def test_several_threads_lose_nothing(journal: Journal) -> None:
    indexes: list[int] = []

    def note() -> None:
        indexes.extend(journal.append(ENTRY) for _ in range(20))

    threads = [Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(indexes) == list(range(80))
    assert len(journal.entries()) == 80
