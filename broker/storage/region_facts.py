"""What a region says beside its offers, as one JSON text: findings, zones, quotas and the like."""

import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.geography import Region, RegionKey, ZoneKind
from broker.domain.ids import MachineType, ProviderName, ZoneId
from broker.domain.offers import CapacityType
from broker.domain.regions import CapacityScore, RegionResult, Restriction, Zone
from broker.domain.spec import Quota, QuotaUnit

FACTS = ("findings", "zones", "quotas", "restrictions", "scores")


def facts_text(result: RegionResult) -> str:
    """All of FACTS and the place; what is None is left out."""
    facts: dict[str, Any] = {
        name: [_plain(fact) for fact in getattr(result, name)] for name in FACTS
    }
    if result.place is not None:
        facts["place"] = _plain(result.place) | {"key": str(result.place.key)}
    return json.dumps(facts)


def facts_of(text: str) -> dict[str, Any]:
    """The fields of a RegionResult that `facts_text` wrote. Raises ValueError, KeyError, TypeError."""
    stored = json.loads(text, parse_constant=_refused)
    return {
        "findings": tuple(_finding(entry) for entry in stored["findings"]),
        "zones": tuple(Zone(ZoneId(e["id"]), ZoneKind(e["kind"])) for e in stored["zones"]),
        "quotas": tuple(_quota(entry) for entry in stored["quotas"]),
        "restrictions": tuple(_restriction(entry) for entry in stored["restrictions"]),
        "scores": tuple(_score(entry) for entry in stored["scores"]),
        "place": _place(stored["place"]) if "place" in stored else None,
    }


def _refused(constant: str) -> None:
    """JSON as Python reads it has NaN and infinity, which is no limit and no score."""
    message = f"{constant} is no number"
    raise ValueError(message)


def _plain(value: Any) -> dict[str, Any]:
    return {
        field.name: sorted(inside) if isinstance(inside, frozenset) else inside
        for field in fields(value)
        if field.name != "key" and (inside := getattr(value, field.name)) is not None
    }


def _finding(entry: dict[str, Any]) -> Diagnostic:
    texts = {name: entry[name] for name in ("code", "subject", "summary", "detail", "hint")}
    return Diagnostic(severity=Severity(entry["severity"]), **texts)


def _quota(entry: dict[str, Any]) -> Quota:
    types = entry.get("capacity_types")
    return Quota(
        name=entry["name"],
        provider=ProviderName(entry["provider"]),
        region=entry.get("region"),
        zone=_zone(entry),
        capacity_types=None if types is None else _capacity_types(types),
        accelerator=entry.get("accelerator"),
        machine_type=_machine_type(entry),
        machine_types=_machine_types(entry.get("machine_types")),
        family=entry.get("family"),
        is_unreserved=entry.get("is_unreserved", False),
        spans=entry.get("spans", False),
        unit=QuotaUnit(entry["unit"]),
        limit=entry["limit"],
        used=entry.get("used"),
        stated_by=entry["stated_by"],
    )


def _restriction(entry: dict[str, Any]) -> Restriction:
    return Restriction(
        machine_type=MachineType(entry["machine_type"]),
        zone=_zone(entry),
        capacity_type=CapacityType(entry["capacity_type"]) if "capacity_type" in entry else None,
        reason=entry["reason"],
    )


def _score(entry: dict[str, Any]) -> CapacityScore:
    return CapacityScore(
        machine_type=MachineType(entry["machine_type"]),
        zone=_zone(entry),
        capacity_type=CapacityType(entry["capacity_type"]),
        nodes=entry["nodes"],
        score=entry["score"],
    )


def _place(entry: dict[str, Any]) -> Region:
    return Region(
        key=RegionKey.parse(entry["key"]),
        name=entry["name"],
        country=entry["country"],
        jurisdictions=frozenset(entry["jurisdictions"]),
        latitude=entry.get("latitude"),
        longitude=entry.get("longitude"),
        partition=entry["partition"],
    )


def _capacity_types(names: Iterable[str]) -> frozenset[CapacityType]:
    return frozenset(CapacityType(name) for name in names)


def _machine_type(entry: dict[str, Any]) -> MachineType | None:
    return MachineType(entry["machine_type"]) if "machine_type" in entry else None


def _machine_types(names: Iterable[str] | None) -> frozenset[MachineType] | None:
    return None if names is None else frozenset(MachineType(name) for name in names)


def _zone(entry: dict[str, Any]) -> ZoneId | None:
    return ZoneId(entry["zone"]) if "zone" in entry else None
