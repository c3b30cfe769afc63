"""The plan document: Terraform's plan JSON 1.2, and what a fleet has beyond it.

It holds no wall-clock time, no float and nothing that depends on the machine: the same spec,
snapshot and recorded fleet give the same bytes. The dates in it are facts of the snapshot. The age
of prices is for whoever shows the plan, since it changes by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from broker.catalog.snapshot import Snapshot
from broker.domain.fleet import Fleet, Placement
from broker.domain.ids import TeamName, WorkloadName
from broker.domain.money import HOURS_PER_MONTH, Money
from broker.domain.spec import Budget, FleetSpec, Reservation
from broker.placement.charges import is_exceeded
from broker.placement.solution import Component, Flow, Solution, Unplaced
from broker.planning.actions import Action, ResourceChange
from broker.planning.change_documents import FORMAT_VERSION, change_documents
from broker.planning.cost import CostRow, FleetCost, cost
from broker.planning.coverage import coverage_document
from broker.planning.desired import desired_document
from broker.planning.half_made import billed
from broker.planning.parts import NOTHING
from broker.planning.resources import amount

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a plan rests on.

    *recorded* is the fleet it starts from, None for nothing; *recorded_digest* is that of the
    saved plan which describes it.
    """

    spec: FleetSpec
    snapshot: Snapshot
    solution: Solution
    recorded: Fleet | None = None
    recorded_digest: str | None = None
    changes: tuple[ResourceChange, ...]
    broker_version: str

    @property
    def has_changes(self) -> bool:
        """Whether carrying it out would do anything."""
        return any(change.action is not Action.NO_OP for change in self.changes)


def document(plan: Plan) -> Document:
    """Write *plan* as JSON values; `resource_changes` come in the order to carry them out."""
    return {
        "format_version": FORMAT_VERSION,
        "broker_version": plan.broker_version,
        "fleet": plan.spec.name,
        "owner": plan.spec.owner,
        "applyable": plan.has_changes,
        "complete": not plan.solution.unplaced,
        "errored": False,
        "resource_changes": change_documents(plan.changes),
        "placements": [_placement(placement) for placement in plan.solution.fleet.placements],
        "cost": _cost(plan),
        "traffic": [_flow(workload, flow) for workload, flow in plan.solution.traffic],
        "unplaced": [unplaced_document(entry) for entry in plan.solution.unplaced],
        "reservations": [
            _reservation(reservation, plan.solution.fleet) for reservation in plan.spec.reservations
        ],
        "solver": _solver(plan.solution),
        "coverage": coverage_document(plan.spec, plan.snapshot),
        "digests": {
            "spec": plan.spec.digest,
            "snapshot": plan.snapshot.digest(),
            "recorded": plan.recorded_digest,
            "tool": plan.broker_version,
        },
        "desired": desired_document(plan.solution.fleet),
    }


def _placement(placement: Placement) -> Document:
    offer = placement.offer
    return {
        "workload": placement.workload,
        "team": placement.team,
        "cluster": placement.cluster,
        "pool": placement.pool,
        "provider": offer.region.provider,
        "region": offer.region.region,
        "zone": offer.zone,
        "machine_type": offer.machine_type,
        "capacity_type": offer.capacity_type.value,
        "accelerator": offer.accelerator.name,
        "count": str(offer.count) if offer.count % 1 else int(offer.count),
        "replicas": placement.replicas,
        "nodes": placement.nodes,
        "hourly_cost": str(placement.hourly),
        "monthly_cost": str(placement.monthly),
    }


def _cost(plan: Plan) -> Document:
    currency = plan.solution.objective.currency
    after = cost(plan.solution.fleet, currency)
    return {
        "currency": currency,
        "hours_per_month": HOURS_PER_MONTH,
        **_views(after),
        "budget": _budget(plan.spec.budget, after, plan.solution),
        "before": _before(plan, currency),
    }


