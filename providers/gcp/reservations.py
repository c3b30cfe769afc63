"""The project's own reservations, as Compute Engine tells them: pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from providers.calls.reservations import OURS, Held

Payload = Mapping[str, Any]

READY = "READY"


def own_reservations(
    rows: Iterable[Payload], zones: Collection[str], machine_types: Collection[str]
) -> Iterator[Held]:
    """Those of *rows* in *zones* that are for *machine_types*, but those of fleets."""
    for row in rows:
        specific = _mapping(row.get("specificReservation"))
        name = _machine_type(_mapping(specific.get("instanceProperties")))
        zone = str(row.get("zone")).rpartition("/")[2]
        nodes, used = _whole(specific.get("count")), _whole(specific.get("inUseCount", "0"))
        if str(row.get("description")).startswith(f"{OURS}="):
            continue
        if row.get("status") != READY or zone not in zones or name not in machine_types:
            continue
        if nodes is not None and used is not None:
            yield Held(
                name=str(row.get("name")),
                zone=zone,
                machine_type=name,
                nodes=nodes,
                used=used,
                ends=_instant(row.get("deleteAtTime")),
            )


def _machine_type(properties: Payload) -> str:
    """The name that an offer has: with accelerators attached, both."""
    name = str(properties.get("machineType")).rpartition("/")[2]
    attached = properties.get("guestAccelerators")
    if not name.startswith("n1-") or not isinstance(attached, list) or len(attached) != 1:
        return name
    kind = str(_mapping(attached[0]).get("acceleratorType")).rpartition("/")[2]
    return f"{name}+{_mapping(attached[0]).get('acceleratorCount')}x{kind}"


def _instant(text: object) -> datetime | None:
    """When it is deleted by itself, if it is."""
    try:
        told = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return told if told.tzinfo else None


def _whole(text: object) -> int | None:
    """A count, which the interface writes as text."""
    return int(str(text)) if str(text).isdecimal() else None


def _mapping(value: object) -> Payload:
    return value if isinstance(value, Mapping) else {}
