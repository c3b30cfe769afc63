"""Carry a decision out: every member of it, several at once, each written down before and after."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, Interrupted, PlanStale, Unwritable
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName
from broker.domain.members import Member, StackPreview, StepOp
from broker.domain.offers import Offer
from broker.planning.desired import desired_document
from broker.planning.member_documents import member_document, member_of
from broker.planning.parts import Part, between
from broker.usecases.choices import Choices, as_it_was
from broker.usecases.operation import Operation
from broker.usecases.previews import pools_meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is to be done: *target* is the fleet to be there, *members* its clusters.

    *recorded* is the fleet that was there when it was decided. *approved* is what its stacks would do;
    with *is_binding*, they are previewed again and do nothing else. *replace* are URNs by cluster. Recorded members that
    are not among *members* are taken away. *only* these are touched; None means all; of some, only what *choices* say. Nothing is done
    to members *aside*, which can not be looked at: they count as failed. Members *forgotten* stay in
    their clouds, and are recorded no more once all the rest is done.
    """

    recorded: Fleet
    target: Fleet
    members: Mapping[ClusterName, Member]
    approved: Mapping[ClusterName, StackPreview] = field(default_factory=dict)
    is_binding: bool = False
    replace: Mapping[ClusterName, tuple[str, ...]] = field(default_factory=dict)
    only: frozenset[ClusterName] | None = None
    choices: Choices = field(default_factory=dict)
    aside: Mapping[ClusterName, BrokerError] = field(default_factory=dict)
    forgotten: frozenset[ClusterName] = frozenset()

    def touches(self, name: ClusterName) -> bool:
        """Whether anything of that cluster may be done."""
        return self.only is None or name in self.only

    @property
    def passed_over(self) -> dict[ClusterName, BrokerError]:
        """What would be touched if it could be looked at."""
        return {
            name: error
            for name, error in self.aside.items()
            if self.touches(name) and name not in self.forgotten
        }


class NotBegun(Unwritable):
    """Nothing was done to a member, since it could not be written down that it would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it: *made* and *removed* are true now, *failed* are not, *left* were not begun, or stopped.

    *forgotten* are recorded no more, and are there. With *has_begun*, something was done before, for
    another fleet.
    """

    made: tuple[ClusterName, ...] = ()
    removed: tuple[ClusterName, ...] = ()
    failed: Mapping[ClusterName, BrokerError] = field(default_factory=dict)
    left: tuple[ClusterName, ...] = ()
    forgotten: tuple[ClusterName, ...] = ()
    has_begun: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether nothing failed and nothing is left."""
        return not self.failed and not self.left

    @property
    def is_stale(self) -> bool:
        """Whether some of it was not what had been approved: to do it again comes to the same."""
        return any(isinstance(error, PlanStale) for error in self.failed.values())

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was done at all, and nothing begun."""
        are_stale = all(isinstance(error, PlanStale) for error in self.failed.values())
        return are_stale and not self._has_done

    @property
    def is_unbegun(self) -> bool:
        """Whether nothing was done, since nothing could be written down."""
        are_unbegun = all(isinstance(error, NotBegun) for error in self.failed.values())
        return are_unbegun and bool(self.failed) and not self._has_done

    @property
    def _has_done(self) -> bool:
        return self.has_begun or bool(self.made or self.removed)


@dataclass(slots=True)
class _Doing:
    """One errand under way; *done* grows from several threads, under the operation's own lock."""

    errand: Errand
    operation: Operation
    done: set[ClusterName] = field(default_factory=set)

    def fleet_so_far(self) -> Fleet:
        """The fleet that is there with what is done."""
        part = Part(clusters=frozenset(self.done))
        return between(self.errand.recorded, self.errand.target, part)

    def desired(self, name: ClusterName) -> Callable[[], dict[str, object]]:
        """The document of the fleet with *name* done; made while the state is being written."""

        def written() -> dict[str, object]:
            self.done.add(name)
            return desired_document(self.fleet_so_far())

        return written


def carry_out(errand: Errand, operation: Operation) -> Outcome:
    """Make and change members first, then take away what is not wanted any more.

    That is members, and what those lose that only lose. Nothing of it is taken away where something
    could not be made: work may still need it. A member that gains, too, loses what it does with that:
    once its own part is made. An error of one member, or one that is set aside, does not end the others; a lock that was taken over, or a journal that can not be written,
    does. Errors that are no BrokerError come through.
    """
    doing = _Doing(errand, operation)
    passed_over = errand.passed_over
    able = sorted(set(errand.members) - set(passed_over))
    changing = [name for name in able if _has_to_change(name, doing)]
    losing = [name for name in changing if _only_loses(name, doing)]
    gaining = [name for name in changing if name not in losing]
    made, failed, left = _each(gaining, lambda name: _make(name, doing), operation)
    failed |= {name: passed_over[name] for name in passed_over if name in errand.members}
    known = {record.name for record in operation.state.members} - errand.forgotten
    going = sorted(filter(errand.touches, known - set(errand.members) - set(passed_over)))
    if failed or left:
        undone = (*left, *sorted([*losing, *going]))
        return Outcome(made=made, failed={**failed, **passed_over}, left=undone)

    def take_away(name: ClusterName) -> None:
        (_make if name in losing else _remove)(name, doing)

    done, failed, left = _each(sorted([*losing, *going]), take_away, operation)
    outcome = Outcome(
        made=tuple(sorted({*made, *done} - {*going})),
        removed=tuple(name for name in done if name in going),
        failed={**failed, **passed_over},
        left=left,
    )
    return outcome if failed or left else replace(outcome, forgotten=_forget(doing))