def _before(plan: Plan, currency: str) -> Document | None:
    """What is there costs, with what was begun and goes; None where nothing is there."""
    there = billed(plan.recorded or NOTHING, change_documents(plan.changes), currency)
    if plan.recorded is None and not there.clusters:
        return None
    return _views(cost(there, currency))


def _views(views: FleetCost) -> Document:
    return {
        "hourly": str(views.total.hourly),
        "monthly": str(views.total.monthly),
        "unknown_prices": len(views.total.unknown),
        "unknown": list(views.total.unknown),
        "clusters": _rows(views.clusters),
        "teams": _rows(views.teams),
    }


def _rows(rows: Iterable[CostRow]) -> list[Document]:
    return [
        {
            "name": row.name,
            "hourly": str(row.hourly),
            "monthly": str(row.monthly),
            "unknown_prices": len(row.unknown),
        }
        for row in rows
    ]


def _budget(budget: Budget | None, after: FleetCost, solution: Solution) -> Document | None:
    if budget is None:
        return None
    spent, allowed = after.total.monthly.micros, budget.monthly.micros
    return {
        "monthly": str(budget.monthly),
        "on_breach": budget.on_breach.value,
        "used": _used(spent, allowed),
        "exceeded": spent > allowed,
        "teams": [_team_budget(team, most, solution) for team, most in budget.teams],
    }


def _team_budget(team: TeamName, most: Money, solution: Solution) -> Document:
    """What the team may be charged and is; the charge leaves out what several teams share."""
    charge = dict(solution.charges).get(team, Money(0, most.currency))
    return {
        "team": team,
        "monthly": str(most),
        "charged": str(charge),
        "used": _used(charge.micros, most.micros),
        "exceeded": is_exceeded(Fraction(charge.micros), most),
    }


def _used(spent: int, allowed: int) -> str | None:
    return _decimal(round(Fraction(spent * 10**4, allowed)), 4) if allowed else None


def _flow(workload: WorkloadName, flow: Flow) -> Document:
    return {
        "workload": workload,
        "from": str(flow.place),
        "to": str(flow.region),
        "requests_per_second": _decimal(round(flow.per_second * 10**3), 3),
    }


def unplaced_document(entry: Unplaced) -> Document:
    """A workload that is left out, as plans and explanations have it."""
    return {
        "workload": entry.workload,
        "priority": entry.priority.value,
        "reason": entry.reason,
        "preemption_cost": amount(entry.preemption_cost),
        "alone_monthly": amount(entry.alone),
    }


def _reservation(reservation: Reservation, fleet: Fleet) -> Document:
    """What is paid already: how much of it the fleet uses, and what it costs either way."""
    used = sum(pool.nodes for pool in fleet.pools if pool.offer.reservation_key == reservation.key)
    return {
        "name": reservation.name,
        "provider": reservation.region.provider,
        "region": reservation.region.region,
        "zone": reservation.zone,
        "machine_type": reservation.machine_type,
        "nodes": reservation.nodes,
        "used": used,
        "unused": reservation.nodes - used,
        "committed_monthly": amount(reservation.monthly),
    }


def _solver(solution: Solution) -> Document:
    return {
        "status": solution.status.value,
        "objective": str(solution.objective),
        "bound": str(solution.bound),
        # Rounded up: a gap is never shown smaller than it was proven.
        "gap": _decimal(ceil(solution.gap * 10**6), 6),
        "weighs_moves": solution.weighs_moves,
        "components": [_component(component) for component in solution.components],
    }


def _component(component: Component) -> Document:
    return {
        "workloads": list(component.workloads),
        "objective": str(component.objective),
        "bound": str(component.bound),
        "variables": component.variables,
        "constraints": component.constraints,
        "rounds": component.rounds,
    }


def _decimal(units: int, places: int) -> str:
    """*units* of 10^-*places* as a decimal string: 7412 of 4 places is 0.7412."""
    return f"{Decimal(units).scaleb(-places):.{places}f}"
