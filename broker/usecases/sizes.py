"""How many nodes run on pools that an autoscaler counts, beside how many are planned."""

from collections.abc import Mapping
from dataclasses import replace

from broker.domain.diagnostics import Diagnostic
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName
from broker.domain.members import Member, StackState
from broker.planning.sizes import running, size_warnings
from broker.ports.state import State
from broker.usecases.proposal import Proposal


def sizes_told(
    state: State,
    members: Mapping[ClusterName, Member],
    fleet: Fleet,
    moved: Mapping[ClusterName, StackState] | None = None,
) -> list[Diagnostic]:
    """Where more run than *fleet* has, by what *state* recorded last, or was read since (*moved*)."""
    told = {record.name: dict(record.outputs) for record in state.members}
    told |= {name: dict(now.outputs) for name, now in (moved or {}).items()}
    return size_warnings([members[name] for name in sorted(members)], running(told), fleet)


def with_sizes(
    proposal: Proposal, state: State, moved: Mapping[ClusterName, StackState]
) -> Proposal:
    """*proposal* with that said."""
    errand = proposal.errand
    told = sizes_told(state, errand.members, errand.target, moved)
    return replace(proposal, warnings=(*proposal.warnings, *told))
