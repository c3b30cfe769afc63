"""Whatever is done to the file of the journal from outside is found, and where it begins."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, DiskFull, JournalInvalid, Unwritable
from broker.journal.entries import body_of
from broker.journal.merkle import CompactRange, leaf_hash
from broker.journal.verification import Verdict, check_rows, verified
from broker.ports.audit import Note
from broker.ports.state import Entry
from broker.storage.clock import StoppedClock
from broker.storage.disk_full import disk_full
from broker.storage.journal_store import ENTRIES_PER_CHECKPOINT, JournalFile
from tests.conftest import ROOT
from tests.fakes.keys import Believing, FixedKey

KEY = FixedKey()
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ENTRY = Entry(at=NOW, who="ann", act="apply", phase="intent", subject="0", token="1")  # noqa: S106
SIZE = 12


def journal_in(folder: Path) -> JournalFile:
    return JournalFile(folder, KEY, StoppedClock(NOW), credentials=["c4n4ry-value"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A journal of SIZE entries with a checkpoint in the middle and one at the end."""
    folder = tmp_path / "state"
    journal = journal_in(folder)
    for number in range(SIZE):
        journal.append(replace(ENTRY, subject=str(number)))
        if number in (SIZE // 2, SIZE - 1):
            journal.checkpoint()
    return folder


def verdict_of(folder: Path, *outside: Note) -> Verdict:
    journal = journal_in(folder)
    return verified(journal.rows(), [*journal.notes(), *outside], Believing(KEY))


def refusal(folder: Path, *outside: Note) -> Diagnostic:
    with pytest.raises(BrokerError) as failure:
        verdict_of(folder, *outside)
    assert isinstance(failure.value, JournalInvalid)
    (diagnostic,) = failure.value.diagnostics
    assert diagnostic.hint
    return diagnostic


def tamper(folder: Path, *statements: str, **values: int) -> None:
    """What somebody with the file and an editor for it can do; *values* are named in statements."""
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as database:
        database.execute("DROP TRIGGER entries_stay")
        database.execute("DROP TRIGGER entries_hold")
        for statement in statements:
            database.execute(statement, values)


def test_an_untouched_journal_is_what_was_written(folder: Path) -> None:
    verdict = verdict_of(folder)

    assert (verdict.size, verdict.checkpoints, verdict.signed_size) == (SIZE, 2, SIZE)
    assert [entry.subject for entry in journal_in(folder).entries()] == [*map(str, range(SIZE))]


def test_it_is_for_its_owner_alone(folder: Path) -> None:
    assert (folder / "journal.db").stat().st_mode & 0o777 == 0o600


def test_mistakes_are_kept_away(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as database:
        for statement in ("DELETE FROM entries", "UPDATE entries SET body = ''"):
            with pytest.raises(sqlite3.IntegrityError):
                database.execute(statement)


@pytest.mark.parametrize("index", range(SIZE))
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET body = replace(body, 'ann', 'eve') WHERE position = :index",
        "UPDATE entries SET body = body || ' ' WHERE position = :index",
        "UPDATE entries SET body = x'00' WHERE position = :index",
        "UPDATE entries SET body = 7 WHERE position = :index",
        "UPDATE entries SET leaf = x'00' WHERE position = :index",
        "UPDATE entries SET root = leaf WHERE position = :index AND position > 0",
        "UPDATE entries SET root = x'' WHERE position = :index",
        "UPDATE entries SET position = -1 WHERE position = :index",
        "UPDATE entries SET position = position + 100 WHERE position = :index",
        "DELETE FROM entries WHERE position = :index",
    ],
)
def test_a_changed_or_removed_row_is_found_where_it_is(
    folder: Path, statement: str, index: int
) -> None:
    tamper(folder, statement, index=index)
    if "position > 0" in statement and index == 0:
        return

    told = refusal(folder)

    if "position = -1" in statement:
        assert told.subject == "entry 0"
    elif index == SIZE - 1 and told.code == "journal-truncated":
        assert told.subject == f"entry {index}"
    else:
        assert (told.code, told.subject) == ("journal-changed", f"entry {index}")


