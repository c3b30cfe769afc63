"""Rows of the tables into offers: pure, no file is read here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import MachineType, ProviderName, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What a machine type is made of, the same in every region."""

    family: str
    accelerator: Accelerator
    count: Fraction
    vcpus: int
    memory_mib: int
    network_gbps: Fraction | None


def accelerators(rows: Iterable[list[str]]) -> dict[str, Accelerator]:
    """The accelerators by name."""
    return {
        name: Accelerator(model, variant, int(memory_mib), AcceleratorKind(kind), manufacturer)
        for name, model, variant, memory_mib, kind, manufacturer, _ in rows
    }


def hardware(
    rows: Iterable[list[str]], known: Mapping[str, Accelerator]
) -> dict[tuple[str, str], Hardware]:
    """The machine types by cloud and name."""
    return {
        (provider, machine_type): Hardware(
            family=family,
            accelerator=known[accelerator],
            count=Fraction(count),
            vcpus=int(vcpus),
            memory_mib=int(memory_mib),
            network_gbps=Fraction(network_gbps) if network_gbps else None,
        )
        for (
            provider, machine_type, family, accelerator, count, vcpus, memory_mib,
            network_gbps, _,
        ) in rows
    }  # fmt: skip


def offers(
    rows: Iterable[list[str]], machine_types: Mapping[tuple[str, str], Hardware]
) -> Iterator[Offer]:
    """One offer per row; an empty price is unknown."""
    for (
        provider, region, zone, zone_kind, machine_type, capacity_type, term_months, price,
        source, as_of,
    ) in rows:  # fmt: skip
        parts = machine_types[provider, machine_type]
        yield Offer(
            region=_region(provider, region),
            zone=ZoneId(zone) if zone else None,
            zone_kind=_zone_kind(zone_kind),
            machine_type=MachineType(machine_type),
            family=parts.family,
            accelerator=parts.accelerator,
            count=parts.count,
            vcpus=parts.vcpus,
            memory_mib=parts.memory_mib,
            network_gbps=parts.network_gbps,
            capacity_type=_capacity_type(capacity_type),
            term_months=int(term_months) if term_months else None,
            price=Money.parse(price) if price else None,
            fetched_at=instant(as_of),
            source=source,
        )


@cache
def instant(as_of: str) -> datetime:
    """The first instant of a day, in UTC: no price is claimed to be newer than its source."""
    return datetime.fromisoformat(as_of).replace(tzinfo=UTC)


@cache
def _region(provider: str, region: str) -> RegionKey:
    return RegionKey(ProviderName(provider), region)


@cache
def _zone_kind(text: str) -> ZoneKind:
    return ZoneKind(text)


@cache
def _capacity_type(text: str) -> CapacityType:
    return CapacityType(text)
