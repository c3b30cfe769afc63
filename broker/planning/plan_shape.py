"""What a plan document must look like before anything is read from it.

A digest tells a damaged file from a whole one, not an honest one from a forged one: whoever can
write a file can compute its digest. So a document from disk is checked before it is shown or
compared with, and everything that is not as it should be is named. Unknown keys are ignored.
"""

from collections.abc import Iterator
from typing import Any

from broker.domain.accelerators import AcceleratorKind
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanFileInvalid
from broker.domain.geography import ZoneKind
from broker.domain.offers import CapacityType
from broker.placement.solution import SolveStatus
from broker.planning.actions import Action, ResourceType
from broker.planning.blocks import BLOCKS
from broker.planning.check_documents import checks_of
from broker.planning.left_aside import LEFT_ASIDE
from broker.planning.lifetime import LIFETIME
from broker.planning.shape import (
    AMOUNT,
    COUNT,
    FRACTION,
    INSTANT,
    REGION,
    TEXT,
    WHOLE,
    YES_NO,
    EitherOf,
    Leaf,
    Optional,
    Shape,
    findings,
    one_of,
)

Document = dict[str, Any]
SHOWN_FINDINGS = 5

TO_DESTROY = "destroy"
"""What a saved plan of what is to go says of itself under `mode`; no other plan has that key."""

ACTIONS = one_of(*(action.steps for action in Action))
CAPACITY_TYPE = one_of(*(member.value for member in CapacityType))

ROW: Shape = {"name": TEXT, "hourly": AMOUNT, "monthly": AMOUNT, "unknown_prices": WHOLE}

VIEWS: dict[str, Shape] = {
    "hourly": AMOUNT,
    "monthly": AMOUNT,
    "unknown_prices": WHOLE,
    "unknown": [TEXT],
    "clusters": [ROW],
    "teams": [ROW],
}

TEAM_BUDGET: Shape = {
    "team": TEXT,
    "monthly": AMOUNT,
    "charged": AMOUNT,
    "used": Optional(AMOUNT),
    "exceeded": YES_NO,
}

COST: Shape = {
    **VIEWS,
    "currency": TEXT,
    "budget": Optional(
        {
            "monthly": AMOUNT,
            "on_breach": TEXT,
            "used": Optional(AMOUNT),
            "exceeded": YES_NO,
            "teams": [TEAM_BUDGET],
        }
    ),
    "before": Optional(VIEWS),
}

COVERAGE: Shape = {
    "offers": WHOLE,
    "oldest": Optional(INSTANT),
    "newest": Optional(INSTANT),
    "clouds": [{"provider": TEXT, "regions_ok": WHOLE, "regions_total": WHOLE}],
    "missing": [{"region": REGION, "status": TEXT, "offers": WHOLE, "oldest": Optional(INSTANT)}],
}

OFFER: Shape = {
    "region": REGION,
    "zone": Optional(TEXT),
    "zone_kind": one_of(*(member.value for member in ZoneKind)),
    "machine_type": TEXT,
    "family": TEXT,
    "accelerator": {
        "model": TEXT,
        "variant": TEXT,
        "memory_mib": WHOLE,
        "kind": one_of(*(member.value for member in AcceleratorKind)),
        "manufacturer": TEXT,
    },
    "count": FRACTION,
    "vcpus": WHOLE,
    "memory_mib": WHOLE,
    "network_gbps": Optional(FRACTION),
    "capacity_type": CAPACITY_TYPE,
    "term_months": Optional(WHOLE),
    "reservation": Optional(TEXT),
    "reclaims_per_hour": Optional(FRACTION),
    "price": AMOUNT,
    "fetched_at": INSTANT,
    "source": TEXT,
}

DESIRED: Shape = {
    "clusters": [
        {
            "name": TEXT,
            "region": REGION,
            "overhead_hourly": Optional(AMOUNT),
            "pools": [
                {
                    "name": TEXT,
                    "nodes": COUNT,
                    "hours": FRACTION,
                    "workloads": [TEXT],
                    "offer": OFFER,
                }
            ],
        }
    ],
    "placements": [
        {
            "workload": TEXT,
            "team": TEXT,
            "cluster": TEXT,
            "pool": TEXT,
            "replicas": COUNT,
            "nodes": COUNT,
            "hourly": AMOUNT,
            "monthly": AMOUNT,
        }
    ],
    "replicas": [
        {
            "dataset": TEXT,
            "source": REGION,
            "destination": REGION,
            "size_bytes": WHOLE,
            "egress_once": AMOUNT,
            "storage_monthly": Optional(AMOUNT),
            "readers": [TEXT],
        }
    ],
    "answers": [{"workload": TEXT, "team": TEXT, "region": REGION, "monthly": AMOUNT}],
    "cloud_fixed_monthly": [{"provider": TEXT, "monthly": AMOUNT}],
}

