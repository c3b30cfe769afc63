"""One change of the fleet under a lock: what it writes down, and when."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, Interrupted, Locked, PartlyApplied, Unwritable
from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import Member, StackState
from broker.domain.offers import Offer
from broker.domain.stock_outs import StockOut, believed, with_newer, without_offers
from broker.planning.member_documents import member_document, member_of
from broker.ports.clock import Clock
from broker.ports.provisioning import Failpoint, Provisioner, Watch, no_failpoint
from broker.ports.state import (
    Entry,
    Journal,
    Lease,
    Locks,
    Lost,
    MemberRecord,
    State,
    StateStore,
    first_state,
)

STOPPED = "interrupted"
"""The code by which a provisioner says that it was asked to stop."""

BEGUN = ("under_way", "expires_at", "expiry_stated_at")
"""What is recorded of a plan before anything of it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """With what the fleet is changed, and by whom: *who* is for locks and the journal.

    *place* is where *states* are kept, in words.
    At most *parallel* members are changed at once. Another's lock is waited for *lock_seconds*.
    *noted* hears of each entry once it is in the journal, and *reading* of each member whose cloud is
    read, that it is `started` and `done`; both return at once and never raise.
    """

    provisioner: Provisioner
    states: StateStore
    locks: Locks
    journal: Journal
    clock: Clock
    who: str
    place: str
    watch: Watch = field(default_factory=Watch)
    failpoint: Failpoint = no_failpoint
    parallel: int = 10
    lock_seconds: float = 0.0
    noted: Callable[[Entry], None] = lambda entry: None
    reading: Callable[[ClusterName, str], None] = lambda name, moment: None


