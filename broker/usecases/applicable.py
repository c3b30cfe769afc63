"""Whether a saved plan is for what is here now."""

from pathlib import Path

from broker import __broker__
from broker.planning.staleness import check_current, check_unused
from broker.ports.state import State
from broker.ports.stores import SignedPlan
from broker.spec.load import is_there, planned_digest
from broker.usecases.bindings import NO_POLICY


def check_applicable(saved: SignedPlan, state: State, place: str, fleet: Path) -> None:
    """That the plan is for the state that is in *place*, and from the spec that is here: PlanStale."""
    check_unused(saved.digest, state.applied)
    digests = {"tool": __broker__, "policy": NO_POLICY}
    if is_there(fleet):
        digests["spec"] = planned_digest(fleet, saved.document.get("variables", {}))
    check_current(
        saved.bindings,
        lineage=state.lineage or None,
        serial=state.serial,
        place=place,
        digests=digests,
    )
