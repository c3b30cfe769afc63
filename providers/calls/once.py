"""What is asked once and serves all regions."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from providers.calls.effort import Effort
from providers.calls.failures import timed_out

T = TypeVar("T")


class Once(Generic[T]):
    """A value for several threads, made by the first that needs it.

    Who waits for it does so within an effort of its own; if making it fails, the next one tries.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: list[T] = []

    def value(self, make: Callable[[], T], effort: Effort) -> T:
        """The value; raises what *make* raises, and TimedOut if another thread takes too long."""
        if not self._made:
            if not self._lock.acquire(timeout=effort.seconds_left()):
                raise timed_out(effort.question, "waiting for what serves all regions")
            try:
                if not self._made:
                    self._made.append(make())
            finally:
                self._lock.release()
        return self._made[0]
