"""A run that the disk has ended says so, what it had done, and what may not be recorded."""

import errno
import os
from pathlib import Path

import pytest

from broker.domain.errors import DiskFull, Unwritable
from broker.domain.ids import ClusterName
from stacks.command import CommandEnded, End
from stacks.cut_off import cut_off, refusal_in
from stacks.room import Room
from stacks.steps import Complaint, StepLog
from tests.fakes.small_program import small_member

MEMBER = small_member(pool=2)


def log(*done: str, under_way: tuple[str, ...] = ()) -> StepLog:
    return StepLog(
        member=ClusterName("aws-us-east-1"),
        done=list(done),
        under_way={name: name for name in under_way},
    )


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("saving backup: write /x: no space left on device", errno.ENOSPC),
        ("open /x: read-only file system", errno.EROFS),
        ("write /x: disk quota exceeded", errno.EDQUOT),
    ],
)
def test_the_engines_own_words_are_understood(tmp_path: Path, said: str, number: int) -> None:
    room = Room(folders=(tmp_path,))

    told = refusal_in(CommandEnded(End.FAILED, 255, "", f"error: {said}"), [], room)
    complained = refusal_in(
        CommandEnded(End.FAILED, 1, "", ""), [Complaint(urn="", message=said)], room
    )

    assert told is not None
    assert complained is not None
    assert (told.errno, told.filename) == (number, str(tmp_path))
    assert complained.errno == number


def test_what_a_resource_complains_of_is_no_trouble_of_ours(tmp_path: Path) -> None:
    room = Room(folders=(tmp_path,))
    complaint = Complaint(urn="urn:a", message="the image: no space left on device")

    printed = f"Diagnostics:\n  error: {complaint.message}"

    assert refusal_in(CommandEnded(End.FAILED, 1, printed, ""), [complaint], room) is None
    assert refusal_in(CommandEnded(End.FAILED, 1, "", ""), [complaint], room) is None
    assert refusal_in(CommandEnded(End.INTERRUPTED, 1, "", ""), [], room) is None


def test_a_step_that_can_not_be_recorded_is_our_trouble(tmp_path: Path) -> None:
    said = "post-step event returned an error: saving: write /x: no space left on device"
    ended = CommandEnded(End.FAILED, 255, f"Diagnostics:\n  error: {said}", "")

    told = refusal_in(ended, [Complaint(urn="urn:a", message=said)], Room(folders=(tmp_path,)))

    assert told is not None
    assert told.errno == errno.ENOSPC


def test_a_run_without_room_is_full_even_if_there_is_room_by_now(tmp_path: Path) -> None:
    found = refusal_in(CommandEnded(End.NO_ROOM, -9, "", ""), [], Room(folders=(tmp_path,)))

    assert found is not None
    assert found.errno == errno.ENOSPC


def test_it_is_told_what_was_done_and_what_was_under_way() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/stacks")

    error = cut_off(MEMBER, full, log("network", "cluster", under_way=tuple("fedcba")))

    (finding,) = error.diagnostics
    assert isinstance(error, DiskFull)
    assert (finding.code, finding.subject) == ("disk-full", "/stacks")
    assert "The disk is full" in finding.summary
    assert finding.detail.splitlines()[:2] == [
        "Done in the cloud by then: 2 changes.",
        "Under way, and perhaps done: a, b, c, d, e and 1 more.",
    ]


def test_a_closed_one_is_not_called_full() -> None:
    closed = OSError(errno.EROFS, os.strerror(errno.EROFS), "/stacks")

    error = cut_off(MEMBER, closed, log())

    (finding,) = error.diagnostics
    assert (type(error), finding.code) == (Unwritable, "output-unwritable")
    assert finding.detail == "Nothing was done."
