"""Taking turns at what serves all regions and lets itself be asked by few at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from providers.calls.effort import Effort
from providers.calls.failures import timed_out


class Turns:
    """At most *at_once* threads between `taken` and its end; others wait within their effort."""

    def __init__(self, at_once: int) -> None:
        self._free = threading.BoundedSemaphore(at_once)

    @contextmanager
    def taken(self, effort: Effort) -> Iterator[None]:
        """A turn; raises TimedOut if none is free before *effort* is at its end."""
        if not self._free.acquire(timeout=effort.seconds_left()):
            raise timed_out(effort.question, "waiting for a turn at what serves all regions")
        try:
            yield
        finally:
            self._free.release()
