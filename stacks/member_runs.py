"""The engine's runs for one member: watched, bounded, and told in the broker's words."""

import fcntl
import json
import os
import time
from asyncio import CancelledError
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc  # type: ignore[import-untyped]  # grpcio brings no types along
from pulumi import RunError
from pulumi.automation.events import EngineEvent

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, EngineFailed, Locked
from broker.domain.members import Member, StackPreview, StackState
from broker.ports.provisioning import Watch, Workshop
from stacks import records
from stacks.aims import ALL, Aim, Wants
from stacks.command import GRACE_SECONDS, Bounds, CommandEnded, End
from stacks.cut_off import cut_off, refusal_in
from stacks.doubts import Doubts, doubtful
from stacks.failures import failure
from stacks.goals import goals_of
from stacks.one_stack import Heard, OneStack, Program
from stacks.records import Document
from stacks.room import Room
from stacks.secrets import Hidden
from stacks.steps import Complaint, StepLog

Act = Callable[[Bounds, Heard], None]
ReadAct = Callable[[Bounds, Heard, bool], None]
"""Told whether the program has to run."""

UNKNOWN_PROVIDER = "unknown provider"
"""How the engine says that a resource was made through a provider that is not there any more."""

SHORT_SECONDS = 120.0
"""Bounds what asks no cloud: to export, import, begin and remove a record."""

OTHER_RUN_SECONDS = 15.0
"""How long to wait for an engine whose broker died: it ends within 2 s, as measured."""
LOOKED_EVERY_SECONDS = 0.1


OF_THE_ENGINE = (RunError, grpc.RpcError, CancelledError)


