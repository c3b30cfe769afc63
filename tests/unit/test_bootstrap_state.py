"""Where the state of a folder is kept: in it, for its sandbox apart, by workspace, or in a bucket."""

import os
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from broker import bootstrap
from broker.domain.errors import UsageInvalid
from broker.ports.sandbox import SandboxRecord
from broker.ports.state import first_state
from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile
from broker.storage.state_store import StateFile
from tests.fakes.buckets import bucket_server, lead_to, make_bucket


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".broker"


def record(fleet: str) -> None:
    """Write a state of that *fleet* to where the broker keeps it now."""
    with bootstrap.locks().held("apply", who=bootstrap.who()) as lease:
        bootstrap.state_store().write(first_state(fleet, "USD"), lease)


def fleet_in(folder: Path) -> str | None:
    state = StateFile(folder, SystemClock()).read()
    return None if state is None else state.fleet


def test_the_state_is_in_the_folder(folder: Path) -> None:
    record("here")

    assert fleet_in(folder) == "here"
    assert (folder / "lock.db").exists()


def test_a_sandbox_has_a_state_of_its_own_and_never_a_shared_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record("real")
    place = bootstrap.sandbox_place()
    monkeypatch.setenv("BROKER_STATE", "s3://bucket")
    with place.held():
        place.write(SandboxRecord(pid=os.getpid(), clouds=(), environment={}, fault_seed=None))
        assert bootstrap.state_store().read() is None
        record("made up")

    assert fleet_in(folder) == "real"
    assert fleet_in(folder / "sandbox") == "made up"


def test_each_workspace_has_a_state_and_a_lock_of_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap.state_names().make("staging")
    monkeypatch.setenv("BROKER_WORKSPACE", "staging")
    with LeaseFile(folder, SystemClock()).held("apply", who="ann@desk"):
        record("staged")

    assert bootstrap.workspace_of_fleet() == "staging"
    assert fleet_in(folder / "workspaces" / "staging") == "staged"
    assert fleet_in(folder) is None
    monkeypatch.delenv("BROKER_WORKSPACE")
    assert bootstrap.workspace_of_fleet() is None


@pytest.fixture
def _s3_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint(name="s3", value="stacks.objects.s3:S3Objects", group=bootstrap.OBJECTS)]
    monkeypatch.setattr(
        bootstrap, "entry_points", lambda group: points if group == bootstrap.OBJECTS else []
    )


@pytest.mark.usefixtures("_s3_installed")
def test_a_bucket_is_shared_by_folders_and_holds_each_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bucket_server() as address:
        lead_to(address, monkeypatch)
        make_bucket("bucket-of-state")
        monkeypatch.setenv("BROKER_STATE", "s3://bucket-of-state/fleets/")
        record("shared")
        bootstrap.state_names().make("staging")
        monkeypatch.setenv("BROKER_WORKSPACE", "staging")
        record("staged")
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        monkeypatch.delenv("BROKER_WORKSPACE")
        there = bootstrap.state_store().read()
        bootstrap.state_names().make("staging")
        staged = bootstrap.state_store("staging").read()

    assert there is not None
    assert there.fleet == "shared"
    assert staged is not None
    assert staged.fleet == "staged"
    assert not (tmp_path / ".broker" / "state.db").exists()


@pytest.mark.usefixtures("_s3_installed")
@pytest.mark.parametrize("address", ["ftp://x", "bucket", "s3", "s3://"])
def test_an_address_of_no_place_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_STATE", address)
    for attempt in (bootstrap.state_store, bootstrap.locks):
        with pytest.raises(UsageInvalid) as caught:
            attempt()
        assert caught.value.diagnostics[0].code == "state-address-wrong"


def test_a_shared_state_needs_shared_records_of_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_STATE", "s3://bucket-of-state")
    monkeypatch.delenv("BROKER_STACKS", raising=False)
    with pytest.raises(UsageInvalid) as caught:
        bootstrap.provisioner()

    assert caught.value.diagnostics[0].code == "stacks-not-shared"


def test_who_is_a_user_at_a_computer() -> None:
    user, _, computer = bootstrap.who().partition("@")

    assert user
    assert computer == os.uname().nodename
