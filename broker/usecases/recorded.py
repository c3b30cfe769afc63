"""The fleet that is there already, read from the plan that was carried out."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName, WorkloadName
from broker.planning.desired import fleet_of
from broker.planning.member_documents import member_of
from broker.planning.records import recorded_fleet_of
from broker.ports.state import State
from broker.ports.stores import PlanStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A saved plan's *fleet*, its *digest* and the *currency* it counts in; None without a plan.

    *firm* is the work that forbade to destroy what it is placed on when that was recorded. *made* are
    clusters of which anything is recorded, half made or not.
    """

    fleet: Fleet | None = None
    digest: str | None = None
    currency: str | None = None
    firm: frozenset[WorkloadName] = frozenset()
    made: frozenset[ClusterName] = frozenset()


def recorded_fleet(against: Path | None, plans: PlanStore) -> Recorded:
    """Read the plan *against*; nothing if there is none. Raises PlanFileInvalid and SignatureInvalid."""
    if against is None:
        return Recorded()
    earlier = plans.load(against)
    return Recorded(
        fleet=fleet_of(earlier.document),
        digest=earlier.digest,
        currency=earlier.document["cost"]["currency"],
        firm=_firm(earlier.document.get("members", ())),
    )


def recorded_state(state: State | None) -> Recorded:
    """The fleet that the state says is there; nothing before the first apply.

    Raises StateInvalid if what it says does not add up.
    """
    if state is None or state.desired is None:
        return Recorded(made=_made(state))
    return Recorded(
        fleet=recorded_fleet_of(state),
        digest=digest(state.desired),
        currency=state.currency,
        firm=_firm(record.member for record in state.members),
        made=_made(state),
    )


def _made(state: State | None) -> frozenset[ClusterName]:
    return frozenset() if state is None else frozenset(record.name for record in state.members)


def _firm(members: Iterable[dict[str, Any]]) -> frozenset[WorkloadName]:
    return frozenset(
        name for each in members for pool in member_of(each).pools for name in pool.firm
    )


def check_currency(against: Path | None, recorded: Recorded, currency: str) -> None:
    """Refuse to compare amounts of two currencies: raises UsageInvalid."""
    if recorded.currency not in (None, currency):
        raise UsageInvalid(
            Diagnostic(
                code="currency-mismatch",
                subject=str(against),
                summary=f"{against} counts in {recorded.currency}, the spec in {currency}",
                hint="Compare plans of one currency.",
            )
        )


def check_fleet(state: State | None, fleet: str) -> None:
    """Refuse to plan one fleet over the state of another: raises UsageInvalid."""
    if state is not None and state.members and state.fleet != fleet:
        raise UsageInvalid(
            Diagnostic(
                code="state-of-other-fleet",
                subject=fleet,
                summary=f"The state of this folder is of the fleet {state.fleet}, the spec of {fleet}",
                hint="Work in another folder or workspace, or destroy that fleet first.",
            )
        )