class RememberingProgram:
    """A program that remembers what it raised: through the engine, only text would come back."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.raised: BaseException | None = None

    def __call__(self) -> None:
        """Run it."""
        with self:
            self._program()

    def raise_again(self) -> None:
        """Raise what it raised, if it did."""
        if self.raised is not None:
            raise self.raised

    def __enter__(self) -> None:
        self.raised = None

    def __exit__(self, kind: object, raised: BaseException | None, trace: object) -> None:
        # By these, program and engine tell each other of failures, and that one of them has ended.
        self.raised = None if isinstance(raised, OF_THE_ENGINE) else raised


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRuns:
    """What the engine does for *member*, in *stack*. *kept_open* is a lock that it holds meanwhile."""

    member: Member
    stack: OneStack
    program: RememberingProgram
    workshop: Workshop
    watch: Watch
    hidden: Hidden
    grace_seconds: float = GRACE_SECONDS
    kept_open: tuple[int, ...] = ()

    def run(self, act: Act, *, is_question: bool = False) -> StepLog:
        """Let the engine act to its end and return what it told; raises what it failed with.

        Of a mere question, nobody else hears: nothing is done.
        """
        log = StepLog(member=self.member.name)

        def heard(event: EngineEvent) -> None:
            step = log.heard(event)
            if step is not None and not is_question:
                message = self.hidden.without(step.message)
                self.watch.heard(replace(step, message=message))
                self.workshop.failpoint(f"resource-{step.state}")

        bounds = Bounds(
            watch=self.watch,
            timeout_seconds=self.workshop.timeout_seconds,
            grace_seconds=self.grace_seconds,
            kept_open=self.kept_open,
            room=self.stack.room,
            passed=_nothing if is_question else self.workshop.failpoint,
        )
        try:
            self._translated(lambda: act(bounds, heard), log)
        finally:
            if log.refused and not is_question:
                self._doubt(log)
        return log

    def run_reading(
        self, document: records.Document, act: ReadAct, *, is_question: bool = False
    ) -> StepLog:
        """Let the engine read or delete what *document* holds, and run the program if that has to be.

        Where the cluster itself is gone, the program opens another one than the record names, and the
        engine gives up: then what was in it is gone too, and is asked for as it is recorded.
        """
        needs_it = records.needs_program(document)
        try:
            return self.run(
                lambda bounds, heard: act(bounds, heard, needs_it), is_question=is_question
            )
        except EngineFailed as error:
            if not needs_it or not any(UNKNOWN_PROVIDER in d.detail for d in error.diagnostics):
                raise
        without = False
        return self.run(lambda bounds, heard: act(bounds, heard, without), is_question=is_question)

    @property
    def doubts(self) -> Doubts:
        """What may have been made although the cloud has answered an error."""
        return Doubts(self.workshop.folder.resolve() / "members" / self.member.name)

    def _doubt(self, log: StepLog) -> None:
        ended = CommandEnded(End.FAILED, 1, "", "")

        def meant(complaint: Complaint) -> BrokerError:
            return failure(self.member, ended, [complaint], self.hidden)

        doubts = [*doubtful(log.refused, log.complaints, meant)]
        try:
            self.doubts.add(doubts)
        except OSError:
            if not self.stack.room.release():
                raise
            self.doubts.add(doubts)

    def briefly(self, act: Callable[[Bounds], None]) -> None:
        """Change the record itself, which asks no cloud and is not stopped half-way."""
        self._translated(lambda: act(self._brief()), StepLog(member=self.member.name))

    def export(self) -> Document | None:
        """Return the record; None if there is none."""
        found: list[Document | None] = []
        bounds = replace(self._brief(), room=Room())  # to read, none is needed
        log = StepLog(member=self.member.name)
        self._translated(lambda: found.append(self.stack.export(bounds)), log)
        self.workshop.failpoint("record-exported")
        return found[0]

    @contextmanager
    def elsewhere(self, document: Document) -> Iterator["MemberRuns"]:
        """Be runs over a record of their own, which holds *document* and is gone afterwards."""
        with self.stack.elsewhere(keeps_secrets=True) as scratch:
            # What is made of it may go into the real record as it is written here: under the same key.
            scratch.encrypt_as(document)
            self.briefly(scratch.create)
            self.briefly(lambda bounds: scratch.put(bounds, document))
            yield replace(self, stack=scratch)

    def state(self) -> StackState:
        """Return what the record holds."""
        return records.state(self.member.name, self.export())

    def preview(
        self, document: Document | None, replace: Collection[str] = (), aim: Aim = ALL
    ) -> StackPreview:
        """Return what `up` would do from the record *document*; without one, asked in a scratch record."""

        def ask(stack: OneStack) -> StepLog:
            return self.run(
                lambda bounds, heard: stack.preview(
                    bounds, heard, replace, target=aim.target, exclude=aim.exclude
                ),
                is_question=True,
            )

        if document is None:
            with self.stack.elsewhere() as scratch:
                self.briefly(scratch.create)
                log = ask(scratch)
        else:
            log = ask(self.stack)
        return self._complete(log).preview(records.checkpoint(document))

    def wants(self) -> Wants:
        """Return all that its program would make if there were nothing yet."""
        with self.stack.elsewhere() as scratch, TemporaryDirectory() as work:
            plan = Path(work) / "wanted.json"
            self.briefly(scratch.create)
            log = self.run(
                lambda bounds, heard: scratch.preview(bounds, heard, plan=plan), is_question=True
            )
            goals = goals_of(json.loads(plan.read_text()))
        return Wants(steps=self._complete(log).steps(), goals=goals)

    def drift(self, document: Document | None) -> StackPreview:
        """Return the steps from the record *document* to what the clouds have."""
        if document is None:
            return StepLog(member=self.member.name).preview(None)
        log = self.run_reading(
            document,
            lambda bounds, heard, runs: self.stack.preview_refresh(bounds, heard, run_program=runs),
            is_question=True,
        )
        return self._complete(log).preview(records.checkpoint(document))

    def _complete(self, log: StepLog) -> StepLog:
        if log.is_complete():
            return log
        raise EngineFailed(
            Diagnostic(
                code="engine-failed",
                subject=str(self.member.name),
                summary=f"{self.member.name}: the engine told less than it counted",
                detail=f"counted: {dict(log.counted)}",
                hint="Update gpu-broker, or use Pulumi 3.259.0, with which it is tested.",
            )
        )

    def _brief(self) -> Bounds:
        return Bounds(timeout_seconds=SHORT_SECONDS, kept_open=self.kept_open, room=self.stack.room)

    def _translated(self, act: Callable[[], None], log: StepLog) -> None:
        self.program.raised = None
        try:
            act()
        except CommandEnded as ended:
            if ended.end is End.FAILED and ended.code > 0:
                self.program.raise_again()
            error = refusal_in(ended, log.complaints, self.stack.room)
            if error is not None:
                raise cut_off(self.member, error, log) from None
            raise failure(self.member, ended, log.complaints, self.hidden) from None


def _nothing(_: str) -> None:
    """Pass by."""


@contextmanager
def alone(folder: Path, member: Member) -> Iterator[int]:
    """Yield a descriptor that holds the only right on this computer to change *member*.

    The engine inherits it, and so do its plug-ins: as long as one of them lives, nobody else begins,
    even if the broker that started it was killed. Raises Locked if that lasts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{member.name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + OTHER_RUN_SECONDS
        while not _is_locked(descriptor):
            if time.monotonic() > deadline:
                raise Locked(_busy(member))
            time.sleep(LOOKED_EVERY_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _busy(member: Member) -> Diagnostic:
    return Diagnostic(
        code="engine-locked",
        subject=str(member.name),
        summary=f"{member.name}: another run of the engine changes it on this computer",
        hint="Wait for it to end.",
    )