def _forget(doing: _Doing) -> tuple[ClusterName, ...]:
    """Take those that are managed no more out of the record, and out of nothing else."""
    operation = doing.operation
    known = sorted({record.name for record in operation.state.members} & doing.errand.forgotten)
    for name in known:
        operation.intend("forget", name)
        operation.forget(name, doing.desired(name))
        operation.conclude("forget", name)
    return tuple(known)


def _has_to_change(name: ClusterName, doing: _Doing) -> bool:
    """Whether its stack is not, or may not be, what is wanted."""
    errand = doing.errand
    if not errand.touches(name):
        return False
    approved = errand.approved.get(name)
    if (approved is not None and approved.steps) or errand.replace.get(name):
        return True
    records = {record.name: record for record in doing.operation.state.members}
    record = records.get(name)
    if record is None or record.is_tainted:
        return True
    return digest(record.member) != digest(member_document(errand.members[name]))


def _only_loses(name: ClusterName, doing: _Doing) -> bool:
    """Whether to change it takes pools or nodes away, and makes nothing, as far as its preview tells."""
    errand = doing.errand
    record = next((r for r in doing.operation.state.members if r.name == name), None)
    approved = errand.approved.get(name)
    if record is None or approved is None or errand.replace.get(name):
        return False
    if any(step.op in (StepOp.CREATE, StepOp.REPLACE) for step in approved.steps):
        return False
    return errand.members[name].only_loses(as_it_was(record))


def _each(
    names: list[ClusterName], act: Callable[[ClusterName], None], operation: Operation
) -> tuple[tuple[ClusterName, ...], dict[ClusterName, BrokerError], tuple[ClusterName, ...]]:
    """Do *act* for each, some at once: those that are done, that failed, that were not begun."""
    stop = operation.means.watch.stop
    failed: dict[ClusterName, BrokerError] = {}
    left: list[ClusterName] = []

    def attempt(name: ClusterName) -> None:
        if stop.is_set():
            left.append(name)
            return
        try:
            act(name)
        except Interrupted:
            left.append(name)
        except BrokerError as error:
            failed[name] = error

    with ThreadPoolExecutor(max_workers=max(1, operation.means.parallel)) as pool:
        for finished in [pool.submit(attempt, name) for name in names]:
            finished.result()
    done = tuple(name for name in names if name not in failed and name not in left)
    return done, dict(sorted(failed.items())), tuple(sorted(left))


def _make(name: ClusterName, doing: _Doing) -> None:
    operation, member = doing.operation, doing.errand.members[name]
    means = operation.means
    before = next((r for r in operation.state.members if r.name == name), None)
    with _beginning():
        operation.intend("stack-up", name, member=digest(member_document(member)))
        operation.taint(member)
    try:
        made = means.provisioner.up(
            member,
            approved=_approval(name, doing.errand),
            replace=doing.errand.replace.get(name, ()),
            choice=doing.errand.choices.get(name),
            watch=means.watch,
        )
    except BrokerError as error:
        operation.fail("stack-up", name, error)
        if isinstance(error, PlanStale):  # which is raised before anything is changed
            operation.untaint(name, before)
        raise
    means.failpoint("after-call")
    anew = pools_meant(doing.errand.replace.get(name, ()))
    obtained = _obtained(name, doing.errand)
    with _done(name, "made"):
        operation.record(member, made, doing.desired(name), anew=anew, obtained=obtained)
        operation.conclude("stack-up", name, checkpoint=made.checkpoint)


def _obtained(name: ClusterName, errand: Errand) -> list[Offer]:
    """The offers of which there are more nodes in that cluster than there were."""
    before = {(pool.cluster, pool.name): pool.nodes for pool in errand.recorded.pools}
    return [
        pool.offer
        for pool in errand.target.pools
        if pool.cluster == name and pool.nodes > before.get((name, pool.name), 0)
    ]


def _approval(name: ClusterName, errand: Errand) -> StackPreview | None:
    """To what its stack is held; nothing was approved of one that a binding plan does not tell of."""
    if not errand.is_binding:
        return None
    nothing = StackPreview(member=name, steps=(), unchanged=0, checkpoint=None)
    return errand.approved.get(name, nothing)


def _remove(name: ClusterName, doing: _Doing) -> None:
    operation = doing.operation
    means = operation.means
    (record,) = (record for record in operation.state.members if record.name == name)
    member = member_of(record.member)
    with _beginning():
        operation.intend("stack-down", name)
        operation.taint(member)
    try:
        means.provisioner.down(member, watch=means.watch)
    except BrokerError as error:
        operation.fail("stack-down", name, error)
        raise
    means.failpoint("after-call")
    with _done(name, "taken away"):
        operation.forget(name, doing.desired(name))
        operation.conclude("stack-down", name)


@contextmanager
def _beginning() -> Iterator[None]:
    """Raise NotBegun where the block can not write down what is about to be done."""
    try:
        yield
    except Unwritable as error:
        raise NotBegun(*error.diagnostics) from error


@contextmanager
def _done(name: ClusterName, what: str) -> Iterator[None]:
    """Let a block that can not write down what was done say so."""
    try:
        yield
    except Unwritable as error:
        unrecorded = Diagnostic(
            code="done-unrecorded",
            subject=f"cluster.{name}",
            summary=f"{name}: all of it was {what} in its cloud, and not all of that could be written down",
            hint="The command that is named last looks at what is there, and does nothing twice.",
        )
        raise type(error)(*error.diagnostics, unrecorded) from error
