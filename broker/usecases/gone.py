"""What somebody has taken away behind the broker's back, by name: apply makes it again."""

from collections.abc import Mapping
from dataclasses import replace

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.ids import ClusterName
from broker.domain.members import StackState
from broker.domain.wording import many
from broker.ports.state import MemberRecord, State
from broker.usecases.proposal import Proposal

MOST_NAMED = 5


def with_gone(
    proposal: Proposal, state: State, moved: Mapping[ClusterName, StackState]
) -> Proposal:
    """*proposal*, with what *state* records and was not found in the clouds (*moved*) any more."""
    told = [
        warning
        for record in state.members
        if record.name in moved and (warning := _gone(record, moved[record.name])) is not None
    ]
    return replace(proposal, warnings=(*proposal.warnings, *told))


def _gone(record: MemberRecord, now: StackState) -> Diagnostic | None:
    there = {resource.urn for resource in now.resources}
    gone = [each for each in record.resources if each["urn"] not in there]
    if not gone:
        return None
    named = [f"{each['type'].rpartition(':')[2]} {each['name']}" for each in gone[:MOST_NAMED]]
    rest = [f"{len(gone) - MOST_NAMED} more"] if len(gone) > MOST_NAMED else []
    return Diagnostic(
        severity=Severity.WARNING,
        code="resources-gone",
        subject=f"cluster.{record.name}",
        summary=f"{many(len(gone), 'resource')} of cluster.{record.name} went from its cloud outside of broker",
        detail=", ".join([*named, *rest]),
        hint="What is still wanted is made again. `broker drift` shows all that was changed by hand.",
    )
