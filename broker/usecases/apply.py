"""`broker apply`: make the decided fleet true, and write down all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Denied, PlanStale, UsageInvalid
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName
from broker.domain.money import Money
from broker.domain.stock_outs import StockOut, with_newer
from broker.planning.cost import cost
from broker.planning.desired import desired_document
from broker.planning.instead import bought_instead
from broker.planning.left_aside import stock_out_of
from broker.planning.lifetime import Ttl, check_alive, lifetime_in, lifetime_of
from broker.planning.parts import NOTHING
from broker.planning.staleness import check_fresh
from broker.ports.capacity import CapacityProvider
from broker.ports.state import State
from broker.ports.stores import SignedPlan
from broker.ports.work import LiveWork, nobody_works
from broker.usecases.applicable import check_applicable
from broker.usecases.begun import Pool, taken_back, with_begun
from broker.usecases.carry_out import Errand, Outcome
from broker.usecases.checks import judge_again
from broker.usecases.complete import check_complete, ending
from broker.usecases.decision import Wanted, asked, check_allowed
from broker.usecases.fallback import (
    AskAgain,
    WayOut,
    carry_out_or_fall_back,
    check_whole,
    left_to_replace,
)
from broker.usecases.gone import with_gone
from broker.usecases.import_ import import_stated
from broker.usecases.mend import Aside, Reread, mend, reread, take_note
from broker.usecases.operation import Means, Operation, operation
from broker.usecases.proposal import Proposal, propose
from broker.usecases.question import Surroundings
from broker.usecases.recorded import recorded_state
from broker.usecases.removals import busy_pools
from broker.usecases.saved_proposal import (
    approval_missing,
    is_previewed,
    saved_proposal,
)
from broker.usecases.shortages import MEMORY, is_shortage, remembered
from broker.usecases.sizes import with_sizes
from broker.usecases.staying import check_staying, lost, offers_anew
from broker.usecases.terms import Terms

UNPLACED = "work-unplaced"
"""The code under which decisions tell of work that they leave out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRequest:
    """What was asked for: the plan that was *saved*, or else what is decided for *fleet* now.

    *refresh*: read what the clouds have, and sell, before anything is changed. *target*, *exclude* and
    *replace* are addresses. *tolerance* is the share by which prices may have risen since the plan; a
    saved plan may bind it more tightly.
    *drained* says that pods on pools that go may be lost. *ttl* is how long the fleet may live; None
    keeps what is recorded. *command* is what to type to go on after a failure, *asking_again* to ask
    for what was out of stock once more. That is remembered for the time of *memory*, and left aside
    meanwhile, unless the user *forgets* it.
    """

    fleet: Path
    saved: SignedPlan | None = None
    refresh: bool = True
    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    tolerance: Fraction = Fraction(2, 100)
    oldest_plan: timedelta | None = None
    allow_unplaced: bool = False
    drained: bool = False
    ttl: Ttl | None = None
    command: str = "broker apply"
    asking_again: str = "broker apply -forget-stock-outs"
    memory: timedelta = MEMORY
    forgets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyAround:
    """Whom apply asks: *providers* for prices, *agree* for the user's word.

    *told* hears of the proposal where nobody has to agree: the plan file was the approval. *fell_back* hears
    of one that takes the place of what was agreed to. *warned*
    hears of what is found afterwards and refuses nothing. *work* tells which pods run where.
    """

    surroundings: Surroundings
    means: Means
    providers: Callable[[], Sequence[CapacityProvider]]
    agree: Callable[[Proposal], bool]
    told: Callable[[Proposal], None] = lambda proposal: None
    fell_back: Callable[[Proposal], None] = lambda proposal: None
    warned: Callable[[Sequence[Diagnostic]], None] = lambda findings: None
    work: LiveWork = nobody_works


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of it; *state* is what is recorded now. *masked* are offers that could not be had.

    *instead* says what was bought in their place, and *monthly* what the fleet costs then.
    *imported* are clusters that were found in their cloud, and are recorded even if it was *cancelled*.
    """

    proposal: Proposal
    outcome: Outcome
    state: State
    masked: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    monthly: Money | None = None
    cancelled: bool = False
    imported: tuple[ClusterName, ...] = ()


def apply(request: ApplyRequest, around: ApplyAround) -> Applied:
    """Carry out a saved plan exactly, or decide, show, ask and carry out.

    A plan that was saved without a preview says nothing about resources: they are shown and asked for.
    Nothing is changed before the lock is held, everything has been checked, and the user has agreed.
    Raises what `plan` raises; Denied where pods run on pools that go; Locked, StateInvalid, PlanStale,
    SignatureInvalid, EngineMissing; PartlyApplied where some of it failed, and Interrupted where the
    user stopped it: the same command goes on then.
    """
    if request.saved is None:
        return _apply_now(request, around)
    return _apply_saved(request, around, request.saved)


def _apply_now(request: ApplyRequest, around: ApplyAround) -> Applied:
    with operation("apply", around.means) as op:
        check_alive(lifetime_of(op.state, request.ttl), around.means.clock.now())
        _check_asked(request, around, op.state)
        mended = mend(op)
        read = _reread(op, around, mended.aside) if request.refresh else Reread(aside=mended.aside)
        left_aside = remembered(op.state, around.means.clock.now(), forgets=request.forgets)
        asking = _Asking(request, around, op, read.aside, left_aside)
        imported = import_stated(_wanted(request), around.surroundings, op, request.command)
        proposal = replace(asking.proposed(), mended=mended.recovered)
        proposal = with_gone(with_sizes(proposal, op.state, read.moved), op.state, read.moved)
        _check_denied(proposal, around)
        if not proposal.has_changes and not mended.recovered:
            around.told(proposal)
            take_note(op, read.moved)
            return _nothing_to_do(proposal, request, op)
        _check_idle(proposal, request, around, op)
        if not around.agree(proposal):
            return Applied(
                proposal=proposal,
                outcome=Outcome(),
                state=op.state,
                cancelled=True,
                imported=() if imported is None else imported.recorded,
            )
        take_note(op, read.moved)
        most = _planned(proposal) * (1 + request.tolerance)
        terms = _terms(request.tolerance, most, around, request, proposal)
        _check_again(proposal, proposal, terms.confirm(proposal.errand), around)

        def again(sold_out: Sequence[StockOut], begun: Errand) -> Errand:
            check_whole(is_part=_is_part(request))
            return asking.another(sold_out, begun, terms, proposal)

        return _carried_out(proposal, digest(proposal.document), request, op, again)


def _check_denied(proposal: Proposal, around: ApplyAround) -> None:
    """Show what must not be carried out, and refuse it: Denied."""
    if proposal.denied:
        around.told(proposal)
        check_allowed(proposal.denied)


def _reread(op: Operation, around: ApplyAround, aside: Aside) -> Reread:
    around.surroundings.progress.phase("reading what the clouds have")
    return reread(op, but=aside)


def _nothing_to_do(proposal: Proposal, request: ApplyRequest, op: Operation) -> Applied:
    """End well, unless there are members that nobody could look at: PartlyApplied."""
    outcome = Outcome(failed=proposal.errand.passed_over)
    check_complete(outcome, request.command, stopped=False)
    op.protect(proposal.errand.members.values())
    _settle(proposal, request, op)
    return Applied(proposal=proposal, outcome=outcome, state=op.state)


def _check_asked(request: ApplyRequest, around: ApplyAround, state: State) -> None:
    """Refuse a spec, a variable and an address that are wrong before the clouds are read, which takes long."""
    if state.members or request.target or request.exclude or request.replace:
        asked(_wanted(request), around.surroundings, recorded_state(state))


def _check_again(first: Proposal, proposal: Proposal, now: Fleet, around: ApplyAround) -> None:
    """Hold *proposal*, which is *now* at the prices of now, to the checks of the *first*: Denied."""
    if first.judgement is None or proposal.judgement is None:
        return
    instant = around.means.clock.now()
    measured = replace(proposal.judgement.measured, fleet=now, now=instant)
    judge_again(first.judgement, measured, warned=around.warned)


def _check_idle(
    proposal: Proposal, request: ApplyRequest, around: ApplyAround, op: Operation
) -> None:
    """Refuse to take away or make anew pools on which pods run, unless they were drained: Denied."""
    errand = proposal.errand
    names = {record.name for record in op.state.members} - set(errand.aside) - errand.forgotten
    if request.drained:
        return
    previews = errand.approved.values()
    busy = busy_pools(op.state, errand.target, around.work, among=names, previews=previews)
    if busy:
        raise Denied(*busy)


def _settle(proposal: Proposal, request: ApplyRequest, op: Operation) -> None:
    """End what is recorded as under way, once nothing is left of it to be done."""
    plan = op.state.under_way
    if not _is_part(request) and plan is not None:
        op.intend("apply", plan)
        op.finish(plan, desired_document(proposal.errand.target))
        op.conclude("apply", plan, serial=op.state.serial)


def _is_part(request: ApplyRequest) -> bool:
    return bool(request.target or request.exclude)


def _apply_saved(request: ApplyRequest, around: ApplyAround, saved: SignedPlan) -> Applied:
    check_fresh(saved.bindings, around.means.clock.now(), request.oldest_plan)
    with operation("apply", around.means) as op:
        check_alive(lifetime_in(saved.document), around.means.clock.now())
        is_resumed = op.state.under_way == saved.digest
        if not is_resumed:
            check_applicable(saved, op.state, around.means.place, request.fleet)
        mended = mend(op)
        as_signed = replace(request, replace=saved.bindings.replace)
        left_aside = tuple(map(stock_out_of, saved.document.get("left_aside", ())))
        asking = _Asking(as_signed, _with_planned(around, saved), op, mended.aside, left_aside)
        proposal = saved_proposal(saved, op, mended.aside, is_resumed=is_resumed)
        proposal = replace(proposal, mended=mended.recovered)
        _check_denied(proposal, around)
        _check_idle(proposal, request, around, op)
        if not _is_approved(saved, proposal, around):
            return Applied(proposal=proposal, outcome=Outcome(), state=op.state, cancelled=True)
        bound = min(request.tolerance, Fraction(saved.bindings.price_tolerance))
        terms = _terms(bound, saved.bindings.cost_cap, around, request, proposal)
        _check_again(proposal, proposal, terms.confirm(proposal.errand), around)

        def again(sold_out: Sequence[StockOut], begun: Errand) -> Errand:
            check_whole(is_part="part" in saved.document)
            return asking.another(sold_out, begun, terms, proposal)

        return _carried_out(proposal, saved.digest, request, op, again)


def _with_planned(around: ApplyAround, saved: SignedPlan) -> ApplyAround:
    """Whoever asks again asks with the values of variables with which the plan was made."""
    given = replace(around.surroundings.given, planned=saved.document.get("variables", {}))
    return replace(around, surroundings=replace(around.surroundings, given=given))


def _is_approved(saved: SignedPlan, proposal: Proposal, around: ApplyAround) -> bool:
    """Whether the user agrees: with the file, or, to what nobody has seen before, now.

    Raises UsageInvalid where nobody can be asked.
    """
    if is_previewed(saved):
        around.told(proposal)
        return True
    try:
        return around.agree(proposal)
    except UsageInvalid as error:
        raise UsageInvalid(approval_missing()) from error


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is asked again after a stock-out, as it was asked first.

    *short* are the pools that could not be had on the way, *told* is what was lost with them.
    """

    request: ApplyRequest
    around: ApplyAround
    operation: Operation
    aside: Aside
    left_aside: tuple[StockOut, ...]
    told: list[Diagnostic] = field(default_factory=list)
    short: set[Pool] = field(default_factory=set)

    def wanted(self) -> Wanted:
        """What is to be decided, without what was left aside from the beginning."""
        return replace(_wanted(self.request), sold_out=self.left_aside)

    def proposed(self) -> Proposal:
        """What is decided; raises what `propose` raises."""
        return self._decided(self.wanted())

    def another(
        self, sold_out: Sequence[StockOut], begun: Errand, terms: Terms, first: Proposal
    ) -> Errand:
        """The next best fleet without more of what is *sold_out*, within the bounds and checks of the *first*.

        Nothing is made anew a second time, and what is there and was to stay, stays. What the errand
        *begun* has made goes only if that pays, and is told of. Raises what `propose` and Terms raise,
        Denied and PlanStale.
        """
        wanted = self._wanted_without(sold_out, begun, first)
        proposal = self._decided(wanted)
        if lost(proposal.errand, first.errand):
            proposal = self._decided(replace(wanted, stays=True))
        check_staying(proposal.errand, first.errand)
        check_allowed(proposal.denied)
        _check_idle(proposal, self.request, self.around, self.operation)
        _check_again(first, proposal, terms.confirm_another(proposal.errand), self.around)
        pools = begun.target.pools
        short = (p for p in pools if any(each.covers(p.offer) for each in sold_out))
        self.short.update((pool.cluster, pool.name) for pool in short)
        self._tell_of_losses(proposal, taken_back(proposal.document, first.document, self.short))
        self.around.fell_back(proposal)
        return proposal.errand

    def _wanted_without(
        self, sold_out: Sequence[StockOut], begun: Errand, first: Proposal
    ) -> Wanted:
        state = self.operation.state
        left_aside = with_newer(self.left_aside, sold_out)
        recorded = recorded_state(state).fleet or NOTHING
        anew = (o for o in offers_anew(first.errand) if any(each.covers(o) for each in sold_out))
        return replace(
            _wanted(self.request),
            replace=left_to_replace(self.request.replace, state, sold_out),
            banned=frozenset(offer.name for offer in anew),
            sold_out=left_aside,
            making=with_begun(recorded, begun.target, state, left_aside),
        )

    def _tell_of_losses(self, proposal: Proposal, taken: Sequence[Diagnostic]) -> None:
        """What was made in vain, and is *taken* back; and work that -allow-unplaced may leave out by now."""
        losses = [*(each for each in proposal.warnings if each.code == UNPLACED), *taken]
        new = [each for each in losses if each not in self.told]
        if new:
            self.told.extend(new)
            self.around.warned(new)

    def _decided(self, wanted: Wanted) -> Proposal:
        around, state = self.around, self.operation.state
        return propose(wanted, around.surroundings, state, around.means, aside=self.aside)


