"""How far long work is, in the log: its stretches, and at the lowest level the rounds of the solver."""

import logging

from broker.cli.log_records import TRACE
from broker.ports.progress import Progress

LOGGER = logging.getLogger("broker.progress")


class LoggedProgress:
    """Logs what *inner* is told."""

    def __init__(self, inner: Progress) -> None:
        self._inner = inner
        self._phase = ""

    def phase(self, name: str) -> None:
        """Log that a stretch of work begins."""
        self._phase = name
        LOGGER.debug(name)
        self._inner.phase(name)

    def note(self, text: str) -> None:
        """Log a figure of it."""
        LOGGER.log(TRACE, "%s: %s", self._phase, text)
        self._inner.note(text)


_: type[Progress] = LoggedProgress
