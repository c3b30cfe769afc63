"""Google Cloud's machine types and rates into offers: pure, tested on recorded payloads.

The price of a machine is that of its vCPUs, its memory, its devices and the local SSD that comes
with them (cloud.google.com/compute/all-pricing); some devices have one rate for all of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from broker.domain.accelerators import MIB_PER_GIB
from broker.domain.diagnostics import Diagnostic
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ZoneId
from broker.domain.money import MICROS_PER_UNIT, Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import Restriction
from providers.calls.findings import prices_missing, unknown_accelerator, unreadable
from providers.gcp.rates import Item, Part
from providers.gcp.tables import KnownAccelerator, Series, Tables

Payload = Mapping[str, Any]

SOURCE = "Google Cloud Billing Catalog"

GIB_PER_PARTITION = 375
"""A partition of bundled local SSD (cloud.google.com/compute/docs/disks/local-ssd)."""

MARKETS = (
    (CapacityType.ON_DEMAND, 0),
    (CapacityType.SPOT, 0),
    (CapacityType.FLEX, 0),
    (CapacityType.RESERVED, 12),
    (CapacityType.RESERVED, 36),
)
LISTED = frozenset({CapacityType.ON_DEMAND, CapacityType.SPOT})
"""Every machine type is sold so, whether a price is known or not; the others where priced."""

NOT_ON_DEMAND = "not sold on demand: spot, flex-start or reservation only"

_TPU = re.compile(r"^(?P<type>ct\w+|tpu\w+)-\w+-(?P<chips>\d+)t$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine type with accelerators, and the zones of a region that list it.

    *series* is how it is billed; None if no table says.
    """

    name: str
    accelerator_type: str
    told_devices: int
    vcpus: int
    memory_mib: int
    local_ssd_gib: int | None
    zones: tuple[ZoneId, ...]
    series: Series | None

    @property
    def devices(self) -> Fraction:
        """Its devices; where a type is cut from one, the interface may tell a whole one."""
        per_device = self.series and self.series.vcpus_per_device
        if not per_device or self.vcpus >= per_device:
            return Fraction(self.told_devices)
        return Fraction(self.vcpus, per_device)


def machines(
    listed: Iterable[tuple[str, Payload]], tables: Tables, subject: str
) -> tuple[list[Machine], list[Diagnostic]]:
    """The machine types with accelerators, by name, of pairs of a zone and what it lists."""
    by_name: dict[str, Payload] = {}
    zones: dict[str, set[ZoneId]] = {}
    for zone, payload in listed:
        name = str(payload.get("name") or "")
        if name and _accelerators(payload) and current(payload):
            by_name[name] = payload
            zones.setdefault(name, set()).add(ZoneId(zone))
    found, findings = [], []
    for name, payload in sorted(by_name.items()):
        series = tables.series.get(name.rpartition("-")[0])
        machine = _machine(name, payload, tuple(sorted(zones[name])), series)
        if machine is None:
            findings.append(unreadable(subject, name))
        else:
            found.append(machine)
    return found, findings


def current(payload: Payload) -> bool:
    """Whether it can still be ordered: what is deprecated can be, what is obsolete can not."""
    deprecated = payload.get("deprecated")
    state = deprecated.get("state") if isinstance(deprecated, Mapping) else None
    return state not in {"OBSOLETE", "DELETED"}


def _accelerators(payload: Payload) -> list[Payload]:
    told = payload.get("accelerators")
    if isinstance(told, list) and told:
        return [one if isinstance(one, Mapping) else {} for one in told]
    tpu = _TPU.match(str(payload.get("name")))
    if tpu is None:
        return []
    return [{"guestAcceleratorType": tpu["type"], "guestAcceleratorCount": int(tpu["chips"])}]


def _machine(
    name: str, payload: Payload, zones: tuple[ZoneId, ...], series: Series | None
) -> Machine | None:
    accelerator, *others = _accelerators(payload)
    devices, vcpus, memory_mib = (
        positive(number)
        for number in (
            accelerator.get("guestAcceleratorCount"),
            payload.get("guestCpus"),
            payload.get("memoryMb"),
        )
    )
    kind = accelerator.get("guestAcceleratorType")
    if others or not kind or devices is None or vcpus is None or memory_mib is None:
        return None
    return Machine(
        name=name,
        accelerator_type=str(kind),
        told_devices=devices,
        vcpus=vcpus,
        memory_mib=memory_mib,
        local_ssd_gib=_bundled_ssd(payload),
        zones=zones,
        series=series,
    )


