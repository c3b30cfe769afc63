"""Ctrl-C while a fleet is changed: gently at first, at once if it is told again."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any

from broker.cli.exit_codes import ExitCode
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Interrupted

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from broker.ports.provisioning import Watch
    from broker.ports.state import Entry
    from broker.usecases.operation import Means

SIGNALS = (signal.SIGINT, signal.SIGTERM)

FIRST_INTERRUPT = (
    "\nInterrupt received. What is under way is being finished and recorded; this can take minutes.\n"
    "Interrupt again to stop at once: the next run mends what was half done.\n"
)
SECOND_INTERRUPT = "\nStopping at once.\n"


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

    with each_signal(stopper.unwind), stopper.listening():
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
        import socket

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

    def _listen(self, ours: "socket.socket") -> None:
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
def each_signal(do: "Callable[[int, FrameType | None], Any]") -> Iterator[None]:
    """Let each signal that asks to end *do* that in the block."""
    before = {number: signal.signal(number, do) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
