"""Saved plans of what is to be destroyed: `broker plan -destroy -out FILE`, then `broker apply FILE`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from broker import __broker__
from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanStale
from broker.domain.ids import ClusterName
from broker.domain.members import StackPreview
from broker.planning.addresses import spellings
from broker.planning.desired import desired_document
from broker.planning.parts import NOTHING, pools_of
from broker.planning.plan_shape import TO_DESTROY
from broker.planning.stacks import stack_previews
from broker.planning.staleness import SUBJECT, check_fresh
from broker.ports.state import State
from broker.ports.stores import Bindings, SignedPlan
from broker.ports.work import LiveWork, nobody_works
from broker.spec.load import is_there, planned_digest
from broker.usecases.applicable import check_applicable
from broker.usecases.bindings import bindings_of
from broker.usecases.carry_out import Outcome, carry_out
from broker.usecases.complete import check_complete, ending
from broker.usecases.destroy import (
    Destroyed,
    DestroyRequest,
    Removal,
    check_removable,
    errand_of,
    removal_of,
)
from broker.usecases.mend import mend
from broker.usecases.operation import Means, Operation, operation
from broker.usecases.previews import check_unmoved
from broker.usecases.recorded import recorded_state
from broker.usecases.removal_documents import removal_document

NO_PRICES = digest([])
"""The digest of the price snapshot: nothing is bought."""


def removal_plan(
    removal: Removal, asked: DestroyRequest, state: State, *, fleet: Path, issued_at: datetime
) -> tuple[dict[str, Any], Bindings]:
    """What to save of what would go of *state*: the document, and to what it is bound."""
    document = {
        **removal_document(removal),
        "mode": TO_DESTROY,
        "fleet": state.fleet,
        "part": {"target": list(asked.target), "exclude": list(asked.exclude)},
        "drained": asked.drained,
        "desired": desired_document(removal.left),
        "digests": {"spec": _spec(fleet), "snapshot": NO_PRICES, "tool": __broker__},
    }
    return document, bindings_of(document, state, issued_at=issued_at, within=Fraction(0))


def _spec(fleet: Path) -> str:
    """The digest of the spec that says what must stay, if there is one."""
    return planned_digest(fleet, {}) if is_there(fleet) else digest(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalTerms:
    """On what terms a saved plan is carried out: *fleet* is the file of the spec, if it is there.

    *asked* says what must stay, and how to go on; of which part, and whether work on it may be lost,
    the plan itself says.
    """

    fleet: Path
    asked: DestroyRequest
    oldest_plan: timedelta | None = None


def apply_removal(
    saved: SignedPlan,
    terms: RemovalTerms,
    means: Means,
    told: Callable[[Removal], None],
    *,
    work: LiveWork = nobody_works,
) -> Destroyed:
    """Take away exactly what the plan says; the file is the approval.

    Held to its signature, age, state and spec as every plan is, and to what forbids a destroy as it is
    now: raises PlanStale, Denied, and what `destroy` raises. One that was cut short goes on.
    """
    check_fresh(saved.bindings, means.clock.now(), terms.oldest_plan)
    with operation("destroy", means) as op:
        is_resumed = op.state.under_way == saved.digest
        if not is_resumed:
            check_applicable(saved, op.state, means.place, terms.fleet)
        aside = mend(op).aside
        request = _left_of(saved, terms.asked, op.state)
        if request is None:
            return _ended(saved, op)
        removal = _approved(
            saved, removal_of(request, op.state, means, aside), is_resumed=is_resumed
        )
        told(removal)
        check_removable(request, removal, op.state, work)
        return _carried_out(saved, request, removal, op)


def _left_of(saved: SignedPlan, asked: DestroyRequest, state: State) -> DestroyRequest | None:
    """What is left to take away of the part that the plan names; None for nothing.

    Addresses of what is gone already mean nothing any more, and no address at all would mean everything.
    """
    told = saved.document["part"]
    known = spellings(pools_of([recorded_state(state).fleet or NOTHING]))
    target = tuple(address for address in told["target"] if address in known)
    if not state.members or (told["target"] and not target):
        return None
    exclude = tuple(address for address in told["exclude"] if address in known)
    drained = asked.drained or saved.document.get("drained", False)
    return replace(asked, target=target, exclude=exclude, drained=drained)


def _approved(saved: SignedPlan, removal: Removal, *, is_resumed: bool) -> Removal:
    """*removal*, if it is among what was signed, from the records that it was signed for."""
    signed = stack_previews(saved.document["stacks"])
    extra = sorted(set(removal.previews) - set(signed)) + [
        name
        for name, preview in removal.previews.items()
        if name in signed and not set(_kinds(preview)) <= set(_kinds(signed[name]))
    ]
    if extra:
        raise PlanStale(*map(_more, extra))
    now = {name: preview.checkpoint for name, preview in removal.previews.items()}
    if not is_resumed:
        check_unmoved(signed, now)
    bound = {name: replace(signed[name], checkpoint=now[name]) for name in now}
    return replace(removal, previews=bound)


def _kinds(preview: StackPreview) -> list[tuple[str, str]]:
    return [(step.urn, step.op) for step in preview.steps]


def _more(name: ClusterName) -> Diagnostic:
    return Diagnostic(
        code="plan-stale",
        subject=SUBJECT,
        summary=f"Saved plan is stale: more of cluster.{name} would go than it says",
        hint="Make the plan again with `broker plan -destroy -out FILE`, and look at it.",
    )


def _carried_out(
    saved: SignedPlan, request: DestroyRequest, removal: Removal, op: Operation
) -> Destroyed:
    before, plan = op.state, saved.digest
    op.intend("destroy", plan)
    op.begin(plan, fleet=before.fleet, currency=before.currency, expires_at=before.expires_at)
    with op.failing("destroy", plan):
        outcome = carry_out(errand_of(removal, is_binding=True), op)
        try:
            check_complete(outcome, request.command, stopped=op.means.watch.stop.is_set())
        except PlanStale:
            op.take_back(before)
            raise
    with ending(outcome, request.command):
        op.finish(plan, desired_document(removal.left))
        op.conclude("destroy", plan, serial=op.state.serial)
    return Destroyed(removal=removal, outcome=outcome, state=op.state)


def _ended(saved: SignedPlan, op: Operation) -> Destroyed:
    """All of it is gone, and only that was left to be said."""
    op.intend("destroy", saved.digest)
    op.finish(saved.digest, desired_document(recorded_state(op.state).fleet or NOTHING))
    op.conclude("destroy", saved.digest, serial=op.state.serial)
    return Destroyed(removal=None, outcome=Outcome(), state=op.state)
