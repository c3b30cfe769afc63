"""What verbs that change a fleet have in common: options, the user's word, Ctrl-C, and progress."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

import click

from broker.cli.exit_codes import ExitCode
from broker.cli.locking import lock_timeout_option
from broker.cli.options import flag, option
from broker.cli.values import Names, Seconds
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Interrupted, UsageInvalid

if TYPE_CHECKING:
    from types import FrameType

    from broker.ports.provisioning import StepEvent, Watch
    from broker.ports.state import Entry
    from broker.usecases.operation import Means

F = TypeVar("F", bound=Callable[..., Any])

ENGINE_SECONDS = 3600.0
LONGEST_RUN_SECONDS = 86_400.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)

ADDRESSES: dict[str, Any] = {"type": Names(), "multiple": True, "metavar": "ADDRESS"}

FIRST_INTERRUPT = (
    "\nInterrupt received. What is under way is being finished and recorded; this can take minutes.\n"
    "Interrupt again to stop at once: the next run mends what was half done.\n"
)
SECOND_INTERRUPT = "\nStopping at once.\n"


def changing_options(function: F) -> F:
    """Declare the options of every verb that changes a fleet, once the user has agreed."""
    for declare in reversed(
        (
            flag("auto-approve", help="Do not ask for a word before anything is changed."),
            option(
                "input",
                "may_ask",
                type=bool,
                default=True,
                metavar="BOOL",
                help="Whether to ask at all; -input=false fails where a word is needed.",
            ),
            running_options,
        )
    ):
        function = declare(function)
    return function


def running_options(function: F) -> F:
    """Declare the options of every verb that runs the engine under the lock."""
    for declare in reversed(
        (
            option(
                "parallelism",
                type=click.IntRange(min=1, max=64),
                default=4,
                show_default=True,
                metavar="N",
                help="Change so many clusters at once.",
            ),
            lock_timeout_option,
            option(
                "timeout",
                type=Seconds(min=1, max=LONGEST_RUN_SECONDS),
                default=ENGINE_SECONDS,
                metavar="SECONDS",
                help="End a run of the engine that takes longer; the same command goes on then.",
            ),
            flag("json", "as_json", help="Print a JSON object per line, as it happens."),
            option(
                "json-into",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Write these lines into FILE, and talk to people all the same.",
            ),
        )
    ):
        function = declare(function)
    return function


def agreed(question: str, *, auto_approve: bool, may_ask: bool) -> bool:
    """Whether the user types `yes`, and nothing else; raises UsageInvalid where nobody can be asked."""
    if auto_approve:
        return True
    if not may_ask:
        raise UsageInvalid(_nobody_to_ask("-input=false does not let it be asked for"))
    sys.stdout.write(
        f"\n{question}\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: "
    )
    sys.stdout.flush()
    with _each_signal(signal.default_int_handler):
        answer = sys.stdin.readline()
    sys.stdout.write("\n")
    if not answer:
        raise UsageInvalid(_nobody_to_ask("the input has ended"))
    return answer.strip() == "yes"


def _nobody_to_ask(why: str) -> Diagnostic:
    return Diagnostic(
        code="approval-missing",
        subject="approval",
        summary=f"Nothing was changed: approval is needed, and {why}",
        hint="Give a saved plan (`broker apply FILE`), or -auto-approve.",
    )


def check_approvable(verb: str, given: dict[str, Any]) -> None:
    """Raise UsageInvalid if a program asks for a change without approving it: it can type no `yes`."""
    if given["as_json"] and not given["auto_approve"]:
        raise UsageInvalid(
            Diagnostic(
                code="approval-missing",
                subject=f"{verb} -json",
                summary="Plan file or auto-approve required",
                hint="Give `broker apply` a saved plan, or -auto-approve: a program can not type `yes`.",
            )
        )


@contextmanager
def interruptible(used: "Means") -> Iterator["Means"]:
    """Yield *used* so that Ctrl-C ends it well.

    Until something is noted in the journal, nothing was begun: it raises Interrupted. From then on, the
    first asks to stop and the second to stop at once; neither raises. The third waits for nothing.
    """
    stopper = _Stopper(used.watch)

    def noted(entry: "Entry") -> None:
        stopper.has_begun = True
        used.noted(entry)

    with _each_signal(stopper.unwind), stopper.listening():
        try:
            yield replace(used, noted=noted)
        except KeyboardInterrupt:
            raise Interrupted(
                Diagnostic(
                    code="interrupted",
                    subject="broker",
                    summary="Interrupted before anything of this was carried out",
                )
            ) from None


class _Stopper:
    """Hears each signal, in a thread of its own: the main one may wait, deaf, for those that work.

    The system gives a signal to any thread; only if that is the main one does its waiting end.
    """

    def __init__(self, watch: "Watch") -> None:
        self.has_begun = False
        self._watch = watch
        self._heard = 0
        self._has_unwound = False

    def unwind(self, _number: int, _frame: "FrameType | None") -> None:
        """End the main thread's work where nothing was begun; once, since ending takes its time."""
        if not self.has_begun and not self._has_unwound:
            self._has_unwound = True
            raise KeyboardInterrupt

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear every signal in the block."""
        ours, systems = socket.socketpair()
        systems.settimeout(0)
        before = signal.set_wakeup_fd(systems.fileno(), warn_on_full_buffer=False)
        thread = Thread(target=self._listen, args=(ours,), name="signals", daemon=True)
        thread.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            systems.close()
            thread.join()
            ours.close()

    def _listen(self, ours: socket.socket) -> None:
        while told := ours.recv(1):
            if told[0] in SIGNALS:
                self._heard += 1
                self._hear()

    def _hear(self) -> None:
        if self._heard == 1:
            self._watch.stop.set()
            if self.has_begun:
                _tell(FIRST_INTERRUPT)
        elif self._heard == 2:  # noqa: PLR2004
            self._watch.stop_now.set()
            _tell(SECOND_INTERRUPT)
        else:
            os._exit(ExitCode.INTERRUPTED)


def _tell(text: str) -> None:
    """Past the buffer of stderr, which may be in the middle of a line of its own."""
    with suppress(OSError):
        os.write(sys.stderr.fileno(), text.encode())


@contextmanager
def _each_signal(do: "Callable[[int, FrameType | None], Any]") -> Iterator[None]:
    """Let each signal that asks to end *do* that in the block."""
    before = {number: signal.signal(number, do) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def means(
    *,
    parallelism: int = 4,
    lock_timeout: float = 0.0,
    timeout: float = ENGINE_SECONDS,
    heard: "Callable[[StepEvent], None]",
    noted: "Callable[[Entry], None]",
) -> "Means":
    """With what the fleet of this folder is changed; *heard* and *noted* are told as it happens."""
    from broker import bootstrap
    from broker.ports.provisioning import Watch
    from broker.usecases.operation import Means

    failpoint = bootstrap.failpoint()
    return Means(
        provisioner=bootstrap.provisioner(failpoint, timeout_seconds=timeout),
        states=bootstrap.state_store(),
        locks=bootstrap.locks(),
        journal=bootstrap.journal(),
        clock=bootstrap.clock(),
        who=bootstrap.who(),
        watch=Watch(heard=heard),
        failpoint=failpoint,
        parallel=parallelism,
        lock_seconds=lock_timeout,
        noted=noted,
    )
