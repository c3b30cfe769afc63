"""The state on the disk: found damaged whatever is damaged, and never half-written."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from errno import EACCES
from pathlib import Path

import pytest

from broker.domain.errors import StateConflict, StateInvalid, Unwritable
from broker.domain.ids import ClusterName, PoolName
from broker.planning.state_document import VERSION, state_of_text, state_text, upgraded
from broker.ports.state import MemberRecord, State, first_state
from broker.storage.clock import StoppedClock
from broker.storage.leases import LeaseFile
from broker.storage.state_backups import KEPT
from broker.storage.state_store import StateFile
from tests.conftest import OPEN

CLOCK = StoppedClock(datetime(2026, 12, 1, 12, tzinfo=UTC))
FIRST = first_state("research", "USD")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".broker"


@pytest.fixture
def store(folder: Path) -> StateFile:
    return StateFile(folder, CLOCK)


@pytest.fixture
def locks(folder: Path) -> LeaseFile:
    return LeaseFile(folder, CLOCK)


def written(store: StateFile, locks: LeaseFile, times: int) -> State:
    """The state after that many writes, each of another fleet."""
    with locks.held("apply", who="ann@desk") as lease:
        state = store.read() or FIRST
        for _ in range(times):
            state = store.write(replace(state, fleet=f"fleet-{state.serial + 1}"), lease)
    return state


def code_of(caught: "pytest.ExceptionInfo[StateInvalid] | pytest.ExceptionInfo[Unwritable]") -> str:
    return caught.value.diagnostics[0].code


def test_the_lineage_follows_from_what_when_and_who(
    store: StateFile, locks: LeaseFile, tmp_path: Path
) -> None:
    here = written(store, locks, 1)
    elsewhere = tmp_path / "elsewhere"
    there = written(StateFile(elsewhere, CLOCK), LeaseFile(elsewhere, CLOCK), 1)

    assert here.lineage == there.lineage
    assert len(here.lineage) == 32


def test_files_are_for_their_owner_alone(store: StateFile, locks: LeaseFile, folder: Path) -> None:
    written(store, locks, 2)

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {
        *("state.db", "lock.db", "lock.db-journal", "state-1.json")
    }
    assert [path.stat().st_mode & 0o077 for path in files] == [0, 0, 0, 0]
    assert (folder / "backups").stat().st_mode & 0o077 == 0


def test_what_was_there_before_each_write_is_kept(store: StateFile, locks: LeaseFile) -> None:
    before = written(store, locks, 1)
    written(store, locks, 1)

    (backup,) = store.backups.files()
    assert backup.read_text() == state_text(before) + "\n"


def test_the_newest_backups_are_kept(store: StateFile, locks: LeaseFile) -> None:
    written(store, locks, KEPT + 12)

    names = [path.name for path in store.backups.files()]
    assert names == [f"state-{serial}.json" for serial in range(12, KEPT + 12)]


@pytest.mark.parametrize("backup", [True, False])
def test_any_damaged_byte_is_found_or_does_not_matter(
    store: StateFile, locks: LeaseFile, folder: Path, *, backup: bool
) -> None:
    state = written(store, locks, 2 if backup else 1)
    file = folder / "state.db"
    whole = file.read_bytes()
    found = 0
    for place in range(0, len(whole), 11):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            assert store.read() == state
        except StateInvalid as error:
            found += 1
            diagnostic = error.diagnostics[0]
            assert diagnostic.code in {"state-damaged", "state-newer"}
            if diagnostic.code == "state-damaged":
                assert ("state-1.json" in diagnostic.hint) is backup
    file.write_bytes(whole)

    assert store.read() == state
    assert found > 20


@pytest.mark.parametrize("size", [1, 100, 511, 512, 4095, 4096, 5000, 8191])
def test_a_state_that_is_cut_off_is_found_damaged(
    store: StateFile, locks: LeaseFile, folder: Path, size: int
) -> None:
    written(store, locks, 2)
    os.truncate(folder / "state.db", size)
    with pytest.raises(StateInvalid) as caught:
        store.read()

    assert code_of(caught) == "state-damaged"
    with locks.held("apply", who="ann@desk") as lease, pytest.raises(StateInvalid):
        store.write(FIRST, lease)


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: os.truncate(path, 0)])
def test_a_state_that_is_gone_while_its_backups_are_there_is_not_taken_for_none(
    store: StateFile, locks: LeaseFile, folder: Path, lose: Callable[[Path], None]
) -> None:
    written(store, locks, 2)
    lose(folder / "state.db")
    with pytest.raises(StateInvalid) as caught:
        store.read()
    with locks.held("apply", who="ann@desk") as lease, pytest.raises(StateInvalid):
        store.write(FIRST, lease)

    assert code_of(caught) == "state-damaged"
    assert "state-1.json" in caught.value.diagnostics[0].hint


def test_a_document_that_somebody_edited_is_found(
    store: StateFile, locks: LeaseFile, folder: Path
) -> None:
    written(store, locks, 1)
    with closing(sqlite3.connect(folder / "state.db")) as database, database:
        database.execute("UPDATE state SET document = replace(document, 'fleet-1', 'fleet-9')")
    with pytest.raises(StateInvalid) as caught:
        store.read()

    assert code_of(caught) == "state-damaged"


def test_a_state_of_newer_tables_is_refused_and_not_replaced(
    store: StateFile, locks: LeaseFile, folder: Path
) -> None:
    state = written(store, locks, 1)
    with closing(sqlite3.connect(folder / "state.db")) as database:
        database.execute("PRAGMA user_version = 2")
    with pytest.raises(StateInvalid) as caught:
        store.read()
    with locks.held("state push", who="ann@desk") as lease:
        for change in (store.write, store.replace):
            with pytest.raises(StateInvalid) as refused:
                change(state, lease)
            assert code_of(refused) == "state-newer"

    assert code_of(caught) == "state-newer"
    assert "newer than this one reads" in caught.value.diagnostics[0].summary


def test_a_newer_document_is_refused_and_not_replaced(
    store: StateFile, locks: LeaseFile, folder: Path
) -> None:
    state = written(store, locks, 1)
    newer = json.dumps({**json.loads(state_text(state)), "version": VERSION + 1, "tool": "7.1.0"})
    with locks.held("apply", who="ann@desk") as lease:
        rewrite(folder, newer)
        with pytest.raises(StateInvalid) as caught:
            store.replace(state, lease)

    assert code_of(caught) == "state-newer"
    assert "Upgrade to broker 7.1.0 or later" in caught.value.diagnostics[0].hint


def rewrite(folder: Path, text: str) -> None:
    """Let *text* be the document, as if another broker had written it."""
    import hashlib

    digest = hashlib.sha256(text.encode()).hexdigest()
    with closing(sqlite3.connect(folder / "state.db")) as database, database:
        database.execute("UPDATE state SET document = ?, digest = ?", (text, digest))


def test_an_older_document_is_upgraded_step_by_step() -> None:
    steps = (
        lambda document: {**document, "two": True},
        lambda document: {**document, "three": document["two"]},
    )

    assert upgraded({"version": 1}, "state", steps)["three"]
    assert "two" not in upgraded({"version": 3}, "state", steps)
    with pytest.raises(StateInvalid):
        upgraded({"version": 4}, "state", steps)
    for wrong in ({"version": 0}, {"version": True}, {"version": "1"}, {}, None):
        with pytest.raises(ValueError, match="no version"):
            upgraded(wrong, "state", steps)


def test_the_end_of_a_fleet_and_what_is_to_be_made_anew_are_read_as_they_were_written() -> None:
    made = MemberRecord(
        name=ClusterName("one"),
        member={},
        outputs={},
        resources=(),
        checkpoint=None,
        anew=(PoolName("l4"),),
    )
    state = replace(
        FIRST,
        members=(made,),
        expires_at=datetime(2026, 11, 30, 5, 30, tzinfo=UTC),
        expiry_stated_at=datetime(2026, 11, 30, 1, 30, tzinfo=UTC),
    )

    assert state_of_text(state_text(state), "state") == state


@pytest.mark.parametrize("end", ["soon", "2026-11-30T05:30:00", 5])
def test_an_end_that_is_no_instant_is_damage(end: object) -> None:
    document = json.loads(state_text(FIRST)) | {"expires_at": end}

    with pytest.raises(StateInvalid) as caught:
        state_of_text(json.dumps(document), "state")

    assert code_of(caught) == "state-damaged"


def test_what_version_1_wrote_is_read_as_a_fleet_that_lasts(
    store: StateFile, locks: LeaseFile, folder: Path
) -> None:
    document = json.loads(state_text(written(store, locks, 1))) | {"version": 1}
    for key in ("expires_at", "expiry_stated_at"):
        del document[key]
    for member in document["members"]:
        del member["anew"]
    rewrite(folder, json.dumps(document))

    state = store.read()

    assert state is not None
    assert (state.expires_at, state.expiry_stated_at) == (None, None)
    assert all(member.anew == () for member in state.members)


def test_what_an_older_broker_wrote_is_in_the_backup_as_it_was(
    store: StateFile, locks: LeaseFile, folder: Path
) -> None:
    state = written(store, locks, 1)
    older = json.dumps(json.loads(state_text(state)) | {"unknown": "kept"})
    rewrite(folder, older)
    written(store, locks, 1)

    assert store.backups.files()[-1].read_text() == older + "\n"


def test_a_damaged_state_is_replaced_and_kept_aside(
    store: StateFile, locks: LeaseFile, folder: Path
) -> None:
    written(store, locks, 3)
    damaged = (folder / "state.db").read_bytes()[:6000]
    (folder / "state.db").write_bytes(damaged)
    backup = store.backups.newest()
    assert backup is not None
    with locks.held("state push", who="ann@desk") as lease:
        new = store.replace(replace(FIRST, lineage="l", serial=2, fleet="fleet-2"), lease)

    assert store.read() == new
    assert new.serial > 3
    (aside,) = (folder / "backups").glob("damaged-*.db")
    assert aside.read_bytes() == damaged


def test_a_state_that_is_gone_is_replaced_above_its_backups(
    store: StateFile, locks: LeaseFile, folder: Path
) -> None:
    written(store, locks, 5)
    (folder / "state.db").unlink()
    with locks.held("state push", who="ann@desk") as lease:
        new = store.replace(replace(FIRST, lineage="l", serial=1), lease)

    assert new.serial > 5
    assert store.read() == new


def test_tokens_go_on_after_the_file_of_the_lock_was_removed(
    store: StateFile, locks: LeaseFile, folder: Path
) -> None:
    for _ in range(5):
        state = written(store, locks, 1)
    with locks.held("apply", who="ann@desk") as old:
        (folder / "lock.db").unlink()
        with pytest.raises(StateConflict):
            store.write(state, old)
    (folder / "lock.db").unlink(missing_ok=True)
    with locks.held("apply", who="bob@desk") as new:
        store.write(state, new)

    assert new.token == 6


def test_a_damaged_lock_is_not_taken_for_a_damaged_state(
    store: StateFile, locks: LeaseFile, folder: Path
) -> None:
    state = written(store, locks, 2)
    with locks.held("apply", who="ann@desk") as lease:
        (folder / "lock.db").write_bytes(b"no lock at all" * 1000)
        for change in (store.write, store.replace):
            with pytest.raises(StateInvalid) as caught:
                change(state, lease)
            assert code_of(caught) == "lock-damaged"

    assert store.read() == state
    with pytest.raises(StateInvalid):
        locks.current()


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond *size* bytes, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("before", [0, 1, 3])
def test_a_full_disk_leaves_what_was_there_wherever_it_strikes(
    store: StateFile, locks: LeaseFile, before: int
) -> None:
    state = written(store, locks, before) if before else None
    refused = 0
    with locks.held("apply", who="ann@desk") as lease:
        for room in range(0, 40_000, 512):
            try:
                with room_for(room):
                    new = store.write(replace(state or FIRST, desired={"a": "b" * 9000}), lease)
                break
            except Unwritable:
                refused += 1
                assert store.read() == state
        else:
            pytest.fail("it never had room enough")

    assert refused > 10
    assert store.read() == new
    assert new.serial == before + 1


READ_ONLY = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from broker.domain.errors import Unwritable
from broker.ports.state import Lease
from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile
from broker.storage.state_store import StateFile

if os.getuid() == 0:  # who may write everywhere
    os.setgid(65534), os.setuid(65534)
folder, now = Path(sys.argv[1]), datetime.now(UTC)
store = StateFile(folder, SystemClock())
state = store.read()
assert state.serial == 2, state
lease = Lease(id=sys.argv[2], token=int(sys.argv[3]), who="", operation="", since=now, expires_at=now)
for attempt in (
    lambda: store.write(state, lease),
    lambda: store.replace(state, lease),
    lambda: LeaseFile(folder, SystemClock()).renew(lease),
):
    try:
        attempt()
    except Unwritable:
        pass
    else:
        raise AssertionError("it was written")
assert store.read() == state
"""


