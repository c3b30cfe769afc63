"""How a verb that changes a fleet talks while it works: to people, or to programs line by line."""

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from broker.cli.exit_codes import ExitCode, exit_code_of
from broker.cli.progress import StatusLine
from broker.cli.render.applied import render_entry
from broker.cli.render.diagnostics import log_diagnostics, print_diagnostics
from broker.cli.render.events import EventLines
from broker.cli.render.steps import render_step, render_still, render_tally
from broker.cli.steps import STILL_SECONDS, Steps, Tally, every
from broker.cli.written import check_apart
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError
from broker.domain.ids import ClusterName
from broker.domain.members import StepOp
from broker.ports.clock import Clock
from broker.ports.progress import Progress, Silence
from broker.ports.provisioning import StepEvent
from broker.ports.state import Entry
from broker.storage.whole_file import unwritable


class HumanTalk:
    """Lines on stdout, findings on stderr."""

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self._steps = Steps()
        self._line = StatusLine(sys.stderr) if sys.stderr.isatty() else None

    @property
    def progress(self) -> Progress:
        """How far it is until there is something to say: on a terminal alone."""
        return self._line or Silence()

    def begin(self) -> None:
        """Nothing: people know what they typed."""

    def show(self, text: str) -> None:
        """Say it, in place of how far it is."""
        with self._writing:
            self._clear()
            sys.stdout.write(text)
            sys.stdout.flush()

    def part(self, kind: str, text: str, **_: Any) -> None:
        """Which of several parts begins."""
        self.show(f"\n{text}\n")

    def planned(self, document: Mapping[str, Any], shown: str) -> None:
        """The plan as text."""
        self.show(shown)

    def findings(self, findings: Sequence[Diagnostic]) -> None:
        """Warnings."""
        with self._writing, suppress(OSError):
            self._clear()
            print_diagnostics(findings)

    def drifted(self, document: Mapping[str, Any], shown: str) -> None:
        """What drifted, as text."""
        self.show(shown)

    def reading(self, name: ClusterName, moment: str) -> None:
        """That the cloud is asked about a cluster."""
        if moment == "started":
            self._say(f"{name}: Refreshing state...")

    def step(self, event: StepEvent) -> None:
        """A resource that begins to be changed, is done, or failed; not what was only read."""
        told = self._steps.heard(event)
        if not told.is_found or event.step.op is StepOp.IMPORT:
            self._say(render_step(told))

    def still(self) -> None:
        """What takes long."""
        lines = list(render_still(self._steps.under_way()))
        if lines:
            self._say("\n".join(lines))

    def _clear(self) -> None:
        if self._line is not None:
            self._line.clear()

    def _say(self, line: str) -> None:
        with suppress(OSError):  # what is under way goes on, whoever listens
            self.show(f"{line}\n")

    def entry(self, entry: Entry) -> None:
        """What is begun, and done, by cluster."""
        _end(self._steps, entry)
        text = render_entry(entry)
        if text is not None:
            self._say(text)

    def failed(self, error: BrokerError) -> ExitCode:
        """Let the command line tell it as it tells every failure."""
        self._clear()
        raise error

    def ended(self, text: str, code: ExitCode, **_: Any) -> ExitCode:
        """The last word, and what it came to in resources."""
        first, end, rest = text.partition("\n")
        tally = self._steps.tally()
        counted = "" if tally == Tally() else f"Cloud {render_tally(tally).lower()}\n"
        self.show(f"{first}{end}{counted}{rest}")
        return code


