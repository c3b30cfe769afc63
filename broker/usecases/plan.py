"""`broker plan`: decide the cheapest lawful fleet, and what has to change for it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import EngineFailed, EngineMissing, UsageInvalid
from broker.domain.ids import ClusterName
from broker.domain.members import Member, StackPreview
from broker.domain.spec import FleetSpec
from broker.planning.blocks import Blocks, blocks_in, told_of_blocks
from broker.planning.decision_graph import DecisionGraph, decision_graph
from broker.planning.document import document
from broker.planning.drift import drift_documents
from broker.planning.left_aside import told_of_stock_outs
from broker.planning.lifetime import (
    Lifetime,
    Ttl,
    expired,
    has_run_out,
    lifetime_document,
    lifetime_of,
)
from broker.planning.marks import marked_pools, with_marks
from broker.planning.stacks import has_steps, stack_documents
from broker.ports.state import State, first_state
from broker.ports.stores import PlanStore
from broker.spec.load import fleet_file
from broker.usecases.anew import clusters_anew, pools_anew, told_anew
from broker.usecases.bindings import PRICE_TOLERANCE, bindings_of
from broker.usecases.checks import judge_decision
from broker.usecases.choices import Choices
from broker.usecases.decision import Decision, Wanted, check_allowed, decide
from broker.usecases.drift import DriftFound
from broker.usecases.previews import check_addresses, check_kept, going
from broker.usecases.proposal import among, choices_in, documents_of, members_of, touched
from broker.usecases.question import Question, Surroundings
from broker.usecases.recorded import check_fleet, recorded_fleet, recorded_state
from broker.usecases.removals import protected_anew
from broker.usecases.saved_proposal import not_previewed
from broker.usecases.shortages import remembered
from broker.usecases.sizes import sizes_told
from broker.usecases.unfinished import with_half_made
from broker.usecases.unrecorded import still_known, unknown, unrecorded

PreviewAll = Callable[
    [Mapping[ClusterName, Member], Mapping[ClusterName, Member], Collection[str], Choices],
    Mapping[ClusterName, StackPreview],
]
"""What members that change and members that go would do to their stacks, if some are made anew.

