"""How far long work is: one line on the terminal, rewritten, and nothing on a pipe."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from broker.ports.progress import Progress, Silence

CLEAR_LINE = "\r\x1b[K"


class StatusLine:
    """Shows the present stretch of work on *stream*, which is a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._phase = ""
        self._is_clear = True

    def phase(self, name: str) -> None:
        """Show *name*."""
        self._phase = name
        self.show(f"{name} ...")

    def note(self, text: str) -> None:
        """Show *text* beside it."""
        self.show(f"{self._phase} ... {text}")

    def clear(self) -> None:
        """Leave no trace of it, until the next word."""
        if not self._is_clear:
            self.show("")

    def show(self, text: str) -> None:
        """Put *text* in place of what is there; nothing leaves no trace."""
        self._is_clear = not text
        self._stream.write(CLEAR_LINE + text)
        self._stream.flush()


@contextmanager
def watching(stream: TextIO | None = None) -> Iterator[Progress]:
    """A status line on stderr while the block runs if that is a terminal, else silence."""
    target = sys.stderr if stream is None else stream
    if not target.isatty():
        yield Silence()
        return
    line = StatusLine(target)
    try:
        yield line
    finally:
        line.show("")


def cleared(progress: Progress) -> None:
    """Leave no trace of how far it is, before something else is said in the middle of the work."""
    if isinstance(progress, StatusLine):
        progress.clear()


_: type[Progress] = StatusLine
