"""What an engine has records of, and the state of the folder has not: the state was lost."""

from collections.abc import Collection

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import BrokerError
from broker.domain.ids import ClusterName
from broker.domain.spec import FleetSpec
from broker.domain.wording import many
from broker.ports.state import State


def still_known(known: Collection[ClusterName], spec: FleetSpec) -> set[ClusterName]:
    """Of the members *known* to the engine, those that *spec* does not want to be forgotten."""
    return set(known) - {each.cluster for each in spec.removed}


def unrecorded(known: Collection[ClusterName], state: State | None) -> list[Diagnostic]:
    """That members *known* to the engine are in no *state*; nothing where all of them are."""
    recorded = {record.name for record in state.members} if state is not None else set()
    lost = sorted(set(known) - recorded)
    if not lost:
        return []
    return [
        Diagnostic(
            severity=Severity.WARNING,
            code="stacks-unrecorded",
            subject="state",
            summary=f"The engine has records of {many(len(lost), 'cluster')} that the state does not "
            f"know: {', '.join(lost)}",
            detail="The state was lost, or set aside. What is there is not counted, and not taken away.",
            hint="Put the state back (`broker state push FILE`), or let `broker import` record them again.",
        )
    ]


def unknown(error: BrokerError) -> Diagnostic:
    """That nobody could look for them: a warning where nothing is changed, with why."""
    return Diagnostic(
        severity=Severity.WARNING,
        code="stacks-unknown",
        subject="state",
        summary="Nothing is recorded, and nobody can tell whether the engine has records of clusters",
        detail="\n".join(f"{each.summary}. {each.detail}".strip() for each in error.diagnostics),
        hint="If something runs there already, `broker apply` will say so before it changes anything.",
    )
