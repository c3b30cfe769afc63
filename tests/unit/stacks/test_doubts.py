"""A resource that was refused is in doubt unless the cloud says for certain that it is not there."""

import os
from pathlib import Path

import pytest

from broker.domain.errors import (
    AccessDenied,
    BrokerError,
    EngineFailed,
    InsufficientCapacity,
    QuotaExceeded,
    TimedOut,
)
from stacks.doubts import FILE, Doubts, doubtful
from stacks.steps import Complaint

URN = "urn:pulumi:m::research::aws:eks/nodeGroup:NodeGroup::gpus"
RESOURCE = {"urn": URN, "type": "aws:eks/nodeGroup:NodeGroup", "custom": True, "inputs": {}}


def in_doubt(message: str, error: type[BrokerError] = EngineFailed) -> bool:
    complaints = [Complaint(urn=URN, message=message), Complaint(urn="", message="update failed")]
    return [*doubtful({URN: RESOURCE}, complaints, lambda _: error())] == [RESOURCE]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("api error InternalFailure: try again", EngineFailed),
        ("error reading from server: EOF", EngineFailed),
        ("timeout while waiting for state to become ACTIVE", TimedOut),
    ],
)
def test_an_answer_that_may_be_wrong_leaves_a_doubt(message: str, error: type[BrokerError]) -> None:
    assert in_doubt(message, error)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("InsufficientInstanceCapacity", InsufficientCapacity),
        ("VcpuLimitExceeded", QuotaExceeded),
        ("ExpiredToken", AccessDenied),
        ("ResourceInUseException: NodeGroup already exists with name: gpus", EngineFailed),
        ("EntityAlreadyExists: Role with name gpus already exists.", EngineFailed),
        ("InvalidParameterException: no such instance type", EngineFailed),
        ('Status=400 Code="BadRequest"', EngineFailed),
    ],
)
def test_a_refusal_before_any_work_leaves_none(message: str, error: type[BrokerError]) -> None:
    assert not in_doubt(message, error)


def test_what_nobody_complained_of_is_in_doubt() -> None:
    assert [*doubtful({URN: RESOURCE}, [], lambda _: EngineFailed())] == [RESOURCE]


def test_doubts_are_kept_until_they_are_cleared(tmp_path: Path) -> None:
    other = {**RESOURCE, "urn": URN + "-2"}

    Doubts(tmp_path).add([RESOURCE])
    Doubts(tmp_path).add([other, RESOURCE])

    assert Doubts(tmp_path).all() == [RESOURCE, other]
    Doubts(tmp_path).clear()
    Doubts(tmp_path).clear()
    assert Doubts(tmp_path).all() == []


@pytest.mark.parametrize(
    "text", ["", "{", "null", "{}", "[1]", '[{"urn": 1}]', '[{"urn": "u"}]', "\x00" * 90]
)
def test_what_can_not_be_read_is_not_forgotten(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)

    assert Doubts(tmp_path).all() == []
    Doubts(tmp_path).add([RESOURCE])
    Doubts(tmp_path).clear()

    assert Doubts(tmp_path).are_unreadable()
    Doubts(tmp_path).settle()
    assert not Doubts(tmp_path).are_unreadable()


def test_a_doubt_is_on_the_disk_before_it_takes_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    monkeypatch.setattr(os, "fsync", fsync)

    Doubts(tmp_path).add([RESOURCE])

    assert synced == ["doubts.part", tmp_path.name]
