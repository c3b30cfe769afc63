"""Offers as rows of SQLite: what offers share (hardware, region) is kept once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from typing import Any

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import MachineType, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer, Window

Shape = tuple[str, str, str, str, int, str, str, str, int, int, str | None]
"""Machine type, family, the five fields of the accelerator, count, vCPUs, memory, network."""

OFFER_COLUMNS = (
    "name", "answer", "shape", "zone", "zone_kind", "zones", "capacity_type", "term_months",
    "starts_at", "ends_at", "micros", "currency", "reclaims_per_hour", "fetched_at", "source",
)  # fmt: skip


def shape_of(offer: Offer) -> Shape:
    """The hardware of *offer*, as it is kept."""
    chip = offer.accelerator
    network = None if offer.network_gbps is None else str(offer.network_gbps)
    return (
        offer.machine_type, offer.family, chip.model, chip.variant, chip.memory_mib,
        chip.kind.value, chip.manufacturer, str(offer.count), offer.vcpus, offer.memory_mib,
        network,
    )  # fmt: skip


def offer_row(offer: Offer, answer: int, shape: int) -> tuple[Any, ...]:
    """The row of *offer*, which belongs to the kept answer and shape of those numbers."""
    window = offer.window
    return (
        offer.name,
        answer,
        shape,
        offer.zone,
        offer.zone_kind.value,
        " ".join(offer.zones),
        offer.capacity_type.value,
        offer.term_months,
        window and window.starts_at.isoformat(),
        window and window.ends_at.isoformat(),
        None if offer.price is None else offer.price.micros,
        None if offer.price is None else offer.price.currency,
        None if offer.reclaims_per_hour is None else str(offer.reclaims_per_hour),
        offer.fetched_at.astimezone(UTC).isoformat(),
        offer.source,
    )


def offers_of(
    rows: Iterable[Sequence[Any]], regions: dict[int, RegionKey], shapes: dict[int, Shape]
) -> Iterator[tuple[int, Offer]]:
    """Each row as an offer, with the number of the answer it belongs to.

    Raises ValueError for what no offer has: a price that is no whole number of micro-units, or below 0.
    """
    hardware = {number: _hardware(shape) for number, shape in shapes.items()}
    for (
        _, answer, shape, zone, zone_kind, zones, capacity_type, term_months, starts_at, ends_at,
        micros, currency, reclaims_per_hour, fetched_at, source,
    ) in rows:  # fmt: skip
        yield (
            answer,
            Offer(
                region=regions[answer],
                zone=None if zone is None else ZoneId(zone),
                zone_kind=_ZONE_KINDS[zone_kind],
                zones=_zones(zones),
                capacity_type=_CAPACITY_TYPES[capacity_type],
                term_months=term_months,
                window=Window(instant(starts_at), instant(ends_at)) if starts_at else None,
                price=None if micros is None else Money(_whole(micros), currency),
                reclaims_per_hour=_rate(reclaims_per_hour),
                fetched_at=instant(fetched_at),
                source=source,
                **hardware[shape],
            ),
        )


def _whole(number: object) -> int:
    """Columns hold whatever was written into them: infinity, which is no number of anything, too."""
    if not isinstance(number, int) or number < 0:
        message = f"{number!r} is no whole number from 0 on"
        raise ValueError(message)
    return number


_ZONE_KINDS = {kind.value: kind for kind in ZoneKind}
_CAPACITY_TYPES = {kind.value: kind for kind in CapacityType}


def _hardware(shape: Shape) -> dict[str, Any]:
    (
        machine_type, family, model, variant, chip_mib, kind, manufacturer, count, vcpus,
        memory_mib, network,
    ) = shape  # fmt: skip
    return {
        "machine_type": MachineType(machine_type),
        "family": family,
        "accelerator": Accelerator(
            model, variant, _whole(chip_mib), AcceleratorKind(kind), manufacturer
        ),
        "count": _count(count),
        "vcpus": _whole(vcpus),
        "memory_mib": _whole(memory_mib),
        "network_gbps": None if network is None else Fraction(network),
    }


def _count(text: str) -> Fraction:
    count = Fraction(text)
    if count <= 0:
        message = f"{text!r} is no number of devices"
        raise ValueError(message)
    return count


@cache
def _zones(text: str) -> tuple[ZoneId, ...]:
    return tuple(map(ZoneId, text.split()))


@cache
def _rate(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


@cache
def instant(text: str) -> datetime:
    """An instant as it is kept; many offers share one."""
    return datetime.fromisoformat(text)
