"""Whether a saved plan may still be carried out: every refusal before anything is done."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanStale
from broker.ports.stores import Bindings

CLOCK_SKEW = timedelta(minutes=10)
"""By how much the clocks of two computers may differ."""

SUBJECT = "plan"
"""What the plan is called here; who knows its file says that in its place."""

AGAIN = "Make the plan again with `broker plan -out FILE`, look at it, and apply that."


def check_fresh(bindings: Bindings, now: datetime, max_age: timedelta | None = None) -> None:
    """Refuse a plan that has run out, is older than *max_age*, or was made in the future.

    Raises PlanStale.
    """
    if now >= bindings.expires_at:
        raise _stale(
            code="plan-expired",
            summary=f"Saved plan is stale: it was valid until {bindings.expires_at:%Y-%m-%d %H:%MZ}",
        )
    if max_age is not None and now - bindings.issued_at > max_age:
        raise _stale(
            code="plan-too-old",
            summary=f"Saved plan is stale: it was made at {bindings.issued_at:%Y-%m-%d %H:%MZ}, "
            "longer ago than -max-plan-age allows",
        )
    if bindings.issued_at - now > CLOCK_SKEW:
        raise _stale(
            code="plan-from-future",
            summary=f"Saved plan was made at {bindings.issued_at:%Y-%m-%d %H:%MZ}, which is in the future",
            hint="Set the clocks of both computers.",
        )


def check_current(
    bindings: Bindings, *, lineage: str | None, serial: int, place: str, digests: Mapping[str, str]
) -> None:
    """Refuse a plan that was made for another state, or from other inputs than those of now.

    *place* is where the state is kept, by which those are told apart that have no lineage yet. *digests*
    are the inputs that must be the same, by their names in Bindings (`spec`, `policy`,
    `tool`). Raises PlanStale.
    """
    if None not in (bindings.lineage, lineage) and bindings.lineage != lineage:
        raise _stale(
            code="plan-for-other-state",
            summary="Saved plan does not match the state here: it was made for another lineage",
            detail=f"The plan is for {bindings.lineage}, the state here is {lineage}.",
        )
    if bindings.lineage is None and bindings.place != place:
        raise _stale(
            code="plan-for-other-state",
            summary="Saved plan does not match the state here: it was made in another workspace, where "
            "nothing was recorded",
            detail=f"The plan is for {bindings.place}, the state here is in {place}.",
        )
    if bindings.serial != serial or bindings.lineage != lineage:
        raise _stale(
            code="plan-stale",
            summary="Saved plan is stale",
            detail="The given plan file can no longer be applied because the state was changed by "
            "another operation after the plan was created.\n"
            f"The plan starts from serial {bindings.serial}, the state has serial {serial}.",
        )
    changed = [name for name, now in sorted(digests.items()) if getattr(bindings, name) != now]
    if changed:
        raise _stale(
            code="plan-inputs-changed",
            summary=f"Saved plan is stale: {', '.join(changed)} changed after the plan was created",
            detail="\n".join(
                f"{name}: {getattr(bindings, name)} in the plan, {digests[name]} now"
                for name in changed
            ),
        )


def check_unused(digest: str, applied: Collection[str]) -> None:
    """Refuse a plan of which *digest* says that it was carried out already; raises PlanStale."""
    if digest in applied:
        raise _stale(
            code="plan-replayed",
            summary="Saved plan was applied already, and a plan is applied once",
            detail=f"It is recorded as {digest}.",
        )


def _stale(*, code: str, summary: str, detail: str = "", hint: str = AGAIN) -> PlanStale:
    return PlanStale(
        Diagnostic(code=code, subject=SUBJECT, summary=summary, detail=detail, hint=hint)
    )