Of some members, only a choice of pools may be touched.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What was asked for, at *issued_at*.

    *out* is where to save the plan. *against* is a saved plan whose fleet is taken for what is
    there already; without one, what the state says is. *json_into* and *graph* are where the caller will write the
    document and the decision graph. *allow_unplaced* plans what can be placed where not all can.
    *target*, *exclude* and *replace* are addresses. *insist* on a preview of resources: without one
    there is no plan. A saved plan may be carried out *within* that share of its cost. *ttl* is how long
    the fleet may live; None keeps what is recorded. What is remembered as out of stock is left aside,
    unless it *forgets* that.
    """

    fleet: Path
    issued_at: datetime
    out: Path | None = None
    json_into: Path | None = None
    graph: Path | None = None
    against: Path | None = None
    allow_unplaced: bool = False
    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    insist: bool = False
    within: Fraction = PRICE_TOLERANCE
    ttl: Ttl | None = None
    forgets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNow:
    """What is there: the *state* of the folder, and who can *preview*; None where nobody is asked.

    *place* is where the state is kept, in words, be there one or not.
    *drift* asks the clouds what is not as recorded; None where they are not to be asked. *known* names
    the members of a fleet of which the engine has a record.
    """

    place: str
    state: State | None = None
    preview: PreviewAll | None = None
    drift: Callable[[], DriftFound | None] | None = None
    known: Callable[[str], Collection[ClusterName]] = lambda fleet: ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMade:
    """The answer; *saved* is the digest of the saved plan, None if it was not to be saved.

    *graph* is the decision graph, None if nobody asked for it. *drift* is what the clouds have that is
    not as recorded, None if they were not asked: it is a change too, since apply sets it right. *denied*
    is why it must not be carried out.
    """

    document: dict[str, Any]
    has_changes: bool
    warnings: tuple[Diagnostic, ...]
    saved: str | None
    graph: DecisionGraph | None
    not_previewed: tuple[Diagnostic, ...] = ()
    drift: DriftFound | None = None
    denied: tuple[Diagnostic, ...] = ()


def plan(
    request: PlanRequest,
    around: Surroundings,
    plans: PlanStore,
    now: PlanNow,
    *,
    told: Callable[[PlanMade], None] = lambda made: None,
) -> PlanMade:
    """Load, lower, solve, compare, preview, and save if asked to.

    Nothing is written unless all of it succeeds. A plan that takes away what work forbids, or makes it
    anew, is not saved: *told* hears of it, and it is Denied. Raises UsageInvalid, Unwritable, PlanFileInvalid,
    SignatureInvalid, StateInvalid, SpecInvalid, CatalogInvalid, Infeasible, Denied and Unsolved;
    EngineMissing and what engines raise where a preview was insisted on.
    """
    _check_output(request, plans)
    state = None if request.against is not None else now.state
    recorded = recorded_fleet(request.against, plans) if state is None else recorded_state(state)
    decision = decide(_wanted(request, state), around, recorded)
    check_fleet(state, decision.question.spec.name)
    before = state or first_state(decision.question.spec.name, "USD")
    lifetime = lifetime_of(state, request.ttl)
    members = members_of(decision, before, lifetime.after)
    check_addresses(members, request.replace)
    marked = marked_pools(state, members, decision.part)
    request = replace(request, replace=with_marks(request.replace, marked))
    concerned = _concerned(decision, members, before)
    if now.preview is not None:
        around.progress.phase("asking the engine what that changes")
    drift = None if now.drift is None else _drifted(now.drift, around)
    previewed = _previewed(request, decision, concerned, before, now.preview)
    planned = told_anew(
        with_half_made(decision, state, previewed.seen),
        members,
        request.replace,
        previewed.seen,
        marked,
    )
    has_changes = any(
        (
            planned.has_changes,
            has_steps(previewed.stacks),
            lifetime.has_changed,
            decision.blocks.has_changes,
        )
    )
    has_drifted = drift is not None and drift.has_drifted
    written = {
        **told_of_stock_outs(
            told_of_blocks(document(planned), decision.blocks), decision.left_aside
        ),
        **lifetime_document(lifetime),
        **_part(request, decision),
        **_valued(decision.question),
        "members": documents_of(members),
        **previewed.document,
        **_found(drift),
    }
    denied = (
        *decision.denied,
        *protected_anew(members.values(), pools_anew(planned, previewed.seen)),
    )
    judgement = judge_decision(decision, written, request.issued_at)
    denied += judgement.denied
    written |= {**judgement.document, "applyable": has_changes and not denied}
    saved = None if denied else _saved(request, written, state, now.place, plans)
    made = PlanMade(
        document=written,
        has_changes=has_changes or has_drifted,
        warnings=(
            *_lost(now, before, decision.question.spec),
            *decision.warnings,
            *sizes_told(before, members, decision.solution.fleet),
            *_tainted(state),
            *_over(lifetime, request.issued_at),
            *_unseen(saved, previewed),
            *clusters_anew(previewed.seen or ()),
            *judgement.warnings,
            *_looked_for(decision.blocks),
        ),
        saved=saved,
        graph=None
        if request.graph is None
        else decision_graph(decision.problem, decision.solution),
        not_previewed=previewed.missing,
        drift=drift,
        denied=denied,
    )
    if denied:
        told(made)
        check_allowed(denied)
    return made


def _wanted(request: PlanRequest, state: State | None) -> Wanted:
    return Wanted(
        sold_out=remembered(state, request.issued_at, forgets=request.forgets),
        fleet=request.fleet,
        against=request.against,
        allow_unplaced=request.allow_unplaced,
        target=request.target,
        exclude=request.exclude,
        replace=request.replace,
        ttl=request.ttl,
    )


def _concerned(
    decision: Decision, members: Mapping[ClusterName, Member], state: State
) -> tuple[Mapping[ClusterName, Member], Mapping[ClusterName, Member]]:
    """The clusters that change, and those that go."""
    only, gone = touched(decision, state), decision.blocks.gone
    leaving = {n: m for n, m in going(members, state).items() if n not in gone}
    return among(only, members), among(only, leaving)


def _saved(
    request: PlanRequest,
    written: dict[str, Any],
    state: State | None,
    place: str,
    plans: PlanStore,
) -> str | None:
    """The digest of the saved plan; None if it was not to be saved."""
    if request.out is None:
        return None
    _check_imported(blocks_in(written))
    bindings = bindings_of(
        written,
        state,
        issued_at=request.issued_at,
        within=request.within,
        place=place,
        replace=request.replace,
    )
    return plans.save(request.out, written, bindings)


def _lost(now: PlanNow, state: State, spec: FleetSpec) -> list[Diagnostic]:
    """What the engine has records of, where nothing is recorded here; with a record, apply compares."""
    if state.members:
        return []
    try:
        return unrecorded(still_known(now.known(state.fleet), spec), state)
    except (EngineFailed, EngineMissing) as error:
        return [unknown(error)]


def _drifted(ask: Callable[[], DriftFound | None], around: Surroundings) -> DriftFound | None:
    around.progress.phase("asking the clouds what drifted")
    return ask()


def _found(drift: DriftFound | None) -> dict[str, Any]:
    if drift is None:
        return {}
    return {
        "resource_drift": drift_documents(drift.drifted.shown),
        "tainted": list(drift.tainted),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Previewed:
    stacks: tuple[StackPreview, ...] = ()
    missing: tuple[Diagnostic, ...] = ()
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def seen(self) -> tuple[StackPreview, ...] | None:
        """What the engine has said; None where it was not asked."""
        return self.stacks if "stacks" in self.document else None


def _previewed(
    request: PlanRequest,
    decision: Decision,
    concerned: tuple[Mapping[ClusterName, Member], Mapping[ClusterName, Member]],
    state: State,
    preview: PreviewAll | None,
) -> _Previewed:
    """What the stacks of those that change, and that go, would do; or why nobody can say."""
    if preview is None:
        return _Previewed()
    try:
        choices = choices_in(decision, concerned[0], state)
        stacks = preview(*concerned, request.replace, choices)
    except EngineMissing as error:
        if request.insist:
            raise
        return _Previewed(missing=error.diagnostics)
    check_kept({name: stack.checkpoint for name, stack in stacks.items()}, state)
    found = tuple(stacks[name] for name in sorted(stacks))
    return _Previewed(stacks=found, document={"stacks": stack_documents(found)})


def _valued(question: Question) -> dict[str, Any]:
    """Values of variables: nobody has to give them again where the plan is carried out."""
    return {"variables": dict(question.values)} if question.values else {}


def _part(request: PlanRequest, decision: Decision) -> dict[str, Any]:
    """Of what part it is: nobody may make a plan of the whole out of it later."""
    if not request.target and not request.exclude:
        return {}
    there = {cluster.name for cluster in decision.solution.fleet.clusters}
    waiting = [f"cluster.{name}" for name in sorted(decision.waiting & there)]
    return {
        "complete": False,
        "part": {"target": list(request.target), "exclude": [*request.exclude, *waiting]},
    }


def _unseen(saved: str | None, previewed: _Previewed) -> list[Diagnostic]:
    """That the saved plan will approve nothing of what its resources come to."""
    if saved is None or "stacks" in previewed.document:
        return []
    hint = "`broker apply` shows them and asks then. -preview=true insists on seeing them now."
    return [not_previewed(hint)]


def _check_imported(blocks: Blocks) -> None:
    """A saved plan says what is done to each resource, and of these nobody knows: raises UsageInvalid."""
    if blocks.pending:
        raise UsageInvalid(*map(_to_look_for, blocks.pending))


def _looked_for(blocks: Blocks) -> list[Diagnostic]:
    return [replace(_to_look_for(name), severity=Severity.WARNING) for name in blocks.pending]


def _to_look_for(name: ClusterName) -> Diagnostic:
    return Diagnostic(
        code="import-pending",
        subject=f"cluster.{name}",
        summary=f"cluster.{name} is to be imported, and nobody has looked for it yet",
        detail="What is shown of it is what would be made if nothing of it were there.",
        hint=f"`broker apply` without a saved plan looks for it first; so does `broker import {name}`.",
    )


def _over(lifetime: Lifetime, now: datetime) -> list[Diagnostic]:
    """That the plan can not be carried out: its fleet should be gone already."""
    if not has_run_out(lifetime.after, now):
        return []
    return [replace(expired(lifetime), severity=Severity.WARNING)]


def _tainted(state: State | None) -> list[Diagnostic]:
    return [
        Diagnostic(
            severity=Severity.WARNING,
            code="member-tainted",
            subject=f"cluster.{record.name}",
            summary=f"A change of cluster.{record.name} began and did not end well",
            hint="`broker apply` mends it before it changes anything.",
        )
        for record in (state.members if state else ())
        if record.is_tainted
    ]


def _check_output(request: PlanRequest, plans: PlanStore) -> None:
    """Refuse what could not be written, and what would be written over: before any work."""
    spec = fleet_file(request.fleet)
    _refuse_overwriting("-out", request.out, spec, "spec")
    for option, output in (("-json-into", request.json_into), ("-graph", request.graph)):
        _refuse_overwriting(option, output, spec, "spec")
        if request.against is not None:
            _refuse_overwriting(option, output, request.against, "saved plan")
    if request.out is not None:
        plans.check_writable(request.out)


def _refuse_overwriting(option: str, output: Path | None, read: Path, what: str) -> None:
    if output is not None and output.resolve() == read.resolve():
        raise UsageInvalid(
            Diagnostic(
                code="output-is-input",
                subject=str(output),
                summary=f"The plan would be written over the {what} {output}",
                hint=f"Give {option} another name, such as fleet.plan.",
            )
        )