def test_where_nothing_can_be_written_the_state_is_read_and_not_changed() -> None:
    with tempfile.TemporaryDirectory(dir=OPEN) as place:
        folder = Path(place) / ".broker"
        store, locks = StateFile(folder, CLOCK), LeaseFile(folder, CLOCK)
        state = written(store, locks, 2)
        with locks.held("apply", who="ann@desk") as lease:
            for path in (Path(place), folder, folder / "backups"):
                path.chmod(0o555)
            for path in folder.glob("*.db"):
                path.chmod(0o444)
            done = subprocess.run(
                [sys.executable, "-c", READ_ONLY, folder, lease.id, str(lease.token)],
                capture_output=True,
                text=True,
                check=False,
            )
            for path in (Path(place), folder, folder / "backups"):
                path.chmod(0o755)
            for path in folder.glob("*.db"):
                path.chmod(0o644)

        assert done.returncode == 0, done.stderr
        assert store.read() == state


@pytest.mark.parametrize("name", ["backups", "state.db"])
def test_a_thing_in_the_way_is_said_and_changes_nothing(
    store: StateFile, locks: LeaseFile, folder: Path, name: str
) -> None:
    if name == "backups":
        state = written(store, locks, 1)
        (folder / name).write_text("no folder")
    else:
        state = FIRST
        (folder / name).mkdir(parents=True)
        (folder / name / "x").touch()
    with locks.held("apply", who="ann@desk") as lease, pytest.raises((Unwritable, StateInvalid)):
        store.write(state, lease)


def test_a_folder_that_nobody_may_look_into_is_told_of(
    store: StateFile, locks: LeaseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = written(store, locks, 1)
    with locks.held("apply", who="me@here") as lease:

        def refused(*_: object, **__: object) -> bool:
            raise PermissionError(EACCES, "Permission denied")

        monkeypatch.setattr(Path, "exists", refused)
        with pytest.raises(StateInvalid) as unreadable:
            store.read()
        with pytest.raises(Unwritable):
            store.write(state, lease)
        with pytest.raises(Unwritable):
            locks.current()
        monkeypatch.undo()

    assert unreadable.value.diagnostics[0].code == "state-unreadable"
