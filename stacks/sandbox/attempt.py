"""One call that changes something, with all that may go wrong before and after its work."""

from collections.abc import Callable
from typing import NamedTuple, Self

from stacks.sandbox.refusals import BUSY, EXPIRED, Refusal
from stacks.sandbox.stock import chance
from stacks.sandbox.world import World

POLL_SECONDS = 0.02
FAILING_PERCENT = 8
"""How many of the resources are refused at the first attempt, if a seed says which."""

Wait = Callable[[float], bool]
"""Let that many seconds pass; false if whoever asked has gone away meanwhile."""


class Subject(NamedTuple):
    """What a call is about, in the engine's words."""

    type: str
    urn: str
    id: str = ""

    @property
    def package(self) -> str:
        """The provider package that it belongs to."""
        return self.type.partition(":")[0]

    @property
    def name(self) -> str:
        """What the program calls it."""
        return self.urn.rpartition("::")[2]

    @property
    def stack(self) -> str:
        """Project and stack of the program."""
        parts = self.urn.removeprefix("urn:pulumi:").split("::")
        return f"{parts[1]}/{parts[0]}" if len(parts) > 1 else ""


class Attempt:
    """A block around the work: raises Refusal before it, or when it is `done`, as was ordered.

    What was refused is told in the ledger.
    """

    def __init__(self, world: World, method: str, subject: Subject, wait: Wait) -> None:
        self._world = world
        self._method = method
        self._subject = subject
        self._wait = wait
        self._late = ""

    def __enter__(self) -> Self:
        """Raises Refusal if it fails before any work."""
        failure = self._failure()
        if failure:
            refusal = Refusal(failure)
            self._tell(refusal)
            raise refusal
        return self

    def _failure(self) -> str:
        """What it is refused with before any work; empty if it is not."""
        control, package = self._world.control, self._subject.package
        who = {"type": self._subject.type, "method": self._method}
        if control.due("expired") is not None:
            return EXPIRED[package]
        if control.due("hang", **who) is not None:
            while self._wait(POLL_SECONDS):
                pass
            return BUSY[package]
        order = control.due("fail", **who)
        message = str(order.value["message"]) if order else ""
        if order and order.value["late"]:
            self._late = message
            return ""
        return message or (BUSY[package] if self._is_unlucky() else "")

    def _is_unlucky(self) -> bool:
        """Whether the seed lets this one fail, which it does once."""
        seed = self._world.fault_seed
        if seed is None or self._method != "create":
            return False
        text = f"{seed} {self._subject.type} {self._subject.name}"
        if chance(text) >= FAILING_PERCENT:
            return False
        refused = (
            call
            for call in self._world.ledger.calls("create")
            if (call.type, call.urn) == (self._subject.type, self._subject.urn)
        )
        return next(refused, None) is None

    def done(self) -> None:
        """The work is done: answer as late, or as wrongly, as was ordered. Raises Refusal."""
        slow = self._world.control.due("latency", type=self._subject.type)
        if slow is not None:
            self._wait(float(slow.value["seconds"]))
        if self._late:
            raise Refusal(self._late)

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        """Tell of what was refused."""
        if isinstance(error, Refusal):
            self._tell(error)

    def _tell(self, refusal: Refusal) -> None:
        subject = self._subject
        self._world.ledger.tell(
            self._method, subject.type, subject.urn, subject.id, f"refused: {refusal}"
        )
