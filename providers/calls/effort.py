"""How long and how often a cloud is asked about one region before it is given up."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from providers.calls.failures import Question, Setback, timed_out

T = TypeVar("T")

LOGGER = logging.getLogger("providers.requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Bounds for all calls about one region together.

    *seconds* is the deadline, *retries* how many of the calls may be repeated in all. A pause
    doubles from *pause_seconds* up to *longest_pause_seconds*; what the cloud asks for comes
    before that. A connection that says nothing for *silence_seconds* is given up.
    """

    seconds: float = 27.0
    retries: int = 6
    pause_seconds: float = 0.5
    longest_pause_seconds: float = 8.0
    silence_seconds: float = 10.0


class Effort:
    """What is left of *patience* for the questions about one region; not for several threads."""

    def __init__(
        self,
        patience: Patience,
        question: Question,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: random.Random | None = None,
    ) -> None:
        self.question = question
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._chance = chance or random.Random()  # noqa: S311  # spreads requests, hides nothing
        self._ends_at = clock() + patience.seconds
        self._retried = 0

    def seconds_left(self) -> float:
        """Above zero; raises TimedOut when there are none."""
        left = self._ends_at - self._clock()
        if left <= 0:
            raise timed_out(self.question, f"after {self._patience.seconds:g} seconds in all")
        return left

    def silence_seconds(self) -> float:
        """How long the next call may wait for a word."""
        return min(self._patience.silence_seconds, self.seconds_left())

    def persist(self, attempt: Callable[[], T]) -> T:
        """Make *attempt* until it succeeds or fails for good; Setback is what may pass.

        Raises the failure of the last setback when the budget of repeats is spent, or when the
        cloud asks for more time than is left.
        """
        while True:
            self.seconds_left()
            try:
                return attempt()
            except Setback as setback:
                self._pause(setback)

    def _pause(self, setback: Setback) -> None:
        if self._retried >= self._patience.retries:
            raise setback.failure
        longest = min(
            self._patience.longest_pause_seconds, self._patience.pause_seconds * 2**self._retried
        )
        self._retried += 1
        # The whole of a backoff is left to chance, so that regions do not come back together;
        # what the cloud asks for is the least, and a little chance comes on top.
        pause = self._chance.uniform(0, longest)
        if setback.wait_seconds is not None:
            pause = setback.wait_seconds + self._chance.uniform(0, self._patience.pause_seconds)
        if pause >= self.seconds_left():
            raise setback.failure
        facts = {"subject": self.question.subject, "seconds": round(pause, 3)}
        LOGGER.info("waits before it asks again", extra={"facts": facts})
        self._sleep(pause)