def _wanted(request: ApplyRequest) -> Wanted:
    return Wanted(
        fleet=request.fleet,
        allow_unplaced=request.allow_unplaced,
        target=request.target,
        exclude=request.exclude,
        replace=request.replace,
        ttl=request.ttl,
    )


def _terms(
    tolerance: Fraction,
    most: Money | None,
    around: ApplyAround,
    request: ApplyRequest,
    proposal: Proposal,
) -> Terms:
    """With -refresh=false, nobody is asked whether a fleet is still sold at its price."""
    return Terms(
        tolerance=tolerance,
        most=most,
        planned=_planned(proposal),
        agreed=proposal.errand.target,
        providers=around.providers if request.refresh else None,
        warned=around.warned,
    )


def _planned(proposal: Proposal) -> Money:
    """What is proposed costs a month."""
    return cost(proposal.errand.target, proposal.currency).total.monthly


def _carried_out(
    proposal: Proposal,
    plan: str,
    request: ApplyRequest,
    op: Operation,
    again: AskAgain,
) -> Applied:
    before = op.state
    op.intend("apply", plan)
    op.begin(
        plan,
        fleet=proposal.document["fleet"],
        currency=proposal.currency,
        expires_at=lifetime_in(proposal.document).after,
    )
    op.protect(proposal.errand.members.values())
    with op.failing("apply", plan):
        way_out = WayOut(again=again, memory=request.memory, command=request.asking_again)
        came = carry_out_or_fall_back(proposal.errand, op, way_out)
        is_short = any(map(is_shortage, came.outcome.failed.values()))
        command = request.asking_again if is_short else request.command
        try:
            check_complete(came.outcome, command, stopped=op.means.watch.stop.is_set())
        except PlanStale:
            op.take_back(before)
            raise
    with ending(came.outcome, request.command):
        op.finish(plan, desired_document(came.errand.target))
        op.conclude("apply", plan, serial=op.state.serial)
    target = came.errand.target
    return Applied(
        proposal=proposal,
        outcome=came.outcome,
        state=op.state,
        masked=came.masked,
        instead=bought_instead(target, proposal.errand.target),
        monthly=cost(target, proposal.currency).total.monthly,
    )
