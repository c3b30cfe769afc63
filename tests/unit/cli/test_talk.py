"""How a verb talks while it works: what is under way does not end because nobody listens."""

import io
import sys
from dataclasses import replace
from datetime import UTC, datetime
from errno import ENOSPC, EPIPE
from pathlib import Path

import pytest

from broker.cli.exit_codes import ExitCode
from broker.cli.talk import BothTalk, HumanTalk, JsonTalk, Talk
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.ids import ClusterName
from broker.domain.members import ResourceStep, StepOp
from broker.ports.provisioning import StepEvent
from broker.ports.state import Entry
from broker.storage.clock import StoppedClock

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
STEP = ResourceStep(name="pool", type="aws:eks/nodeGroup:NodeGroup", op=StepOp.CREATE)
BEGUN = StepEvent(member=ClusterName("a"), step=STEP, state="started")
EVENT = StepEvent(member=ClusterName("a"), step=STEP, state="failed", message="no")
ENTRY = Entry(at=NOW, who="me", act="stack-up", phase="intent", subject="a", token="")

WARNING = Diagnostic(severity=Severity.WARNING, code="offer-gone", subject="a", summary="Gone")


class Deaf(io.StringIO):
    """A pipe whose reader is gone, or a disk that is full."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def write(self, text: str) -> int:
        raise OSError(self._number, text)


def talks(number: int) -> list[Talk]:
    lines = JsonTalk(StoppedClock(NOW), Deaf(number))
    return [lines, HumanTalk(), BothTalk(HumanTalk(), lines)]


@pytest.mark.parametrize("number", [ENOSPC, EPIPE])
def test_what_is_under_way_goes_on_and_the_end_tells(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", Deaf(number))
    monkeypatch.setattr(sys, "stderr", Deaf(number))
    for talk in talks(number):
        talk.step(BEGUN)
        talk.still()
        talk.step(EVENT)
        talk.entry(ENTRY)
        talk.findings([WARNING])
        with pytest.raises(OSError, match=r"Done|ended") as told:
            talk.ended("Done.\n", ExitCode.OK)
        assert told.value.errno == number


def test_a_file_of_lines_has_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    with path.open("w") as stream:
        talk = JsonTalk(StoppedClock(NOW), stream)
        talk.begin()
        talk.step(EVENT)
        talk.entry(ENTRY)
        talk.ended("", ExitCode.OK)

    assert len(path.read_text().splitlines()) == 4


def test_people_hear_of_each_resource_and_of_how_many_there_were(
    capsys: pytest.CaptureFixture[str],
) -> None:
    talk = HumanTalk()

    talk.step(BEGUN)
    talk.step(replace(BEGUN, state="done"))
    talk.ended("Done.\n", ExitCode.OK)

    assert capsys.readouterr().out.splitlines() == [
        "a/pool (NodeGroup): Creating...",
        "a/pool (NodeGroup): Creation complete after 0s",
        "Done.",
        "Cloud resources: 1 added, 0 changed, 0 destroyed.",
    ]


class Terminal(io.StringIO):
    """Shows what is written, and is a terminal."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_what_is_said_takes_the_place_of_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    talk = HumanTalk()

    talk.progress.phase("solving")
    talk.show("A plan.\n")
    talk.show("Nothing is left to clear.\n")

    assert terminal.getvalue() == "\r\x1b[Ksolving ...\r\x1b[K"
    assert capsys.readouterr().out == "A plan.\nNothing is left to clear.\n"


def test_what_was_only_found_to_be_so_is_not_told_as_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    gone = replace(BEGUN, step=replace(STEP, op=StepOp.DELETE), state="done")
    talk = HumanTalk()

    talk.step(gone)
    talk.step(replace(gone, step=replace(STEP, op=StepOp.IMPORT)))
    talk.ended("Done.\n", ExitCode.OK)

    assert capsys.readouterr().out.splitlines() == [
        "a/pool (NodeGroup): Import complete",
        "Done.",
        "Cloud resources: 0 added, 0 changed, 0 destroyed.",
    ]


def test_what_an_engine_was_stopped_at_is_not_still_under_way(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = io.StringIO()
    talk = BothTalk(HumanTalk(), JsonTalk(StoppedClock(NOW), stream))
    detail = {"failed": ["engine-timeout"], "what": "a: it took too long"}
    talk.step(BEGUN)
    talk.entry(replace(ENTRY, phase="outcome", detail=detail))

    talk.still()

    assert "Still" not in capsys.readouterr().out
    assert "apply_progress" not in stream.getvalue()
