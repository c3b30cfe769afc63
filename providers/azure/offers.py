"""Azure's resource SKUs and prices into offers: pure, tested on recorded payloads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from broker.domain.accelerators import MIB_PER_GIB
from broker.domain.diagnostics import Diagnostic
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from providers.azure.accelerators import Families, FamilyAccelerator, plain
from providers.azure.edge_zones import only_at_edge
from providers.azure.prices import Market, PriceList
from providers.calls.findings import prices_missing, unknown_accelerator, unreadable

Sku = Mapping[str, Any]

RETAIL_PRICES = "Azure Retail Prices"
SAVINGS_PLANS = f"{RETAIL_PRICES}, savings plans"

MOST_GIB = 10**6
"""More memory than any machine has: what is told beyond that is no memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A machine type with accelerators, as one region lists it."""

    name: str
    family: str
    vcpus: int
    memory_mib: int
    told_devices: int
    spot: bool
    sku: Sku


def sizes(skus: Iterable[Sku], region: str, subject: str) -> tuple[list[Size], list[Diagnostic]]:
    """The sizes of *region* that have accelerators, by name, and a finding for each unreadable one.

    A size that is listed twice counts once: the last listing is the newest. One that is sold in
    edge zones alone is none of the region.
    """
    here = (sku for sku in skus if _in_region(sku, region) and not only_at_edge(sku))
    return with_accelerators(here, subject)


def with_accelerators(skus: Iterable[Sku], subject: str) -> tuple[list[Size], list[Diagnostic]]:
    """The sizes among *skus* that have accelerators, and a finding for each unreadable one."""
    found: dict[str, Size] = {}
    findings: list[Diagnostic] = []
    for sku in skus:
        capabilities = _capabilities(sku)
        if sku.get("resourceType") != "virtualMachines":
            continue
        if capabilities.get("GPUs", "0") in {"", "0"}:
            continue
        size = _size(sku, capabilities)
        if size is None:
            findings.append(unreadable(subject, str(sku.get("name"))))
        else:
            found[size.name] = size
    return [found[name] for name in sorted(found)], findings


def offers(
    listed: Sequence[Size],
    prices: PriceList,
    zones: Mapping[str, tuple[ZoneId, ...]],
    region: RegionKey,
    fetched_at: datetime,
    known: Families,
) -> tuple[list[Offer], list[Diagnostic]]:
    """The offers of *region*, sorted by name, and a finding for what is not known of them.

    *zones* are those of each size, *known* tells the accelerator of each family.
    """
    found: list[Offer] = []
    unknown: dict[str, list[str]] = {}
    for size in listed:
        if plain(size.family) not in known:
            unknown.setdefault(size.family, []).append(size.name)
        elif family := known[plain(size.family)]:
            found += (
                replace(offer, zones=zones.get(size.name, ()))
                for offer in _offers_of(size, family, prices, region, fetched_at)
            )
    findings = [
        unknown_accelerator(str(region), f"that of {name}", types)
        for name, types in sorted(unknown.items())
    ]
    if found and not any(offer.price for offer in found):
        findings.append(prices_missing(str(region), len({o.machine_type for o in found})))
    return sorted(found, key=lambda offer: offer.name), findings


def _offers_of(
    size: Size,
    family: FamilyAccelerator,
    prices: PriceList,
    region: RegionKey,
    fetched_at: datetime,
) -> Iterator[Offer]:
    for capacity_type, term in _markets(size, prices.prices):
        market = Market(size.name, capacity_type, term)
        yield Offer(
            region=region,
            machine_type=MachineType(size.name),
            family=size.family,
            accelerator=family.accelerator,
            count=family.devices(size.told_devices, size.vcpus),
            vcpus=size.vcpus,
            memory_mib=size.memory_mib,
            capacity_type=capacity_type,
            term_months=term or None,
            price=prices.prices.get(market),
            fetched_at=fetched_at,
            source=SAVINGS_PLANS if market in prices.plans else RETAIL_PRICES,
        )


def _markets(size: Size, prices: Mapping[Market, Money]) -> Iterator[tuple[CapacityType, int]]:
    """On demand always; spot where the size can be evicted; terms only where they are priced."""
    yield CapacityType.ON_DEMAND, 0
    if size.spot or Market(size.name, CapacityType.SPOT) in prices:
        yield CapacityType.SPOT, 0
    for term in (12, 36, 60):
        if Market(size.name, CapacityType.RESERVED, term) in prices:
            yield CapacityType.RESERVED, term


def _size(sku: Sku, capabilities: Mapping[str, str]) -> Size | None:
    try:
        memory_gib = Decimal(capabilities["MemoryGB"])
        if not 0 < memory_gib < MOST_GIB:
            return None
        size = Size(
            name=str(sku["name"]),
            family=str(sku["family"]),
            vcpus=int(capabilities["vCPUs"]),
            memory_mib=int(memory_gib * MIB_PER_GIB),
            told_devices=int(capabilities["GPUs"]),
            spot=capabilities.get("LowPriorityCapable") == "True",
            sku=sku,
        )
    except (KeyError, ValueError, ArithmeticError):
        return None
    sound = size.vcpus > 0 and size.told_devices > 0
    return size if sound and size.name and size.family else None


def _capabilities(sku: Sku) -> dict[str, str]:
    pairs = sku.get("capabilities")
    if not isinstance(pairs, list):
        return {}
    return {
        str(pair.get("name")): str(pair.get("value")) for pair in pairs if isinstance(pair, Mapping)
    }


def _in_region(sku: Sku, region: str) -> bool:
    """Whether the size is of *region*; Azure writes the same name in several cases."""
    locations = sku.get("locations")
    return isinstance(locations, list) and region in {str(name).lower() for name in locations}