PLAN: dict[str, Shape] = {
    "format_version": TEXT,
    "broker_version": TEXT,
    "fleet": TEXT,
    "owner": TEXT,
    "applyable": YES_NO,
    "resource_changes": [
        {
            "address": TEXT,
            "type": one_of(*(member.value for member in ResourceType)),
            "name": TEXT,
            "change": {"actions": ACTIONS, "before": Optional({}), "after": Optional({})},
            "figures": {"before": Optional({}), "after": Optional({})},
        }
    ],
    "placements": [{"workload": TEXT, "cluster": TEXT, "pool": TEXT, "hourly_cost": AMOUNT}],
    "cost": COST,
    "solver": {
        "status": one_of(*(member.value for member in SolveStatus)),
        "objective": AMOUNT,
        "bound": AMOUNT,
        "gap": AMOUNT,
        "components": [{"variables": WHOLE, "constraints": WHOLE}],
    },
    "unplaced": [
        {
            "workload": TEXT,
            "priority": TEXT,
            "reason": TEXT,
            "preemption_cost": Optional(AMOUNT),
            "alone_monthly": Optional(AMOUNT),
        }
    ],
    "traffic": [{"workload": TEXT, "from": REGION, "to": REGION, "requests_per_second": AMOUNT}],
    "reservations": [
        {
            "name": TEXT,
            "provider": TEXT,
            "region": TEXT,
            "zone": Optional(TEXT),
            "machine_type": TEXT,
            "nodes": WHOLE,
            "used": WHOLE,
            "unused": WHOLE,
            "committed_monthly": Optional(AMOUNT),
        }
    ],
    "coverage": COVERAGE,
    "digests": {"recorded": Optional(TEXT)},
    "desired": DESIRED,
}

PLACE: Shape = {
    "cluster": TEXT,
    "pool": TEXT,
    "zone": Optional(TEXT),
    "machine_type": TEXT,
    "capacity_type": CAPACITY_TYPE,
    "replicas": WHOLE,
}

SIMPLE = Leaf(
    "text, a whole number or null", lambda v: v is None or TEXT.accepts(v) or WHOLE.accepts(v)
)

ATTRIBUTE: Shape = EitherOf(
    {"attribute": TEXT, "before": SIMPLE, "after": SIMPLE, "forces_replacement": YES_NO},
    {"attribute": TEXT, "before": [PLACE], "after": [PLACE], "forces_replacement": YES_NO},
)

SETTINGS: dict[str, Shape] = {
    "cluster": {"provider": TEXT, "region": TEXT},
    "pool": {
        "cluster": TEXT,
        "nodes": WHOLE,
        "machine_type": TEXT,
        "capacity_type": CAPACITY_TYPE,
        "term_months": Optional(WHOLE),
        "hours": FRACTION,
        "zone": Optional(TEXT),
    },
    "workload": {"team": TEXT, "replicas": WHOLE, "placements": [PLACE]},
    "data": {"source": REGION, "destination": REGION, "size_bytes": WHOLE},
}

FIGURES: dict[str, Shape] = {
    "cluster": {},
    "pool": {"accelerators": FRACTION, "accelerator": TEXT, "hourly": AMOUNT},
    "workload": {},
    "data": {"egress_once": AMOUNT, "storage_monthly": Optional(AMOUNT)},
}


def checked(document: Document) -> Document:
    """Return *document* if it has the shape of a plan; raise PlanFileInvalid if not."""
    if document.get("mode") == TO_DESTROY:
        raise PlanFileInvalid(
            Diagnostic(
                code="plan-file-foreign",
                subject="plan",
                summary="It is a plan to destroy, which has no fleet to compare with",
                hint="Name a file written by `broker plan -out FILE` without -destroy.",
            )
        )
    found = list(findings(document, PLAN, "plan"))
    found += findings(document.get("lifetime"), LIFETIME, "plan.lifetime")
    found += findings(document.get("blocks"), BLOCKS, "plan.blocks")
    found += findings(document.get("left_aside"), LEFT_ASIDE, "plan.left_aside")
    if not found:
        found = [f for change in document["resource_changes"] for f in _of_change(change)]
    if found:
        more = len(found) - SHOWN_FINDINGS
        raise PlanFileInvalid(
            Diagnostic(
                code="plan-file-damaged",
                subject=found[0].partition(":")[0],
                summary="The plan lacks what a plan must have",
                detail="\n".join(
                    found[:SHOWN_FINDINGS] + ([f"and {more} more"] if more > 0 else [])
                ),
                hint="Make the plan again with `broker plan -out FILE`.",
            )
        )
    checks_of(document)
    return document


def _of_change(change: Document) -> Iterator[str]:
    """A change has a before, an after or both, in the shape of its type."""
    kind, path, sides = change["type"], change["address"], ("before", "after")
    if all(change["change"][side] is None for side in sides):
        yield f"{path}: neither before nor after"
    for side in sides:
        settings = change["change"][side]
        if settings is not None:
            yield from findings(settings, SETTINGS[kind], f"{path}.{side}")
            yield from findings(change["figures"][side], FIGURES[kind], f"{path}.figures.{side}")
    attributes = change.get("attributes", [])
    yield from findings(attributes, [ATTRIBUTE], f"{path}.attributes")
    if change["change"]["actions"] == Action.UPDATE.steps and not attributes:
        yield f"{path}.attributes: missing"