class JsonTalk:
    """One JSON object per line."""

    def __init__(self, clock: Clock, stream: TextIO) -> None:
        self._lines = EventLines(clock, stream)
        # Lines that go into a file are beside what people are told, and that is logged.
        self._is_alone = stream is sys.stdout
        self._steps = Steps()
        self.progress: Progress = Silence()

    def begin(self) -> None:
        """The version, first of all."""
        self._lines.version()

    def show(self, text: str) -> None:
        """Nothing: it is for people."""

    def part(self, kind: str, text: str, **fields: Any) -> None:
        """Which of several parts begins: what follows is of it."""
        self._lines.part(kind, text, **fields)

    def planned(self, document: Mapping[str, Any], shown: str) -> None:
        """The changes, one per line."""
        self._lines.planned(document)

    def findings(self, findings: Sequence[Diagnostic]) -> None:
        """One per line."""
        if self._is_alone:
            log_diagnostics(findings)
        with suppress(OSError):
            self._lines.diagnostics(findings)

    def drifted(self, document: Mapping[str, Any], shown: str) -> None:
        """What drifted, one resource per line."""
        self._lines.drifted(document["resource_drift"])

    def reading(self, name: ClusterName, moment: str) -> None:
        """That the cloud is asked about a cluster, and has answered."""
        with suppress(OSError):
            self._lines.reading(name, moment)

    def step(self, event: StepEvent) -> None:
        """Every resource."""
        told = self._steps.heard(event)
        with suppress(OSError):
            self._lines.step(told)

    def still(self) -> None:
        """What takes long."""
        with suppress(OSError):
            self._lines.still(self._steps.under_way())

    def entry(self, entry: Entry) -> None:
        """What is begun, and done, by cluster."""
        _end(self._steps, entry)
        with suppress(OSError):
            self._lines.entry(entry)

    def failed(self, error: BrokerError) -> ExitCode:
        """The findings, and how it ended."""
        code = exit_code_of(error)
        if self._is_alone:
            log_diagnostics(error.diagnostics)
        self._lines.diagnostics(error.diagnostics)
        self._lines.ended(code)
        return code

    def ended(self, text: str, code: ExitCode, **figures: Any) -> ExitCode:
        """What it came to, what is there now, and how it ended.

        *operation* and *outputs* among the *figures* have lines of their own.
        """
        operation, outputs = figures.pop("operation", None), figures.pop("outputs", None)
        if operation is not None:
            self._lines.done(operation, self._steps.tally())
        if outputs is not None:
            self._lines.outputs(outputs)
        self._lines.ended(code, **figures)
        return code


class BothTalk:
    """On the terminal, to *shown*, and line by line into a file."""

    def __init__(self, shown: HumanTalk | JsonTalk, lines: JsonTalk) -> None:
        self._shown = shown
        self._lines = lines
        self.progress = shown.progress

    def begin(self) -> None:
        """Begin both."""
        self._lines.begin()
        self._shown.begin()

    def show(self, text: str) -> None:
        """It is for people."""
        self._shown.show(text)

    def part(self, kind: str, text: str, **fields: Any) -> None:
        """To both."""
        self._lines.part(kind, text, **fields)
        self._shown.part(kind, text, **fields)

    def planned(self, document: Mapping[str, Any], shown: str) -> None:
        """To both."""
        self._lines.planned(document, shown)
        self._shown.planned(document, shown)

    def findings(self, findings: Sequence[Diagnostic]) -> None:
        """To both."""
        self._lines.findings(findings)
        self._shown.findings(findings)

    def drifted(self, document: Mapping[str, Any], shown: str) -> None:
        """To both."""
        self._lines.drifted(document, shown)
        self._shown.drifted(document, shown)

    def reading(self, name: ClusterName, moment: str) -> None:
        """To both."""
        self._lines.reading(name, moment)
        self._shown.reading(name, moment)

    def step(self, event: StepEvent) -> None:
        """To both."""
        self._lines.step(event)
        self._shown.step(event)

    def still(self) -> None:
        """To both."""
        self._lines.still()
        self._shown.still()

    def entry(self, entry: Entry) -> None:
        """To both."""
        self._lines.entry(entry)
        self._shown.entry(entry)

    def failed(self, error: BrokerError) -> ExitCode:
        """To both."""
        self._lines.failed(error)
        return self._shown.failed(error)

    def ended(self, text: str, code: ExitCode, **figures: Any) -> ExitCode:
        """To both."""
        self._lines.ended(text, code, **figures)
        return self._shown.ended(text, code, **figures)


def _end(steps: Steps, entry: Entry) -> None:
    """What came of a cluster is noted: the engine has left it, whatever it has told."""
    if entry.phase == "outcome":
        steps.ended(entry.subject)


Talk = HumanTalk | JsonTalk | BothTalk


@contextmanager
def talking(clock: Clock, *, as_json: bool, into: Path | None, read: Path) -> Iterator[Talk]:
    """The talk that was asked for, begun.

    Raises UsageInvalid where *into* is what the verb reads: *read*, a spec, its folder or a saved plan;
    Unwritable where it can not be written.
    """
    with ExitStack() as stack:
        shown = JsonTalk(clock, sys.stdout) if as_json else HumanTalk()
        chosen: Talk = shown
        if into is not None:
            check_apart(into, read)
            chosen = BothTalk(shown, JsonTalk(clock, stack.enter_context(_opened(into))))
        chosen.begin()
        stack.enter_context(every(STILL_SECONDS, chosen.still))
        yield chosen


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error
