"""Where states and their replicas are: by address, by workspace, and never in one place."""

from pathlib import Path

import pytest

from broker import bootstrap
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.ports.sandbox import SandboxRecord
from broker.ports.state import State, first_state
from broker.storage.folder_objects import FolderObjects
from broker.storage.journal_store import JournalFile
from broker.storage.replicated_place import JournalHeads


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, with a replica on another disk."""
    (tmp_path / "work").mkdir()
    (tmp_path / "disk").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("BROKER_STATE_REPLICA", str(tmp_path / "disk"))
    return tmp_path


def write(fleet: str, told: list[Diagnostic] | None = None) -> State:
    heard: list[Diagnostic] = [] if told is None else told
    with bootstrap.locks().held("apply", who="me@here") as lease:
        states = bootstrap.state_store(told=heard.extend)
        return states.write(states.read() or first_state(fleet, "USD"), lease)


def copied() -> State | None:
    replica = bootstrap.state_place().replica()
    there = None if replica is None else replica.read()
    return None if there is None else there.state


def test_a_state_in_a_folder_is_copied_to_another_disk(folder: Path) -> None:
    state = write("research")

    assert copied() == state
    assert (folder / "disk" / "state.json").stat().st_mode & 0o077 == 0
    replica = bootstrap.state_place().replica()
    assert replica is not None
    there = replica.read()
    assert there is not None
    assert there.source == f"{bootstrap.who()}:{folder / 'work' / '.broker'}"


def test_each_workspace_is_copied_to_a_place_of_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = write("research")
    bootstrap.state_names().make("staging")
    monkeypatch.setenv("BROKER_WORKSPACE", "staging")
    staged = write("staged")

    assert copied() == staged
    assert (folder / "disk" / "workspaces" / "staging" / "state.json").exists()
    monkeypatch.delenv("BROKER_WORKSPACE")
    assert copied() == here
    assert bootstrap.state_store("staging").read() == staged


def test_a_sandbox_is_copied_nowhere() -> None:
    place = bootstrap.sandbox_place()
    with place.held():
        place.write(SandboxRecord(pid=1, clouds=(), environment={}, fault_seed=None))
        assert bootstrap.state_place().replica() is None


def test_without_the_setting_there_is_no_replica(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BROKER_STATE_REPLICA")

    write("research")

    assert bootstrap.state_place().replica() is None
    assert bootstrap.state_place().turned() is None


def test_a_disk_that_is_not_mounted_is_told_and_nothing_is_begun_there(folder: Path) -> None:
    (folder / "disk").rmdir()
    told: list[Diagnostic] = []

    write("research", told)

    assert [finding.code for finding in told] == ["replica-behind"]
    assert "There is no folder" in told[0].detail
    assert not (folder / "disk").exists()


@pytest.mark.parametrize("address", ["file://{}/disk", "file://{}/disk/"])
def test_a_state_is_no_replica_of_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("BROKER_STATE", address.format(folder))

    with pytest.raises(UsageInvalid) as refused:
        bootstrap.state_store()

    assert refused.value.diagnostics[0].code == "replica-is-state"


@pytest.mark.parametrize("address", ["ftp://x", "disk", "file://disk", "file://"])
def test_an_address_of_no_place_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_STATE_REPLICA", address)

    with pytest.raises(UsageInvalid) as refused:
        bootstrap.locks()

    assert refused.value.diagnostics[0].code == "state-address-wrong"


def test_what_is_said_of_an_address_names_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in ("BROKER_STATE_REPLICA", "BROKER_STATE"):
        monkeypatch.setenv(setting, "disk")

        with pytest.raises(UsageInvalid) as refused:
            bootstrap.state_place().replica() if setting[-1] == "A" else bootstrap.state_store()

        (told,) = refused.value.diagnostics
        assert told.subject == setting
        assert f"which {setting} names" in told.summary
        assert "file:///mnt/states" in told.hint
        monkeypatch.delenv(setting)


def test_the_state_can_be_in_a_folder_by_its_whole_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mnt").mkdir()
    monkeypatch.setenv("BROKER_STATE", f"{folder}/mnt/")

    write("research")

    assert (folder / "mnt" / "state.json").exists()
    replica = bootstrap.state_place().replica()
    assert replica is not None
    assert replica.source == f"file://{folder}/mnt"


def test_the_journal_is_made_once_and_followed(folder: Path) -> None:
    made: list[JournalFile] = []

    def make() -> JournalFile:
        made.append(JournalFile(folder / "work" / ".broker", bootstrap.keys(), bootstrap.clock()))
        return made[-1]

    heads = JournalHeads(make)

    assert [heads().size, heads().size] == [0, 0]
    assert len(made) == 1


def test_names_of_a_folder_leave_out_what_is_half_written(folder: Path) -> None:
    objects = FolderObjects(f"file://{folder}/disk")
    objects.put("a/one.json", b"1", expected=None)
    (folder / "disk" / "a" / ".one.json.tmp").write_bytes(b"half")

    assert objects.names("") == ["a/one.json"]


def test_where_a_state_is_can_be_said_before_there_is_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def addresses() -> list[str]:
        told = []
        for name in ("default", "staging"):
            monkeypatch.setenv("BROKER_WORKSPACE", name)
            told.append(bootstrap.state_place().address())
        return told

    bootstrap.state_names().make("staging")

    assert addresses() == [".broker", ".broker/workspaces/staging"]
    monkeypatch.setenv("BROKER_STATE", "s3://states/fleet/")
    assert addresses() == ["s3://states/fleet", "s3://states/fleet/workspaces/staging"]


@pytest.mark.parametrize("said", ["", "s3://states/fleet"])
def test_a_checkout_that_plans_and_one_that_applies_say_the_same_of_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("BROKER_STATE", said)
    told = set()
    for name in ("planning", "applying"):
        (folder / name).mkdir()
        monkeypatch.chdir(folder / name)
        told.add(bootstrap.state_place().address())

    assert told == {said or ".broker"}
