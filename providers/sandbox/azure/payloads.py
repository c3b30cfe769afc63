"""Offers in the shapes in which Azure tells them: pure.

Shapes: Microsoft.Compute SKUs 2021-07-01 and usages 2026-04-01, subscription locations 2022-12-01
(learn.microsoft.com/rest/api), and the retail price list 2023-01-01-preview.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from broker.domain.money import HOURS_PER_MONTH, MICROS_PER_UNIT, Money
from broker.domain.offers import CapacityType, Offer

Payload = dict[str, Any]

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
ZONES = ("1", "2", "3")
NODES_PER_FAMILY = 64
"""What the made-up quota of a family allows of its largest size."""

TERM_NAMES = {12: "1 Year", 36: "3 Years"}

WINDOWS_SURCHARGE = Decimal("1.045")
"""About what ND96isr_H100_v5 costs more under Windows in eastus (102.736 / 98.32)."""


def location(region: str) -> Payload:
    """A region, with its zones numbered as this subscription sees them."""
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}/locations/{region}",
        "name": region,
        "type": "Region",
        "displayName": region,
        "regionalDisplayName": region,
        "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        "availabilityZoneMappings": [
            {"logicalZone": zone, "physicalZone": physical}
            for zone, physical in zip(ZONES, _shuffled(region), strict=True)
        ],
    }


def edge_zone(name: str, home: str) -> Payload:
    """A place at the edge of the region *home*, which the list names beside the regions."""
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}/locations/{name}",
        "name": name,
        "type": "EdgeZone",
        "displayName": name,
        "regionalDisplayName": name,
        "metadata": {"regionType": "Physical", "regionCategory": "Other", "homeLocation": home},
    }


def geography(name: str) -> Payload:
    """A group of regions, which the list names beside them and where nothing is sold."""
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": name,
        "regionalDisplayName": name,
        "metadata": {"regionType": "Logical", "regionCategory": "Other"},
    }


def _shuffled(region: str) -> list[str]:
    """The stable ids of the zones in an order of this subscription's own."""
    turn = hashlib.sha256(region.encode()).digest()[0] % len(ZONES)
    ids = [f"{region}-az{zone}" for zone in ZONES]
    return ids[turn:] + ids[:turn]


def skus(offers: Sequence[Offer]) -> list[Payload]:
    """One SKU for each machine type of the *offers* of a region, one without a GPU, and a disk."""
    spot = {o.machine_type for o in offers if o.capacity_type is CapacityType.SPOT}
    by_type = {offer.machine_type: offer for offer in offers}
    listed = [_sku(by_type[name], spot=name in spot) for name in sorted(by_type)]
    region = offers[0].region.region
    return [*listed, _sku_without_gpu(region), _disk(region)]


def edge_skus(offers: Iterable[Offer]) -> list[Payload]:
    """One SKU for each machine type of each edge zone of a region."""
    listed = []
    for offer in {(offer.zone, offer.machine_type): offer for offer in offers}.values():
        sku = _sku(offer, spot=False)
        place = {"location": offer.region.region, "type": "EdgeZone", "zones": []}
        info = {**place, "zoneDetails": [], "extendedLocations": [str(offer.zone)]}
        listed.append({**sku, "locationInfo": [info]})
    return listed


