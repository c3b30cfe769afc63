"""What is done to the lock, the state, the journal and objects is logged, where there is a log."""

import logging
from pathlib import Path

import pytest

from broker.ports.state import first_state
from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile
from broker.storage.log import record
from broker.storage.state_store import StateFile
from broker.storage.told_objects import ToldObjects
from tests.fakes.objects import MemoryObjects


def facts(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [each.__dict__["facts"] for each in caplog.records]


def test_a_record_is_made_where_there_is_a_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG, "broker")

    record("broker.storage.x", "writes", serial=1)
    monkeypatch.setenv("BROKER_LOG", "debug")
    record("broker.storage.x", "writes", serial=2)

    assert facts(caplog) == [{"serial": 2}]


def test_requests_to_a_bucket_are_told_with_how_they_ended(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "broker")
    objects = ToldObjects(MemoryObjects())

    objects.put("state.json", b"abc", expected=None)
    objects.put("state.json", b"abcd", expected=None)
    objects.read("state.json")
    objects.names("st")
    objects.remove("state.json")

    told = [
        {k: v for k, v in each.items() if k not in {"seconds", "place"}} for each in facts(caplog)
    ]
    assert {each.pop("outcome") for each in told} == {"ok"}
    assert told == [
        {"object": "state.json", "bytes": 3, "is_written": True},
        {"object": "state.json", "bytes": 4, "is_written": False},
        {"object": "state.json", "bytes": 3},
        {"object": "st", "objects": 1},
        {"object": "state.json"},
    ]
    assert "abc" not in caplog.text


def test_the_lock_and_writes_of_the_state_are_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO, "broker")
    monkeypatch.setenv("BROKER_LOG", "info")
    clock = SystemClock()

    with LeaseFile(tmp_path, clock).held("apply", who="ann@desk") as lease:
        StateFile(tmp_path, clock).write(first_state("demo", "USD"), lease)

    assert caplog.messages == ["has taken the lock", "writes the state", "lets go of the lock"]
    taken, written, _ = facts(caplog)
    assert (taken["who"], taken["id"]) == ("ann@desk", lease.id)
    assert written == {"serial": 1, "token": lease.token}
