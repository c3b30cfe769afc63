"""What Azure's Resource Graph tells of spot nodes: prices of the past, and how often they go. Pure.

Table SpotResources of Resources, api-version 2022-10-01: prices of 90 days, rates of eviction of 28
(learn.microsoft.com/azure/virtual-machines/spot-vms, Pricing and eviction history).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from broker.domain.history import PriceChange
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer

Row = Mapping[str, Any]

QUERY = """spotresources
| where type in~ ('microsoft.compute/skuspotpricehistory/ostype/location',
    'microsoft.compute/skuspotevictionrate/location')
| where tostring(sku.name) startswith 'standard_n'
| where isempty(properties.osType) or properties.osType =~ 'linux'
| project id, size = tostring(sku.name), location, prices = properties.spotPrices,
    evictionRate = tostring(properties.evictionRate)
| order by id asc"""
"""All sizes with accelerators of all regions at once: a user may ask 15 times in 5 seconds."""

EVICTIONS_PER_HOUR = {
    "0-5": Fraction(25, 1000),
    "5-10": Fraction(75, 1000),
    "10-15": Fraction(125, 1000),
    "15-20": Fraction(175, 1000),
    "20+": Fraction(200, 1000),
}
"""The middle of each range of percent per hour; the last one has none, so its beginning."""

Key = tuple[str, str]
"""A location and a size, in lower case: the table writes them in several."""


@dataclass(frozen=True, slots=True)
class SpotMarket:
    """What is told of all regions."""

    prices: Mapping[Key, Sequence[tuple[datetime, Money]]] = field(default_factory=dict)
    evictions_per_hour: Mapping[Key, Fraction] = field(default_factory=dict)


def spot_market(rows: Iterable[Row]) -> SpotMarket:
    """What *rows* tell; an entry that can not be read tells nothing."""
    prices: dict[Key, list[tuple[datetime, Money]]] = {}
    rates: dict[Key, Fraction] = {}
    for row in rows:
        key = (str(row.get("location")).lower(), str(row.get("size")).lower())
        if told := sorted(_prices(row.get("prices")), key=lambda each: each[0]):
            prices[key] = told
        rate = EVICTIONS_PER_HOUR.get(str(row.get("evictionRate")))
        if rate is not None:
            rates[key] = rate
    return SpotMarket(prices, rates)


def _prices(entries: object) -> Iterator[tuple[datetime, Money]]:
    for entry in entries if isinstance(entries, list) else ():
        try:
            began_at = datetime.fromisoformat(str(entry["effectiveDate"]))
            price = Money.parse(Decimal(str(entry["priceUSD"])))
        except (LookupError, TypeError, ValueError, ArithmeticError):
            continue
        if price.micros > 0:
            yield began_at if began_at.tzinfo else began_at.replace(tzinfo=UTC), price


def past_of(offers: Iterable[Offer], market: SpotMarket) -> tuple[PriceChange, ...]:
    """The changes of the prices of spot *offers*, by offer and time; what stayed is no change."""
    return tuple(change for offer in offers if _is_spot(offer) for change in _past(offer, market))


def _past(offer: Offer, market: SpotMarket) -> Iterator[PriceChange]:
    before = None
    for at, price in market.prices.get(_key(offer), ()):
        if price != before:
            yield PriceChange(offer=offer.name, at=at, price=price)
        before = price


def with_evictions(offers: Iterable[Offer], market: SpotMarket) -> list[Offer]:
    """*offers*, the spot ones among them with the rate that is told of them."""
    rates = market.evictions_per_hour
    return [
        replace(offer, reclaims_per_hour=rates.get(_key(offer))) if _is_spot(offer) else offer
        for offer in offers
    ]


def _is_spot(offer: Offer) -> bool:
    return offer.capacity_type is CapacityType.SPOT


def _key(offer: Offer) -> Key:
    place = offer.zone or offer.region.region
    return str(place).lower(), offer.machine_type.lower()
