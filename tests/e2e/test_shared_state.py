"""Two computers with one fleet: its state, its lock and its journal are in a bucket, and are one."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.planning.desired import desired_document
from broker.planning.state_document import state_document
from broker.ports.state import first_state
from tests.conftest import Broker
from tests.fakes import blob_storage, buckets, google_storage
from tests.fakes.fleets import research
from tests.fakes.small_state import MADE

Computer = Callable[..., str]


@contextmanager
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with buckets.bucket_server() as address:
        buckets.lead_to(address, monkeypatch)
        yield f"s3://{buckets.new_bucket()}/fleet"


@contextmanager
def azblob(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with blob_storage.blob_storage() as (service, domain):
        blob_storage.lead_to(domain, monkeypatch)
        service.containers["fleets"] = {}
        yield "azblob://fleets/fleet"


@contextmanager
def gs(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with google_storage.google_storage() as (service, url):
        google_storage.lead_to(url, monkeypatch)
        service.buckets["fleets"] = {}
        yield "gs://fleets/fleet"


@pytest.fixture(params=[s3, azblob, gs])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with request.param(monkeypatch) as address:
        yield address


@pytest.fixture
def computer(broker: Broker, tmp_path: Path, place: str) -> Callable[[str], Computer]:
    """`computer("one")("state", "list")`: a home and a folder of its own, and nothing else."""

    def named(name: str) -> Computer:
        home, folder = tmp_path / name / "home", tmp_path / name / "work"
        folder.mkdir(parents=True, exist_ok=True)
        env = {"HOME": str(home), "BROKER_STATE": place}

        def run(*arguments: str, code: int = 0) -> str:
            done = broker(*arguments, cwd=folder, env=env)
            assert done.returncode == code, done.stderr
            return done.stdout if code == 0 else done.stderr

        return run

    return named


def test_what_one_computer_does_another_one_sees_and_proves(
    computer: Callable[[str], Computer], tmp_path: Path
) -> None:
    one, other = computer("one"), computer("other")
    state = replace(first_state("research", "USD"), desired=desired_document(research()))
    (tmp_path / "state.json").write_text(json.dumps(state_document(state)))

    one("state", "push", str(tmp_path / "state.json"))
    listed = other("state", "list")
    workload = next(line for line in listed.splitlines() if line.startswith("workload."))
    other("state", "rm", workload)

    assert workload not in one("state", "list")
    acts = [json.loads(line)["subject"] for line in one("audit", "export").splitlines()]
    assert acts == [json.loads(line)["subject"] for line in other("audit", "export").splitlines()]
    assert len(acts) == 4
    # Each signs with its own key, which the other one has to be told of.
    assert "checkpoint-signer-unknown" in one("audit", "verify", code=1)
    for mine, theirs in ((one, other), (other, one)):
        (tmp_path / "key.pub").write_text(theirs("key", "show"))
        mine("key", "trust", str(tmp_path / "key.pub"))
    for each in (one, other):
        verdict = json.loads(each("audit", "verify", "-json"))
        assert (verdict["entries"], verdict["signed_entries"]) == (4, 4)
    assert not list(tmp_path.rglob("journal.db"))
    assert not list(tmp_path.rglob("state.db"))


def test_what_another_computer_made_for_a_while_is_found_by_every_reaper(
    computer: Callable[[str], Computer], tmp_path: Path
) -> None:
    runner, reaper = computer("runner"), computer("reaper")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    state = replace(
        first_state("research-ci", "USD"),
        desired=desired_document(research()),
        members=(MADE,),
        expires_at=long_ago,
        expiry_stated_at=long_ago,
    )
    (tmp_path / "state.json").write_text(json.dumps(state_document(state)))
    runner("workspace", "new", "ci-4711")
    runner("state", "push", str(tmp_path / "state.json"))

    found = json.loads(reaper("reap", "-dry-run", "-json"))

    assert found["workspaces"] == ["default", "ci-4711"]
    assert [each["workspace"] for each in found["overdue"]] == ["ci-4711"]
    assert "ci-4711" not in reaper("workspace", "list"), "a dry run leaves nothing behind"