@dataclass(slots=True)
class Operation:
    """Writes down what happens to *state*, before and after; several threads call it.

    Intent is in the journal, and a member marked as tainted, before an engine is called. A lease that
    was taken over ends the operation before its next effect. *unnoted* is what came to an end that could
    not be noted, and why not.
    """

    means: Means
    lease: Lease
    name: str
    state: State
    unnoted: dict[str, BrokerError] = field(default_factory=dict)
    _writing: threading.RLock = field(default_factory=threading.RLock)

    def intend(self, act: str, subject: str, **detail: Any) -> None:
        """Say what is about to be done. Raises Unwritable or Locked: then it must not be done."""
        self.means.failpoint("before-intent")
        self.means.locks.renew(self.lease)
        self._append("intent", act, subject, detail)
        self.means.failpoint("after-intent")

    def note_takeover(self) -> None:
        """Say so, if the lock was taken from a holder who is gone."""
        gone = self.lease.taken_from
        if gone is not None:
            detail = {"operation": gone.operation, "token": gone.token}
            self._append("outcome", "lock-taken-over", gone.who, detail)

    def conclude(self, act: str, subject: str, **detail: Any) -> None:
        """Say what came of it."""
        self._append("outcome", act, subject, detail)
        self.means.failpoint("after-outcome")

    def fail(self, act: str, subject: str, error: BrokerError) -> None:
        """Say that it failed, and how; a journal that can not be written must not hide that."""
        codes = [diagnostic.code for diagnostic in error.diagnostics]
        try:
            self._append("outcome", act, subject, {"failed": codes, "what": str(error)})
        except Unwritable as refused:
            self.unnoted[f"{act} {subject}"] = refused

    @contextmanager
    def failing(self, act: str, subject: str) -> Iterator[None]:
        """Note what a failure of the block comes to, and let it through."""
        try:
            yield
        except BrokerError as error:
            self.fail(act, subject, error)
            raise

    def taint(self, member: Member) -> None:
        """Record that *member* is about to change: whoever comes after a crash will mend it."""
        with self._writing:
            known = {record.name: record for record in self.state.members}
            before = known.get(member.name)
            known[member.name] = MemberRecord(
                name=member.name,
                member=member_document(member),
                outputs={} if before is None else before.outputs,
                resources=() if before is None else before.resources,
                checkpoint=None if before is None else before.checkpoint,
                is_tainted=True,
                was=None if before is None else before.was or before.member,
                anew=() if before is None else before.anew,
            )
            self._write(members=tuple(known[name] for name in sorted(known)))

    def untaint(self, name: ClusterName, before: MemberRecord | None) -> None:
        """Record that nothing of *name* was changed after all: it is as *before*, None if it was not there."""
        with self._writing:
            others = [record for record in self.state.members if record.name != name]
            known = others if before is None else [*others, before]
            self._write(members=tuple(sorted(known, key=lambda record: record.name)))

    def record(
        self,
        member: Member,
        made: StackState,
        desired: Callable[[], dict[str, Any]],
        *,
        anew: Collection[PoolName] = (),
        obtained: Collection[Offer] = (),
    ) -> None:
        """Record *member* as it is now, and the fleet that is there with it.

        Pools *anew* were made so: those that are left to be are the others that were marked, and stay.
        Of the offers *obtained* there were nodes: they are not out of stock any more.
        """
        with self._writing:
            known = {record.name: record for record in self.state.members}
            before = known.get(member.name)
            marked = set(() if before is None else before.anew) - set(anew)
            left = tuple(pool.name for pool in member.pools if pool.name in marked)
            known[member.name] = replace(record_of(member, made), anew=left)
            self._write(
                members=tuple(known[name] for name in sorted(known)),
                desired=desired(),
                stock_outs=without_offers(self.state.stock_outs, obtained),
            )

    def remember(self, stock_outs: Collection[StockOut]) -> None:
        """Record them, in the place of what was recorded of the same nodes."""
        with self._writing:
            self._write(stock_outs=with_newer(self.state.stock_outs, stock_outs))

    def take_in(
        self,
        member: Member,
        held: StackState,
        *,
        fleet: str,
        currency: str,
        desired: Callable[[], dict[str, Any]] | None,
    ) -> None:
        """Record a *member* of *fleet* that was there already; as tainted, if it is not as it should be.

        It is: then *desired* is the fleet that is there with it.
        """
        with self._writing:
            known = {record.name: record for record in self.state.members}
            known[member.name] = replace(record_of(member, held), is_tainted=desired is None)
            whole = {} if desired is None else {"desired": desired()}
            members = tuple(known[name] for name in sorted(known))
            self._write(members=members, fleet=fleet, currency=currency, **whole)

    def note(self, name: ClusterName, made: StackState) -> None:
        """Record what a stack holds now; what it is meant to be, and whether it is, stays."""
        with self._writing:
            members = tuple(
                holding(record, made) if record.name == name else record
                for record in self.state.members
            )
            self._write(members=members)

    def forget(self, name: ClusterName, desired: Callable[[], dict[str, Any]]) -> None:
        """Record that the member of that *name* is gone."""
        with self._writing:
            left = tuple(record for record in self.state.members if record.name != name)
            self._write(members=left, desired=desired())

    def protect(self, members: Iterable[Member]) -> None:
        """Record which work forbids to destroy what is there of *members*; no engine needs to know."""
        wanted = {member.name: member for member in members}
        with self._writing:
            known = tuple(
                _firm_as(record, wanted.get(record.name)) for record in self.state.members
            )
            if known != self.state.members:
                self.intend("protect", self.state.fleet)
                self._write(members=known)
                self.conclude("protect", self.state.fleet, serial=self.state.serial)

    def begin(
        self, plan: str, *, fleet: str, currency: str, expires_at: datetime | None = None
    ) -> None:
        """Record that the plan of that digest is being carried out, for that fleet, and when it ends.

        Its end is known before anything of it is there: what is cut short is taken away then, too.
        """
        with self._writing:
            changed: dict[str, Any] = {}
            if self.state.expires_at != expires_at:
                stated_at = None if expires_at is None else self.means.clock.now()
                changed = {"expires_at": expires_at, "expiry_stated_at": stated_at}
            if self.state.under_way != plan or changed:
                self._write(under_way=plan, fleet=fleet, currency=currency, **changed)

    def take_back(self, before: State) -> None:
        """Record that nothing was done of what is under way: all is as *before* it."""
        with self._writing:
            kept = {name: getattr(before, name) for name in BEGUN}
            if any(getattr(self.state, name) != kept[name] for name in kept):
                self._write(**kept)

    def abandon(self) -> None:
        """Record that no plan is under way any more: the state becomes another than it began from."""
        with self._writing:
            if self.state.under_way is not None:
                self._write(under_way=None)

    def finish(self, plan: str | None, desired: dict[str, Any]) -> None:
        """Record that all of the plan is done, and what is there now.

        A fleet of which nothing is left has no end any more: the next one begins anew.
        """
        with self._writing:
            applied = self.state.applied if plan is None else (*self.state.applied, plan)
            ended = {} if self.state.members else {"expires_at": None, "expiry_stated_at": None}
            self._write(desired=desired, under_way=None, applied=applied, **ended)

    def _write(self, **changed: Any) -> None:
        """Let *changed* be as it says, and forget stock-outs that are believed no more."""
        self.means.failpoint("before-state-write")
        new = replace(self.state, **changed)
        new = replace(new, stock_outs=believed(new.stock_outs, self.means.clock.now()))
        self.state = self.means.states.write(new, self.lease)
        self.means.failpoint("after-state-write")

    def _append(self, phase: str, act: str, subject: str, detail: Mapping[str, Any]) -> None:
        entry = Entry(
            at=self.means.clock.now(),
            who=self.means.who,
            act=act,
            phase=phase,
            subject=subject,
            token=f"{self.lease.token}",
            detail=dict(detail),
        )
        self.means.journal.append(entry)
        self.means.noted(entry)