@pytest.mark.parametrize("index", range(SIZE - 1))
def test_reordered_rows_are_found(folder: Path, index: int) -> None:
    tamper(
        folder,
        "UPDATE entries SET position = -5 WHERE position = :index",
        "UPDATE entries SET position = :index WHERE position = :index + 1",
        "UPDATE entries SET position = :index + 1 WHERE position = -5",
        index=index,
    )

    assert refusal(folder).subject == f"entry {index}"


@pytest.mark.parametrize("index", range(SIZE + 1))
def test_a_row_that_was_put_in_is_found(folder: Path, index: int) -> None:
    tamper(
        folder,
        "UPDATE entries SET position = -position - 1 WHERE position >= :index",
        "UPDATE entries SET position = -position WHERE position < 0",
        "INSERT INTO entries SELECT :index, body, leaf, root FROM entries ORDER BY position LIMIT 1",
        index=index,
    )

    # A second copy of the first row is what the first row was; the other is no continuation.
    assert refusal(folder).subject == f"entry {index or 1}"


@pytest.mark.parametrize("size", range(1, SIZE))
def test_a_cut_off_end_is_found_by_a_checkpoint_that_was_kept(folder: Path, size: int) -> None:
    tamper(folder, "DELETE FROM entries WHERE position >= :size", size=size)
    (kept,) = [note for note in journal_in(folder).notes() if int(note.name[:-5]) == SIZE]
    shutil.rmtree(folder / "checkpoints")

    assert verdict_of(folder).size == size

    told = refusal(folder, kept)
    assert (told.code, told.subject) == ("journal-truncated", f"entry {size}")


def test_a_journal_that_is_gone_is_found_by_a_checkpoint(folder: Path) -> None:
    (folder / "journal.db").unlink()

    assert refusal(folder).code == "journal-truncated"


def rewrite(folder: Path, index: int) -> None:
    """Change one entry, and every hash that follows from it."""
    rows = journal_in(folder).rows()
    bodies = [row.body for row in rows]
    bodies[index] = bodies[index].replace(b"ann", b"eve")
    tree = CompactRange()
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as database:
        database.execute("DROP TRIGGER entries_hold")
        for position, body in enumerate(bodies):
            tree = tree.appended(leaf_hash(body))
            database.execute(
                "UPDATE entries SET body = ?, leaf = ?, root = ? WHERE position = ?",
                (body.decode(), leaf_hash(body), tree.root, position),
            )
        database.execute("UPDATE head SET subtrees = ?", (b"".join(tree.subtrees),))


@pytest.mark.parametrize("index", range(SIZE))
def test_a_rewrite_of_everything_is_found_by_a_checkpoint(folder: Path, index: int) -> None:
    rewrite(folder, index)
    check_rows(journal_in(folder).rows())  # it agrees with itself

    told = refusal(folder)

    assert told.code == "journal-rewritten"
    first = 0 if index <= SIZE // 2 else SIZE // 2 + 1
    assert told.subject == f"entry {first}"


def test_nothing_is_added_to_a_journal_whose_end_was_changed(folder: Path) -> None:
    tamper(folder, "DELETE FROM entries WHERE position = :last", last=SIZE - 1)

    with pytest.raises(JournalInvalid) as failure:
        journal_in(folder).append(ENTRY)

    assert [d.code for d in failure.value.diagnostics] == ["journal-changed"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no database"),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 20_000),
    ],
    ids=["other", "cut", "overwritten"],
)
def test_a_damaged_file_is_told(folder: Path, damage: Callable[[Path], object]) -> None:
    damage(folder / "journal.db")

    assert refusal(folder).code == "journal-damaged"
    with pytest.raises(BrokerError):
        journal_in(folder).append(ENTRY)