def _sku(offer: Offer, *, spot: bool) -> Payload:
    return _virtual_machine(
        offer.region.region,
        name=str(offer.machine_type),
        family=offer.family,
        capabilities={
            "vCPUs": str(offer.vcpus),
            "MemoryGB": _decimal(Fraction(offer.memory_mib, 1024)),
            "GPUs": str(-(-offer.count.numerator // offer.count.denominator)),
            "LowPriorityCapable": str(spot),
            "PremiumIO": "True",
            "HyperVGenerations": "V1,V2",
        },
    )


def _sku_without_gpu(region: str) -> Payload:
    return _virtual_machine(
        region,
        name="Standard_D2_v5",
        family="standardDv5Family",
        capabilities={"vCPUs": "2", "MemoryGB": "8", "LowPriorityCapable": "True"},
    )


def _virtual_machine(
    region: str, *, name: str, family: str, capabilities: Mapping[str, str]
) -> Payload:
    return {
        "resourceType": "virtualMachines",
        "name": name,
        "tier": "Standard",
        "size": name.removeprefix("Standard_"),
        "family": family,
        "locations": [region],
        "locationInfo": [{"location": region, "zones": list(ZONES), "zoneDetails": []}],
        "capabilities": [{"name": key, "value": value} for key, value in capabilities.items()],
        "restrictions": [],
    }


def _disk(region: str) -> Payload:
    return {
        "resourceType": "disks",
        "name": "Premium_LRS",
        "tier": "Premium",
        "size": "P10",
        "locations": [region],
        "locationInfo": [{"location": region, "zones": [], "zoneDetails": []}],
        "capabilities": [{"name": "MaxSizeGiB", "value": "128"}],
        "restrictions": [],
    }


def restricted(sku: Payload, region: str) -> Payload:
    """The same SKU, as a subscription sees it that may not use it."""
    restriction = {
        "type": "Location",
        "values": [region],
        "restrictionInfo": {"locations": [region], "zones": []},
        "reasonCode": "NotAvailableForSubscription",
    }
    return {**sku, "restrictions": [restriction]}


def usages(offers: Iterable[Offer]) -> list[Payload]:
    """The made-up quotas of a region: generous, so that prices and not quotas decide."""
    largest: dict[str, int] = {}
    for offer in offers:
        largest[offer.family] = max(largest.get(offer.family, 0), offer.vcpus)
    limits = {family: vcpus * NODES_PER_FAMILY for family, vcpus in sorted(largest.items())}
    total = sum(limits.values())
    return [
        _usage(name, limit)
        for name, limit in {"cores": total, "lowPriorityCores": total, **limits}.items()
    ]


def _usage(name: str, limit: int) -> Payload:
    return {
        "unit": "Count",
        "currentValue": 0,
        "limit": limit,
        "name": {"value": name, "localizedValue": f"{name} vCPUs"},
    }


def price_rows(offers: Iterable[Offer]) -> list[Payload]:
    """The rows of the retail list about a region, with the neighbours that must not be taken.

    An offer without a price has no row, as in the list itself.
    """
    return [row for offer in offers if offer.price for row in _rows(offer, offer.price)]


def _rows(offer: Offer, price: Money) -> Sequence[Payload]:
    size = str(offer.machine_type).removeprefix("Standard_").replace("_", " ")
    product = f"Virtual Machines {size.split()[-1]} Series"
    amount = Decimal(price.micros) / MICROS_PER_UNIT
    if offer.capacity_type is CapacityType.SPOT:
        return [_row(offer, amount, meter=f"{size} Spot", product=product)]
    if offer.capacity_type is CapacityType.RESERVED:
        months = offer.term_months or 0
        whole = amount * months * HOURS_PER_MONTH
        reserved = _row(offer, whole, meter=size, product=product, kind="Reservation")
        return [{**reserved, "reservationTerm": TERM_NAMES[months]}]
    return [
        _row(offer, amount, meter=size, product=product),
        _row(offer, amount * WINDOWS_SURCHARGE, meter=size, product=f"{product} Windows"),
        _row(offer, amount * 2 / 5, meter=f"{size} Low Priority", product=product),
        _row(offer, amount * 11, meter=size, product=f"{product} Dedicated Host"),
    ]


def _row(
    offer: Offer, amount: Decimal, *, meter: str, product: str, kind: str = "Consumption"
) -> Payload:
    identity = hashlib.sha256(f"{offer.name}{meter}{product}{kind}".encode()).hexdigest()
    price = float(round(amount, 6))
    return {
        "currencyCode": offer.price.currency if offer.price else "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": price,
        "unitPrice": price,
        "armRegionName": str(offer.zone or offer.region.region),
        "location": str(offer.zone or offer.region.region),
        "effectiveStartDate": f"{offer.fetched_at:%Y-%m-%dT%H:%M:%SZ}",
        "meterId": f"{identity[:8]}-{identity[8:12]}-{identity[12:16]}-{identity[16:20]}",
        "meterName": meter,
        "productId": f"DZH318Z{identity[20:25].upper()}",
        "skuId": f"DZH318Z{identity[20:25].upper()}/{identity[25:29].upper()}",
        "productName": product,
        "skuName": meter,
        "serviceName": "Virtual Machines",
        "serviceId": "DZH313Z7MMC8",
        "serviceFamily": "Compute",
        "unitOfMeasure": "1 Hour",
        "type": kind,
        "isPrimaryMeterRegion": True,
        "armSkuName": str(offer.machine_type),
    }


def _decimal(number: Fraction) -> str:
    return f"{float(number):g}"
