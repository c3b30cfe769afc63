"""Offers as SKUs of the Cloud Billing Catalog, with the neighbours that must not be taken: pure.

Shapes: ListSkusResponse of the cloudbilling v1 discovery document.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from providers.sandbox.gcp.decomposition import (
    LOCAL_SSD_MONTHLY,
    NANOS,
    Machine,
    PartRates,
    decompose,
    dollars,
)
from providers.sandbox.gcp.series import SandboxSeries, series_of, ssd_gib

Payload = dict[str, Any]

COMPUTE_ENGINE = "6F81-5844-456A"

Market = tuple[CapacityType, int]

ON_DEMAND: Market = (CapacityType.ON_DEMAND, 0)
CALENDAR: Market = (CapacityType.CAPACITY_BLOCK, 0)

CALENDAR_SHARE = Fraction(7, 10)
"""What a rate of calendar mode is of that on demand, which is as good as any: no list has them."""

USAGES = {
    ON_DEMAND: "OnDemand",
    CALENDAR: "OnDemand",
    (CapacityType.SPOT, 0): "Preemptible",
    (CapacityType.RESERVED, 12): "Commit1Yr",
    (CapacityType.RESERVED, 36): "Commit3Yr",
}


UNITS = {"CPU": "h", "RAM": "GiBy.h", "GPU": "h", "TPU": "h", "LocalSSD": "GiBy.mo"}


@dataclass(frozen=True, slots=True)
class Billed:
    """An offer whose price is known, and the series by whose SKUs it is billed."""

    offer: Offer
    series: SandboxSeries
    price: Money

    def machine(self) -> Machine:
        """What it is made of, and what all of that costs."""
        return Machine(
            vcpus=self.offer.vcpus,
            memory_gib=Fraction(self.offer.memory_mib, 1024),
            chip=self.series.chip,
            count=self.offer.count,
            ssd_gib=self.ssd_gib,
            price=dollars(self.price.micros),
        )

    @property
    def ssd_gib(self) -> int:
        """The local SSD that comes with it."""
        return ssd_gib(self.offer.machine_type, self.offer.count)


def skus(offers: Iterable[Offer], effective: str | None = None) -> list[Payload]:
    """The SKUs by which *offers* are billed; *effective* takes the place of their dates.

    An offer without a price has no SKU, as in the catalog itself.
    """
    groups: dict[tuple[str, Market, str], dict[str, Billed]] = {}
    for offer in offers:
        series = series_of(offer.machine_type)
        market = (offer.capacity_type, offer.term_months or 0)
        if offer.price and series and series.chip and market in USAGES:
            key = (offer.region.region, market, series.cores or series.chip)
            billed = Billed(offer, series, offer.price)
            groups.setdefault(key, {})[offer.machine_type] = billed
    found = {  # by id: families of one region share its local SSD
        sku["skuId"]: sku
        for (region, market, _), types in sorted(groups.items(), key=lambda group: str(group[0]))
        for sku in _skus_of(region, market, [types[name] for name in sorted(types)])
    }
    return [_dated(sku, effective) for sku in found.values()]


def _skus_of(region: str, market: Market, group: Sequence[Billed]) -> Iterator[Payload]:
    """The SKUs of one family in one region: its machines have their cores in common."""
    rates = decompose([billed.machine() for billed in group])
    cores = group[0].series.cores
    when = max(billed.offer.fetched_at for billed in group).strftime("%Y-%m-%dT%H:%M:%SZ")
    yield from _parts(region, market, cores, rates, when)
    if market == ON_DEMAND and group[0].series.in_calendar:
        yield from _parts(region, CALENDAR, cores, rates.times(CALENDAR_SHARE), when)
    if cores and market == ON_DEMAND:
        yield from _neighbours(region, cores, rates.core, when)
    if any(billed.ssd_gib for billed in group):
        yield _local_ssd(region, market, when)


def _parts(
    region: str, market: Market, cores: str, rates: PartRates, when: str
) -> Iterator[Payload]:
    if cores:
        yield _sku(region, market, f"{cores} Instance Core", "CPU", rates.core, when)
        yield _sku(region, market, f"{cores} Instance Ram", "RAM", rates.memory, when)
    for chip, rate in rates.chips.items():
        yield _sku(region, market, chip, "TPU" if chip.startswith("Tpu") else "GPU", rate, when)


def _local_ssd(region: str, market: Market, when: str) -> Payload:
    nanos = int(LOCAL_SSD_MONTHLY * NANOS)
    return _sku(region, market, "SSD backed Local Storage", "LocalSSD", nanos, when)


def _neighbours(region: str, cores: str, core: int, when: str) -> Iterator[Payload]:
    """SKUs of the same region and family that are the price of something else."""
    for what in (
        f"{cores} Sole Tenancy Instance Core",
        f"Sole Tenancy Premium for {cores} Sole Tenancy Instance Core",
        f"{cores} Custom Instance Core",
        f"Reserved {cores} Core",
    ):
        yield _sku(region, ON_DEMAND, what, "CPU", core // 3 + 1, when)


def _sku(region: str, market: Market, what: str, group: str, nanos: int, when: str) -> Payload:
    description = _description(region, market, what, group)
    digits = hashlib.sha256(description.encode()).hexdigest().upper()
    identity = f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}"
    return {
        "name": f"services/{COMPUTE_ENGINE}/skus/{identity}",
        "skuId": identity,
        "description": description,
        "category": {
            "serviceDisplayName": "Compute Engine",
            "resourceFamily": "Storage" if group == "LocalSSD" else "Compute",
            "resourceGroup": group,
            "usageType": USAGES[market],
        },
        "serviceRegions": [region],
        "pricingInfo": [
            {
                "summary": "",
                "pricingExpression": _expression(UNITS[group], nanos),
                "currencyConversionRate": 1,
                "effectiveTime": when,
            }
        ],
        "serviceProviderName": "Google",
        "geoTaxonomy": {"type": "REGIONAL", "regions": [region]},
    }


def _expression(unit: str, nanos: int) -> Payload:
    return {
        "usageUnit": unit,
        "displayQuantity": 1,
        "tieredRates": [
            {
                "startUsageAmount": 0,
                "unitPrice": {
                    "currencyCode": "USD",
                    "units": str(nanos // NANOS),
                    "nanos": nanos % NANOS,
                },
            }
        ],
        "usageUnitDescription": {"h": "hour", "GiBy.h": "gibibyte hour"}.get(
            unit, "gibibyte month"
        ),
        "baseUnit": "s" if unit == "h" else "By.s",
    }


def _description(region: str, market: Market, what: str, group: str) -> str:
    """How the catalog puts it: spot in two ways, commitments and the calendar in their own."""
    capacity_type, months = market
    if market == CALENDAR:
        return f"Reserved {what.replace(' Instance', '')} in {region} in Calendar Mode"
    if capacity_type is CapacityType.RESERVED:
        plain = what.replace(" Instance Core", " Cpu").replace(" Instance Ram", " Ram")
        plain = plain.replace("SSD backed Local Storage", "Local SSD")
        return f"Commitment v1: {plain} in {region} for {months // 12} Year{'s'[: months // 24]}"
    if capacity_type is CapacityType.SPOT:
        if group in {"CPU", "RAM"}:
            return f"Spot Preemptible {what} running in {region}"
        return f"{what} attached to Spot Preemptible VMs running in {region}"
    return f"{what} in {region}" if group == "LocalSSD" else f"{what} running in {region}"


def _dated(sku: Payload, effective: str | None) -> Payload:
    if effective is None:
        return sku
    return {
        **sku,
        "pricingInfo": [{**info, "effectiveTime": effective} for info in sku["pricingInfo"]],
    }
