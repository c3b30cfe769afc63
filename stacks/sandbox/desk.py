"""Where one package's resources are asked for: checked, made, changed, found and taken away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

from stacks.sandbox.control import Control
from stacks.sandbox.functions import called
from stacks.sandbox.ledger import AlreadyThere, Ledger, Made
from stacks.sandbox.naming import named
from stacks.sandbox.outputs.computed import Computed, computed, foreseen
from stacks.sandbox.places import place_of
from stacks.sandbox.refusals import BUSY, EXPIRED, Refusal, not_found, taken

POLL_SECONDS = 0.02

Wait = Callable[[float], bool]
"""Let that many seconds pass; false if whoever asked has gone away meanwhile."""


class Finding(NamedTuple):
    """What is wrong with the input at *path*."""

    path: str
    reason: str


class Subject(NamedTuple):
    """What a call is about, in the engine's words."""

    type: str
    urn: str
    id: str = ""

    @property
    def name(self) -> str:
        """What the program calls it."""
        return self.urn.rpartition("::")[2]


@dataclass(slots=True)
class Desk:
    """Serves the resources of one *package*; all desks share what exists and how it misbehaves."""

    package: str
    ledger: Ledger
    control: Control
    settings: dict[str, Any] = field(default_factory=dict)

    def check(
        self,
        subject: Subject,
        news: Mapping[str, Any],
        olds: Mapping[str, Any],
        random: bytes,
    ) -> tuple[dict[str, Any], list[Finding]]:
        """*news* with what the cloud adds before anything is made, and all that is wrong with them."""
        inputs = named(subject.type, subject.name, news, olds, random)
        return inputs, []

    def foresee(self, subject: Subject, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs of what is not made yet."""
        return foreseen(subject.type, inputs)

    def create(self, subject: Subject, inputs: Mapping[str, Any], wait: Wait) -> Made:
        """Make it: it exists before anybody hears of it. Raises Refusal."""
        with _Attempt(self, "create", subject, wait) as attempt:
            made = self._made(subject, inputs)
            try:
                self.ledger.add(made)
            except AlreadyThere as error:
                raise taken(self.package, subject.type, made.id) from error
            attempt.done(made.id)
        return made

    def _made(self, subject: Subject, inputs: Mapping[str, Any]) -> Made:
        made = Made(
            type=subject.type,
            id="",
            urn=subject.urn,
            inputs=inputs,
            seed=f"{subject.urn} {self.ledger.next_number()}",
        )
        told = self._computed(made)
        return replace(made, id=told.id, region=told.region, outputs=told.outputs)

    def read(self, subject: Subject, known: Mapping[str, Any]) -> Made | None:
        """What exists under that id, or was made under that URN; None if nothing.

        *known* are the outputs as they were: two regions of AWS may have resources of one name.
        """
        if subject.id.startswith("urn:pulumi:"):
            return self.ledger.by_urn(subject.id)
        if self.package != "aws":
            return self.ledger.find(subject.type, subject.id)
        id_, _, region = subject.id.partition("@")
        return self.ledger.find(subject.type, id_, region or known.get("region"))

    def update(
        self, subject: Subject, news: Mapping[str, Any], olds: Mapping[str, Any], wait: Wait
    ) -> Made:
        """Change it in place. Raises Refusal, if there is none too."""
        with _Attempt(self, "update", subject, wait) as attempt:
            before = self.read(subject, olds)
            if before is None:
                raise not_found(subject.type, subject.id)
            made = replace(before, urn=subject.urn, inputs=news, changes=before.changes + 1)
            made = replace(made, outputs=self._computed(made).outputs)
            self.ledger.change(made)
            attempt.done(made.id)
        return made

    def delete(self, subject: Subject, olds: Mapping[str, Any], wait: Wait) -> None:
        """Take it away; what is gone already is fine. Raises Refusal."""
        with _Attempt(self, "delete", subject, wait) as attempt:
            made = self.read(subject, olds)
            if made is not None:
                self.ledger.remove(made)
            attempt.done(subject.id)

    def invoke(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What *function* (a token) answers; raises Refusal."""
        return called(function, arguments, self.settings)

    def _computed(self, made: Made) -> Computed:
        place = place_of(made.inputs, self.ledger, self.settings)
        told = computed(made.type, made.inputs, place, seed=made.seed, changes=made.changes)
        return replace(told, outputs={**told.outputs, **made.told})


class _Attempt:
    """One call that changes, with all that may go wrong before and after its work."""

    def __init__(self, desk: Desk, method: str, subject: Subject, wait: Wait) -> None:
        self._desk = desk
        self._method = method
        self._subject = subject
        self._wait = wait
        self._late = ""

    def __enter__(self) -> Self:
        """Fail as was ordered; raises Refusal."""
        failure = self._failure()
        if failure:
            refusal = Refusal(failure)
            self._tell(refusal)
            raise refusal
        return self

    def _failure(self) -> str:
        """What it is refused with before any work; empty if it is not."""
        control, who = self._desk.control, {"type": self._subject.type, "method": self._method}
        if control.due("expired") is not None:
            return EXPIRED[self._desk.package]
        if control.due("hang", **who) is not None:
            while self._wait(POLL_SECONDS):
                pass
            return BUSY[self._desk.package]
        order = control.due("fail", **who)
        message = str(order.value["message"]) if order else ""
        if order and order.value["late"]:
            self._late = message
            return ""
        return message

    def done(self, id_: str) -> None:
        """The work is done: answer as late, or as wrongly, as was ordered."""
        slow = self._desk.control.due("latency", type=self._subject.type)
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
        self._desk.ledger.tell(
            self._method, subject.type, subject.urn, subject.id, f"refused: {refusal}"
        )
