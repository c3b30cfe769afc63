"""How a verb that changes a fleet talks while it works: to people, or to programs line by line."""

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from broker.cli.exit_codes import ExitCode, exit_code_of
from broker.cli.render.applied import render_entry
from broker.cli.render.diagnostics import print_diagnostics
from broker.cli.render.events import EventLines
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError
from broker.ports.clock import Clock
from broker.ports.provisioning import StepEvent
from broker.ports.state import Entry
from broker.storage.whole_file import unwritable


class HumanTalk:
    """Lines on stdout, findings on stderr; *quiet_steps* of resources are told only if they fail."""

    def __init__(self) -> None:
        self._writing = threading.Lock()

    def begin(self) -> None:
        """Nothing: people know what they typed."""

    def show(self, text: str) -> None:
        """Say it."""
        with self._writing:
            sys.stdout.write(text)
            sys.stdout.flush()

    def planned(self, document: Mapping[str, Any], shown: str) -> None:
        """The plan as text."""
        self.show(shown)

    def findings(self, findings: Sequence[Diagnostic]) -> None:
        """Warnings."""
        print_diagnostics(findings)

    def step(self, event: StepEvent) -> None:
        """A resource that failed; what goes well is told by cluster."""
        if event.state == "failed":
            step = event.step
            with suppress(OSError):  # what is under way goes on, whoever listens
                self.show(f"{event.member}: {step.type} {step.name} failed: {event.message}\n")

    def entry(self, entry: Entry) -> None:
        """What is begun, and done, by cluster."""
        text = render_entry(entry)
        if text is not None:
            with suppress(OSError):
                self.show(f"{text}\n")

    def failed(self, error: BrokerError) -> ExitCode:
        """Let the command line tell it as it tells every failure."""
        raise error

    def ended(self, text: str, code: ExitCode, **_: Any) -> ExitCode:
        """The last word."""
        self.show(text)
        return code


class JsonTalk:
    """One JSON object per line."""

    def __init__(self, clock: Clock, stream: TextIO) -> None:
        self._lines = EventLines(clock, stream)

    def begin(self) -> None:
        """The version, first of all."""
        self._lines.version()

    def show(self, text: str) -> None:
        """Nothing: it is for people."""

    def planned(self, document: Mapping[str, Any], shown: str) -> None:
        """The changes, one per line."""
        self._lines.planned(document)

    def findings(self, findings: Sequence[Diagnostic]) -> None:
        """One per line."""
        self._lines.diagnostics(findings)

    def step(self, event: StepEvent) -> None:
        """Every resource."""
        with suppress(OSError):
            self._lines.step(event)

    def entry(self, entry: Entry) -> None:
        """What is begun, and done, by cluster."""
        with suppress(OSError):
            self._lines.entry(entry)

    def failed(self, error: BrokerError) -> ExitCode:
        """The findings, and how it ended."""
        code = exit_code_of(error)
        self._lines.diagnostics(error.diagnostics)
        self._lines.ended(code)
        return code

    def ended(self, text: str, code: ExitCode, **figures: Any) -> ExitCode:
        """How it ended."""
        self._lines.ended(code, **figures)
        return code


class BothTalk:
    """To people on the terminal, and line by line into a file."""

    def __init__(self, human: HumanTalk, lines: JsonTalk) -> None:
        self._human = human
        self._lines = lines

    def begin(self) -> None:
        """Begin both."""
        self._lines.begin()

    def show(self, text: str) -> None:
        """It is for people."""
        self._human.show(text)

    def planned(self, document: Mapping[str, Any], shown: str) -> None:
        """To both."""
        self._lines.planned(document, shown)
        self._human.planned(document, shown)

    def findings(self, findings: Sequence[Diagnostic]) -> None:
        """To both."""
        self._lines.findings(findings)
        self._human.findings(findings)

    def step(self, event: StepEvent) -> None:
        """To both."""
        self._lines.step(event)
        self._human.step(event)

    def entry(self, entry: Entry) -> None:
        """To both."""
        self._lines.entry(entry)
        self._human.entry(entry)

    def failed(self, error: BrokerError) -> ExitCode:
        """To both."""
        self._lines.failed(error)
        return self._human.failed(error)

    def ended(self, text: str, code: ExitCode, **figures: Any) -> ExitCode:
        """To both."""
        self._lines.ended(text, code, **figures)
        return self._human.ended(text, code)


Talk = HumanTalk | JsonTalk | BothTalk


@contextmanager
def talking(clock: Clock, *, as_json: bool, into: Path | None) -> Iterator[Talk]:
    """The talk that was asked for, begun; raises Unwritable for a file that can not be written."""
    with ExitStack() as stack:
        chosen: Talk = JsonTalk(clock, sys.stdout) if as_json else HumanTalk()
        if into is not None and isinstance(chosen, HumanTalk):
            lines = JsonTalk(clock, stack.enter_context(_opened(into)))
            chosen = BothTalk(chosen, lines)
        chosen.begin()
        yield chosen


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error
