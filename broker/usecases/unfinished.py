"""What was begun and never finished, as the changes of a plan that does not keep it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from broker.domain.ids import ClusterName
from broker.domain.members import StackPreview, StepOp
from broker.placement.rules import cluster_hourly
from broker.planning.diff import diff
from broker.planning.document import Plan
from broker.planning.half_made import alongside, half_made
from broker.planning.member_documents import member_of
from broker.planning.parts import NOTHING
from broker.ports.state import State
from broker.usecases.decision import Decision


def with_half_made(
    decision: Decision, state: State | None, previews: Iterable[StackPreview] | None
) -> Plan:
    """The plan of *decision*, which deletes what of *state* is half made and is not kept.

    Of what there is, the record tells, and *previews* that take it away; None where the engine was not
    asked. A plan of a part leaves it alone.
    """
    if state is None or decision.part is not None:
        return decision.plan
    members = [
        member_of(record.member)
        for record in state.members
        if record.name not in decision.blocks.gone
    ]
    recorded = decision.plan.recorded or NOTHING
    begun = half_made(
        members,
        _made(state, previews or ()),
        recorded,
        decision.problem.offers,
        lambda region: cluster_hourly(region, decision.problem),
    )
    if not begun:
        return decision.plan
    target = decision.solution.fleet
    there = alongside(recorded, begun, target)
    return replace(decision.plan, changes=diff(target, there))


def _made(state: State, previews: Iterable[StackPreview]) -> dict[ClusterName, set[str]]:
    """The names of what is there of each cluster."""
    found: dict[ClusterName, set[str]] = defaultdict(set)
    for record in state.members:
        found[record.name] = {resource["name"] for resource in record.resources}
    for preview in previews:
        found[preview.member] |= {s.name for s in preview.steps if s.op is StepOp.DELETE}
    return found