def test_a_file_of_a_newer_broker_is_refused(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as database:
        database.execute("PRAGMA user_version = 9")

    assert refusal(folder).code == "journal-damaged"


def test_what_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")

    with pytest.raises(Unwritable) as failure:
        journal_in(tmp_path / "state").append(ENTRY)

    assert [d.code for d in failure.value.diagnostics] == ["journal-unwritable"]


FULL = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from broker.domain.errors import Unwritable
from tests.unit.storage.test_journal_store import ENTRY, journal_in
journal = journal_in(Path(sys.argv[1]))
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
try:
    while True:
        print(journal.append(replace(ENTRY, detail={"much": "x" * 2000})))
except Unwritable as error:
    print(error.diagnostics[0].code)
"""


def test_a_file_that_can_not_grow_is_told_and_loses_nothing(folder: Path) -> None:
    done = run(FULL, folder).communicate(timeout=120)[0].split()
    *indexes, code = done

    assert code == "journal-unwritable"
    assert [int(index) for index in indexes] == list(range(SIZE, SIZE + len(indexes)))
    assert len(indexes) > 10
    assert verdict_of(folder).size == SIZE + len(indexes)


def run(program: str, *words: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_journal_that_was_put_away_read_only_can_be_read(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    journal_in(folder).checkpoint()
    shutil.copytree(folder, copy)
    for path in copy.rglob("*"):
        path.chmod(0o500 if path.is_dir() else 0o400)
    copy.chmod(0o500)

    assert verdict_of(copy).size == SIZE


def test_a_copy_of_the_one_file_has_all_entries_after_a_checkpoint(
    folder: Path, tmp_path: Path
) -> None:
    journal = journal_in(folder)
    journal.append(ENTRY)
    journal.checkpoint()
    (tmp_path / "copy").mkdir()
    shutil.copy(folder / "journal.db", tmp_path / "copy")

    assert len(journal_in(tmp_path / "copy").entries()) == SIZE + 1


def test_a_checkpoint_is_signed_every_so_many_entries(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    for _ in range(ENTRIES_PER_CHECKPOINT + 3):
        journal.append(ENTRY)

    assert [note.name for note in journal.notes()] == [f"{ENTRIES_PER_CHECKPOINT:09}.note"]
    assert verdict_of(tmp_path).signed_size == ENTRIES_PER_CHECKPOINT


class KeyWithoutRoom(FixedKey):
    """There is no room for what it signs."""

    def sign(self, message: bytes) -> bytes:
        raise disk_full(Path("note"))


def test_an_outcome_is_noted_once_though_there_is_no_room_to_sign_it(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path, KeyWithoutRoom(), StoppedClock(NOW))
    for _ in range(ENTRIES_PER_CHECKPOINT - 1):
        journal.append(ENTRY)

    with pytest.raises(DiskFull):
        journal.append(replace(ENTRY, phase="outcome"))

    assert len(journal.rows()) == ENTRIES_PER_CHECKPOINT


def test_a_checkpoint_is_signed_once(folder: Path) -> None:
    before = journal_in(folder).notes()
    journal_in(folder).checkpoint()

    assert journal_in(folder).notes() == before


def test_a_journal_that_was_taken_away_meanwhile_is_begun_anew(folder: Path) -> None:
    journal = journal_in(folder)
    journal.append(ENTRY)
    shutil.rmtree(folder)

    assert journal.append(ENTRY) == 0
    assert len(journal.entries()) == 1


def test_secrets_do_not_reach_the_disk(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    journal.append(replace(ENTRY, subject="c4n4ry-value", detail={"password": "hunter2"}))

    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert b"c4n4ry-value" not in kept
    assert b"hunter2" not in kept


PROGRAM = """
import sys
from dataclasses import replace
from pathlib import Path
from tests.unit.storage.test_journal_store import ENTRY, journal_in
journal = journal_in(Path(sys.argv[1]))
for number in range(25):
    print(journal.append(replace(ENTRY, subject=sys.argv[2])))
"""


def test_processes_that_append_at_once_wait_for_each_other(tmp_path: Path) -> None:
    started = [run(PROGRAM, tmp_path / "state", name) for name in "abcd"]
    printed = [process.communicate(timeout=120)[0].split() for process in started]

    assert [process.returncode for process in started] == [0] * 4
    assert sorted(int(index) for each in printed for index in each) == list(range(100))
    subjects = [entry.subject for entry in journal_in(tmp_path / "state").entries()]
    for name, indexes in zip("abcd", printed, strict=True):
        assert [subjects[int(index)] for index in indexes] == [name] * 25
    assert verdict_of(tmp_path / "state").size == 100


def test_the_text_of_an_entry_is_what_is_hashed(folder: Path) -> None:
    row = journal_in(folder).rows()[3]

    assert row.body == body_of(replace(ENTRY, subject="3"))
    assert row.leaf == leaf_hash(row.body)
