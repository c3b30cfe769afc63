"""What an account has reserved for itself, in the words of the broker."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ReservationName, ZoneId
from broker.domain.offers import CapacityType, ReservationKey
from broker.domain.wording import many

OURS = "broker-fleet"
"""The word that marks what was made for a fleet: its reservations are used by its own pools."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """*nodes* of one machine type that the account has reserved, of which *used* run.

    *name* is that by which nodes can ask for it. *is_block* is whether it was sold as a capacity
    block; *zone* is empty and *ends* is None where nothing is said.
    """

    name: str
    zone: str
    machine_type: str
    nodes: int
    used: int
    is_block: bool = False
    ends: datetime | None = None


def reservations_idle(region: RegionKey, held: Iterable[Held]) -> Iterator[Diagnostic]:
    """A warning for each reservation with nodes that are paid and not used."""
    for one in sorted(held, key=lambda one: (one.name, one.zone, one.machine_type)):
        if one.used < one.nodes:
            yield Diagnostic(
                severity=Severity.WARNING,
                code="reservation-idle",
                subject=str(_key(region, one)),
                summary=f"{many(one.nodes - one.used, 'node')} of {one.machine_type} paid by "
                f"reservation {one.name} in {region}, of {one.nodes}, not used",
                hint=f"A plan uses it first once fleet.yaml states it: reservations: "
                f"[{{{_written(region, one)}}}].",
            )


def _key(region: RegionKey, one: Held) -> ReservationKey:
    return ReservationKey(
        name=ReservationName(one.name),
        region=region,
        zone=ZoneId(one.zone) if one.zone else None,
        machine_type=MachineType(one.machine_type),
    )


def _written(region: RegionKey, one: Held) -> str:
    """The reservation as fleet.yaml has it."""
    ends = None if one.ends is None else f"{one.ends.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    told = {
        "name": one.name,
        "at": region,
        "capacity": CapacityType.CAPACITY_BLOCK.value if one.is_block else None,
        "zone": one.zone or None,
        "machine-type": one.machine_type,
        "nodes": one.nodes,
        "ends": ends,
    }
    return ", ".join(f"{key}: {value}" for key, value in told.items() if value is not None)
