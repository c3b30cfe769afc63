"""The engine's steps as they happen: which are under way, for how long, and what came of them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread

from broker.domain.members import StepOp
from broker.ports.provisioning import StepEvent

STILL_SECONDS = 10.0
"""How often is told what is still under way, as Terraform does."""

Key = tuple[str, str, str, StepOp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A step, and for how many whole *seconds* it has been under way.

    *is_found*: it was not begun by this run. Somebody else has done it, and it was found in the cloud.
    """

    event: StepEvent
    seconds: int = 0
    is_found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many resources were *added*, *changed*, *destroyed* and *imported*."""

    added: int = 0
    changed: int = 0
    destroyed: int = 0
    imported: int = 0


class Steps:
    """Keeps what is told of steps; several threads tell it."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._begun: dict[Key, tuple[StepEvent, float]] = {}
        self._done: Counter[StepOp] = Counter()
        self._changing = Lock()

    def heard(self, event: StepEvent) -> Told:
        """Keep *event*, and say how long its step has taken."""
        step, now = event.step, self._seconds()
        key = (str(event.member), step.type, step.name, step.op)
        with self._changing:
            if event.state == "started":
                self._begun[key] = (event, now)
                return Told(event=event)
            begun = self._begun.pop(key, None)
            if event.state == "done" and (begun is not None or step.op is StepOp.IMPORT):
                self._done[step.op] += 1
        if begun is None:
            return Told(event=event, is_found=event.state == "done")
        return Told(event=event, seconds=int(now - begun[1]))

    def ended(self, member: str) -> None:
        """Nothing of *member* is under way any more: an engine that was stopped does not tell how it ended."""
        with self._changing:
            for key in [key for key in self._begun if key[0] == member]:
                del self._begun[key]

    def under_way(self) -> list[Told]:
        """What was begun and did not end yet, the longest first."""
        now = self._seconds()
        with self._changing:
            begun = sorted(self._begun.values(), key=lambda one: one[1])
        return [Told(event=event, seconds=int(now - since)) for event, since in begun]

    def tally(self) -> Tally:
        """What is done so far. A replacement is told as one that is made, and one that goes."""
        with self._changing:
            done = dict(self._done)
        return Tally(
            added=done.get(StepOp.CREATE, 0) + done.get(StepOp.REPLACE, 0),
            changed=done.get(StepOp.UPDATE, 0),
            destroyed=done.get(StepOp.DELETE, 0),
            imported=done.get(StepOp.IMPORT, 0),
        )


@contextmanager
def every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Do *act* each time so many *seconds* have gone by in the block, in a thread of its own."""
    ended = Event()

    def tick() -> None:
        while not ended.wait(seconds):
            act()

    thread = Thread(target=tick, name="still", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