def positive(number: object) -> int | None:
    """A whole number above zero; None for anything else."""
    if isinstance(number, bool) or not isinstance(number, int):
        return None
    return number if number > 0 else None


def _bundled_ssd(payload: Payload) -> int | None:
    bundled = payload.get("bundledLocalSsds")
    partitions = bundled.get("partitionCount") if isinstance(bundled, Mapping) else None
    whole = positive(partitions)
    return None if whole is None else whole * GIB_PER_PARTITION


def offers(
    found: Sequence[Machine],
    rates: Mapping[Item, Decimal],
    region: RegionKey,
    fetched_at: datetime,
    tables: Tables,
) -> tuple[list[Offer], list[Diagnostic]]:
    """The offers of *region*, sorted by name, and a finding for what is not known of them."""
    listed: list[Offer] = []
    unknown: dict[str, list[str]] = {}
    for machine in found:
        accelerator = tables.accelerators.get(machine.accelerator_type)
        if accelerator is None:
            unknown.setdefault(machine.accelerator_type, []).append(machine.name)
        else:
            listed += _offers_of(machine, accelerator, rates, region, fetched_at)
    findings = [
        unknown_accelerator(str(region), name, types) for name, types in sorted(unknown.items())
    ]
    if listed and not any(offer.price for offer in listed):
        findings.append(prices_missing(str(region), len({o.machine_type for o in listed})))
    return sorted(listed, key=lambda offer: offer.name), findings


def _offers_of(
    machine: Machine,
    known: KnownAccelerator,
    rates: Mapping[Item, Decimal],
    region: RegionKey,
    fetched_at: datetime,
) -> Iterator[Offer]:
    for capacity_type, term in MARKETS:
        price = price_of(machine, rates, capacity_type, term)
        if price is None and capacity_type not in LISTED:
            continue
        yield Offer(
            region=region,
            zones=machine.zones,
            machine_type=MachineType(machine.name),
            family=known.accelerator.name,
            accelerator=known.accelerator,
            count=machine.devices,
            vcpus=machine.vcpus,
            memory_mib=machine.memory_mib,
            capacity_type=capacity_type,
            term_months=term or None,
            price=price,
            fetched_at=fetched_at,
            source=SOURCE,
        )


def price_of(
    machine: Machine, rates: Mapping[Item, Decimal], capacity_type: CapacityType, term: int
) -> Money | None:
    """US dollars per node and hour; None unless every part of the machine has a rate."""
    total = Fraction(0)
    for part, name, quantity in parts_of(machine):
        rate = rates.get(Item(part, name, capacity_type, term))
        if rate is None and part is Part.LOCAL_SSD:
            # Committing to cores and devices does not commit to disks: they are paid as used.
            rate = rates.get(Item(part, name, CapacityType.ON_DEMAND))
        if rate is None:
            return None
        total += Fraction(rate) * quantity
    return Money(round(total * MICROS_PER_UNIT)) if total else None


def parts_of(machine: Machine) -> Iterator[tuple[Part, str, Fraction]]:
    """What a machine is billed by: part, name and quantity; nothing if no table says."""
    series = machine.series
    if series is None:
        return
    yield Part.DEVICE, series.devices, machine.devices
    if series.cores:
        yield Part.CORE, series.cores, Fraction(machine.vcpus)
        yield Part.MEMORY, series.cores, Fraction(machine.memory_mib, MIB_PER_GIB)
    ssd = Fraction(series.local_ssd_gib) * machine.devices
    if ssd and machine.local_ssd_gib is not None:
        ssd = Fraction(machine.local_ssd_gib)
    if ssd:
        yield Part.LOCAL_SSD, "", ssd


def restrictions(found: Iterable[Machine]) -> tuple[Restriction, ...]:
    """What has an on-demand rate and is not sold so, sorted by name."""
    return tuple(
        Restriction(
            machine_type=MachineType(machine.name),
            capacity_type=CapacityType.ON_DEMAND,
            reason=NOT_ON_DEMAND,
        )
        for machine in sorted(found, key=lambda machine: machine.name)
        if machine.series is not None and not _sold_on_demand(machine, machine.series)
    )


def _sold_on_demand(machine: Machine, series: Series) -> bool:
    least = series.devices_on_demand
    return least is not None and machine.told_devices >= least
