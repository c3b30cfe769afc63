"""Many questions at once, each with a deadline that the asked can not stretch."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")


class Hung(Exception):
    """No answer before the deadline; whoever was asked is not waited for any more."""


class _Answer(Generic[T]):
    """Holds what a block comes to: a value, or the error that ended it.

    The error of one question must not end the others, whatever it is; it is handed to the asker,
    who knows the errors that are meant from those that are not.
    """

    value: T
    error: Exception | None = None

    def __enter__(self) -> "_Answer[T]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if isinstance(error, Exception):
            self.error = error
            return True
        return False

    def outcome(self) -> T | Exception:
        return self.value if self.error is None else self.error


Question = Callable[[], T]


@dataclass(slots=True)
class Crew(Generic[T]):
    """Asks *questions* with at most *parallel* threads that are not written off.

    A question is given *seconds* from the moment it is put. One that takes longer comes to Hung,
    and its thread, a daemon, no longer counts: one question that hangs costs one deadline, and
    holds back neither the others nor the end of the program. *heard* is called after each answer
    with the index of its question and the answer, in the thread of the caller.
    """

    questions: Sequence[Question[T]]
    seconds: float
    parallel: int
    heard: Callable[[int, T | Exception], None] = lambda index, answer: None
    _answers: "SimpleQueue[tuple[int, T | Exception]]" = field(default_factory=SimpleQueue)
    _due: dict[int, float] = field(default_factory=dict)

    def ask(self) -> list[T | Exception]:
        """One answer per question, in their order."""
        found: dict[int, T | Exception] = {}
        waiting = deque(range(len(self.questions)))
        while waiting or self._due:
            while waiting and len(self._due) < self.parallel:
                self._put(waiting.popleft())
            for index, answer in self._next():
                found[index] = answer
                self.heard(index, answer)
        return [found[index] for index in range(len(self.questions))]

    def _put(self, index: int) -> None:
        self._due[index] = monotonic() + self.seconds
        threading.Thread(target=self._work, args=(index,), daemon=True).start()

    def _work(self, index: int) -> None:
        with _Answer[T]() as answer:
            answer.value = self.questions[index]()
        self._answers.put((index, answer.outcome()))

    def _next(self) -> list[tuple[int, T | Exception]]:
        """The next answer in time, or those that are overdue."""
        patience = max(0.0, min(self._due.values()) - monotonic())
        try:
            index, answer = self._answers.get(timeout=patience)
        except Empty:
            now = monotonic()
            overdue = [index for index, due in self._due.items() if due <= now]
            for late in overdue:
                del self._due[late]
            return [(late, Hung()) for late in overdue]
        # What was written off may still answer: too late.
        return [] if self._due.pop(index, None) is None else [(index, answer)]
