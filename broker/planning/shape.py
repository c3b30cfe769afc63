"""What a plan document must look like before anything is read from it.

A digest tells a damaged file from a whole one, not an honest one from a forged one: whoever can
write a file can compute its digest. So a document from disk is checked before it is shown or
compared with, and everything that is not as it should be is named. Unknown keys are ignored.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broker.domain.accelerators import AcceleratorKind
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanFileInvalid
from broker.domain.geography import ZoneKind
from broker.domain.offers import CapacityType
from broker.placement.solution import SolveStatus
from broker.planning.actions import Action, ResourceType

Document = dict[str, Any]
SHOWN_FINDINGS = 5


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value, and the word for what it must be."""

    word: str
    accepts: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Optional:
    """null, or that."""

    shape: "Shape"


Shape = Leaf | Optional | list[Any] | dict[str, Any]
"""A list holds the one shape of its items; a dictionary holds the shapes of its required keys."""


def _matches(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _one_of(*values: Any) -> Leaf:
    return Leaf("one of " + ", ".join(map(str, values)), lambda value: value in values)


TEXT = Leaf("text", lambda value: isinstance(value, str))
WHOLE = Leaf(
    "a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool) and 0 <= v < 2**63
)
YES_NO = Leaf("true or false", lambda value: isinstance(value, bool))
AMOUNT = Leaf("a decimal amount as text", _matches(r"-?\d{1,18}(\.\d{1,6})?"))
FRACTION = Leaf("a number as text", _matches(r"\d{1,12}(/[1-9]\d{0,11})?"))
REGION = Leaf("a cloud/region", _matches(r"[^/]+/[^/]+"))
INSTANT = Leaf("a time with its zone", _is_instant)
ACTIONS = _one_of(*(action.steps for action in Action))
CAPACITY_TYPE = _one_of(*(member.value for member in CapacityType))

ROW: Shape = {"name": TEXT, "hourly": AMOUNT, "monthly": AMOUNT, "unknown_prices": WHOLE}

VIEWS: dict[str, Shape] = {
    "hourly": AMOUNT,
    "monthly": AMOUNT,
    "unknown_prices": WHOLE,
    "unknown": [TEXT],
    "clusters": [ROW],
    "teams": [ROW],
}

COST: Shape = {
    **VIEWS,
    "currency": TEXT,
    "budget": Optional(
        {"monthly": AMOUNT, "on_breach": TEXT, "used": Optional(AMOUNT), "exceeded": YES_NO}
    ),
    "before": Optional(VIEWS),
}

COVERAGE: Shape = {
    "offers": WHOLE,
    "oldest": Optional(INSTANT),
    "newest": Optional(INSTANT),
    "clouds": [{"provider": TEXT, "regions_ok": WHOLE, "regions_total": WHOLE}],
    "missing": [{"region": REGION, "status": TEXT}],
}

OFFER: Shape = {
    "region": REGION,
    "zone": Optional(TEXT),
    "zone_kind": _one_of(*(member.value for member in ZoneKind)),
    "machine_type": TEXT,
    "family": TEXT,
    "accelerator": {
        "model": TEXT,
        "variant": TEXT,
        "memory_mib": WHOLE,
        "kind": _one_of(*(member.value for member in AcceleratorKind)),
        "manufacturer": TEXT,
    },
    "count": FRACTION,
    "vcpus": WHOLE,
    "memory_mib": WHOLE,
    "network_gbps": Optional(FRACTION),
    "capacity_type": CAPACITY_TYPE,
    "term_months": Optional(WHOLE),
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
                    "nodes": WHOLE,
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
            "replicas": WHOLE,
            "nodes": WHOLE,
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
    "cloud_fixed_monthly": [{"provider": TEXT, "monthly": AMOUNT}],
}

PLAN: Shape = {
    "format_version": TEXT,
    "broker_version": TEXT,
    "fleet": TEXT,
    "owner": TEXT,
    "applyable": YES_NO,
    "resource_changes": [
        {
            "address": TEXT,
            "type": _one_of(*(member.value for member in ResourceType)),
            "name": TEXT,
            "change": {"actions": ACTIONS},
            "figures": {},
        }
    ],
    "placements": [{"workload": TEXT, "cluster": TEXT, "pool": TEXT, "hourly_cost": AMOUNT}],
    "cost": COST,
    "solver": {
        "status": _one_of(*(member.value for member in SolveStatus)),
        "bound": AMOUNT,
        "gap": AMOUNT,
        "components": [{"variables": WHOLE, "constraints": WHOLE}],
    },
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
    findings = list(_findings(document, PLAN, "plan"))
    if not findings:
        findings = [f for change in document["resource_changes"] for f in _of_change(change)]
    if findings:
        more = len(findings) - SHOWN_FINDINGS
        raise PlanFileInvalid(
            Diagnostic(
                code="plan-file-damaged",
                subject=findings[0].partition(":")[0],
                summary="The plan lacks what a plan must have",
                detail="\n".join(
                    findings[:SHOWN_FINDINGS] + ([f"and {more} more"] if more > 0 else [])
                ),
                hint="Make the plan again with `broker plan -out FILE`.",
            )
        )
    return document


def _of_change(change: Document) -> Iterator[str]:
    """A change has a before, an after or both, in the shape of its type."""
    kind, path, sides = change["type"], change["address"], ("before", "after")
    if all(change["change"].get(side) is None for side in sides):
        yield f"{path}: neither before nor after"
    for side in sides:
        settings = change["change"].get(side)
        if settings is not None:
            yield from _findings(settings, SETTINGS[kind], f"{path}.{side}")
            yield from _findings(
                change["figures"].get(side), FIGURES[kind], f"{path}.figures.{side}"
            )
    yield from _findings(
        change.get("attributes", []),
        [{"attribute": TEXT, "forces_replacement": YES_NO}],
        f"{path}.attributes",
    )


def _findings(value: Any, shape: Shape, path: str) -> Iterator[str]:
    match shape:
        case Leaf():
            if not shape.accepts(value):
                yield f"{path}: not {shape.word}"
        case Optional():
            if value is not None:
                yield from _findings(value, shape.shape, path)
        case list():
            yield from _findings_in_list(value, shape[0], path)
        case dict():
            yield from _findings_in_map(value, shape, path)


def _findings_in_list(value: Any, item: Shape, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: not a list"
        return
    for index, entry in enumerate(value):
        yield from _findings(entry, item, f"{path}[{index}]")


def _findings_in_map(value: Any, shape: dict[str, Any], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: not an object"
        return
    for key, inner in shape.items():
        if key in value:
            yield from _findings(value[key], inner, f"{path}.{key}")
        else:
            yield f"{path}.{key}: missing"
