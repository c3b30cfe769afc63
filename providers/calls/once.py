"""What is asked once and serves all regions."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, TypeVar

from broker.domain.errors import CloudError
from providers.calls.effort import Effort
from providers.calls.failures import timed_out

T = TypeVar("T")


class Once(Generic[T]):
    """A value for several threads, made by the first that needs it.

    Who waits for it does so within an effort of its own. If making it fails, the next one tries;
    with *one_try* it is told the same instead, so that what hangs is waited for once.
    """

    def __init__(self, *, one_try: bool = False) -> None:
        self._lock = threading.Lock()
        self._made: list[T] = []
        self._one_try = one_try
        self._failure: CloudError | None = None

    def value(self, make: Callable[[], T], effort: Effort) -> T:
        """The value; raises what *make* raises, and TimedOut if another thread takes too long."""
        if not self._made:
            if not self._lock.acquire(timeout=effort.seconds_left()):
                raise timed_out(effort.question, "waiting for what serves all regions")
            try:
                if not self._made:
                    self._made.append(self._try(make, effort))
            finally:
                self._lock.release()
        return self._made[0]

    def _try(self, make: Callable[[], T], effort: Effort) -> T:
        if self._failure is not None:
            told = (replace(d, subject=effort.question.subject) for d in self._failure.diagnostics)
            raise type(self._failure)(*told)
        try:
            return make()
        except CloudError as error:
            self._failure = error if self._one_try else None
            raise
