"""A run of the engine that the disk has cut off: what was done by then, and what may not be recorded."""

import errno
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from broker.domain.errors import Unwritable
from broker.domain.members import Member
from broker.domain.wording import many
from stacks.command import CommandEnded, End
from stacks.disk import refused
from stacks.room import Room
from stacks.steps import Complaint, StepLog

WORDS: Mapping[int, re.Pattern[str]] = {
    errno.ENOSPC: re.compile(r"no space left on device"),
    errno.EDQUOT: re.compile(r"disk quota exceeded"),
    errno.EROFS: re.compile(r"read-only file system"),
}
"""How the engine's language calls them."""

RECORDING = "-step event returned an error"
"""How the engine says that it could not record a step, which it blames on the resource (step_executor.go)."""

MOST_NAMED = 5

FOUND = "What of it is not recorded is found by the next run, by its name and tags: nothing is made twice."


def refusal_in(ended: CommandEnded, complaints: Sequence[Complaint], room: Room) -> OSError | None:
    """Return the error of the disk that has ended a run; None if it was something else."""
    if ended.end is End.NO_ROOM:
        return room.refusal() or _of(errno.ENOSPC, room)
    if ended.end is not End.FAILED:
        return None
    said = [ended.stderr, ended.stdout, *(each.message for each in complaints if not each.urn)]
    # The engine prints what a cloud says of a resource, too: that is about another disk.
    elsewhere = [each.message for each in complaints if each.urn and RECORDING not in each.message]
    for number, words in WORDS.items():
        if any(map(words.search, said)) and not any(map(words.search, elsewhere)):
            return _of(number, room)
    return None


def _of(number: int, room: Room) -> OSError:
    folder = str(room.folders[0]) if room.folders else None
    return OSError(number, os.strerror(number), folder)


def cut_off(member: Member, error: OSError, log: StepLog) -> Unwritable:
    """Return what *error* has made of the run of which *log* was told."""
    told = refused(error)
    (finding,) = told.diagnostics
    detail = "\n".join([*_done(log), FOUND]) if log.done or log.under_way else "Nothing was done."
    summary = f"{member.name}: the engine was stopped. {finding.summary}"
    return type(told)(replace(finding, summary=summary, detail=detail))


def _done(log: StepLog) -> Sequence[str]:
    done = f"Done in the cloud by then: {many(len(log.done), 'change')}."
    names = sorted(log.under_way.values())
    if not names:
        return [done]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return [done, f"Under way, and perhaps done: {', '.join(names[:MOST_NAMED])}{more}."]