def _firm_as(record: MemberRecord, wanted: Member | None) -> MemberRecord:
    """*record* with the firm work of *wanted* on the pools that both have."""
    there = member_of(record.member)
    firm = {pool.name: pool.firm for pool in wanted.pools} if wanted is not None else {}
    pools = tuple(replace(pool, firm=firm.get(pool.name, pool.firm)) for pool in there.pools)
    if pools == there.pools:
        return record
    return replace(record, member=member_document(replace(there, pools=pools)))


def record_of(member: Member, made: StackState) -> MemberRecord:
    """What the state keeps of a member that is as it should be."""
    return holding(
        MemberRecord(
            name=member.name,
            member=member_document(member),
            outputs={},
            resources=(),
            checkpoint=None,
        ),
        made,
    )


def holding(record: MemberRecord, made: StackState) -> MemberRecord:
    """*record* with what its stack holds now."""
    return replace(
        record,
        outputs=dict(made.outputs),
        resources=tuple(
            {"urn": r.urn, "type": r.type, "name": r.name, "id": r.id} for r in made.resources
        ),
        checkpoint=made.checkpoint,
    )


@contextmanager
def operation(name: str, means: Means) -> Iterator[Operation]:
    """Hold the lock, with what is recorded; sign the journal at the end.

    Raises Locked, StateInvalid and Unwritable. Where the block fails, its error comes through even if
    the journal can not be signed: the next operation signs it. Once the lock is lost, what is under way
    is stopped as by Ctrl-C, and the failure that comes of it is told as Locked.
    """
    losses: list[BrokerError] = []

    def lost(error: BrokerError) -> None:
        losses.append(error)
        means.watch.stop.set()

    try:
        with _held(name, means, lost, losses) as under_way:
            yield under_way
    except BrokerError as error:
        if not losses:
            raise
        raise _as_lost(losses[0], error) from error


@contextmanager
def _held(
    name: str, means: Means, lost: Lost, losses: Sequence[BrokerError]
) -> Iterator[Operation]:
    with means.locks.held(name, who=means.who, wait_seconds=means.lock_seconds, lost=lost) as lease:
        recorded = means.states.read() or first_state("", "USD")
        under_way = Operation(means=means, lease=lease, name=name, state=recorded)
        under_way.note_takeover()
        with ExitStack() as failing, _told_unnoted(under_way):
            failing.callback(_sign_if_possible, means.journal)
            failing.callback(_note_loss, under_way, losses)
            yield under_way
            failing.pop_all()
        _sign(means.journal, had_begun=under_way.state.serial > recorded.serial)


@contextmanager
def _told_unnoted(operation: Operation) -> Iterator[None]:
    """Let an error of the block say, too, which outcomes are not in the journal."""
    try:
        yield
    except BrokerError as error:
        if operation.unnoted:
            error.diagnostics = (_unnoted(operation), *error.diagnostics)
        raise


def _unnoted(operation: Operation) -> Diagnostic:
    reasons = {d.summary: None for e in operation.unnoted.values() for d in e.diagnostics}
    return Diagnostic(
        code="outcomes-unnoted",
        subject="journal",
        summary=f"The journal does not say what came of: {', '.join(operation.unnoted)}",
        detail="\n".join(reasons),
        hint="What came of it is told here. The next command notes what it finds.",
    )


def _note_loss(operation: Operation, losses: Sequence[BrokerError]) -> None:
    """A journal that can not be written must not hide it."""
    with suppress(BrokerError):
        for loss in losses[:1]:
            operation.fail("lock-lost", operation.name, loss)


def _as_lost(loss: BrokerError, error: BrokerError) -> BrokerError:
    """What *error* is once the lock was lost: somebody else's turn, unless it was for want of a disk."""
    told = _loss(loss, error)
    if not isinstance(loss, Unwritable):
        return Locked(*told)
    has_begun = isinstance(error, (PartlyApplied, Interrupted))
    return PartlyApplied(*told) if has_begun else Unwritable(*told)


def _loss(loss: BrokerError, error: BrokerError) -> list[Diagnostic]:
    """Why the lock was lost, and what else came of it than that it was."""
    told = {diagnostic.code for diagnostic in loss.diagnostics}
    others = [d for d in error.diagnostics if d.code not in {*told, STOPPED}]
    return [*loss.diagnostics, *others]


def _sign(journal: Journal, *, had_begun: bool) -> None:
    """Sign the journal at the end of what went well; raises PartlyApplied where that changed something."""
    try:
        journal.checkpoint()
    except Unwritable as error:
        if not had_begun:
            raise
        raise PartlyApplied(*error.diagnostics, _unsigned()) from error


def _unsigned() -> Diagnostic:
    return Diagnostic(
        code="journal-unsigned",
        subject="journal",
        summary="Everything was done and is recorded; the end of the journal is not signed",
        hint="Go on with: broker audit checkpoint",
    )


def _sign_if_possible(journal: Journal) -> None:
    """A journal that can not be signed must not hide why the operation failed."""
    with suppress(BrokerError):
        journal.checkpoint()
