"""Listings into rows of offers: which price belongs to a zone, and which to its region."""

import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal

from listprices.catalogs import Listing

LOCAL_ZONE = re.compile(r"^[a-z0-9]+-[a-z]+\d+-az\d+$")
"""`use1-atl2-az1`: a place name between the region and the zone; `use1-az1` has none."""

MICRO = Decimal("0.000001")

OfferRow = tuple[str, str, str, str, str, str, str, str, str, str]


def offer_rows(listings: Iterable[Listing]) -> list[OfferRow]:
    """One row per offer, sorted, each named once; of two statements the newer one stands."""
    best: dict[tuple[str, ...], OfferRow] = {}
    for listing in listings:
        for row in _rows(listing):
            name = row[:7]
            rival = best.get(name)
            if rival is None or _rank(row) > _rank(rival):
                best[name] = row
    return sorted(best.values())


def zone_kind(provider: str, zone: str) -> str:
    """The kind of a zone, told by the form of its id."""
    if provider == "aws" and LOCAL_ZONE.match(zone):
        return "local-zone"
    return "availability-zone"


def amount(text: str) -> str:
    """A price in whole micro-dollars; empty stays empty."""
    if not text:
        return ""
    value = Decimal(text).quantize(MICRO, ROUND_HALF_EVEN)
    if value <= 0:
        message = f"a list price must be above zero: {text}"
        raise ValueError(message)
    return f"{value.normalize():f}"


def _rows(listing: Listing) -> Iterator[OfferRow]:
    zone = listing.zone
    is_local = zone_kind(listing.provider, zone) == "local-zone"
    # AWS sells on demand at one price for the region, and spot by zone; a local zone is apart.
    # GCP prices are per region, but only the zones listed have the machines.
    on_demand_zone = "" if listing.provider == "aws" and not is_local else zone
    yield _row(listing, on_demand_zone, "on-demand", "", listing.on_demand)
    if listing.spot is not None:
        yield _row(listing, zone, "spot", "", listing.spot)
    for months, price in listing.reserved.items():
        yield _row(listing, "", "reserved", str(months), price)


def _row(listing: Listing, zone: str, capacity: str, months: str, price: str) -> OfferRow:
    return (
        listing.provider, listing.region, zone, zone_kind(listing.provider, zone),
        listing.machine_type, capacity, months, amount(price), listing.source, listing.as_of,
    )  # fmt: skip


def _rank(row: OfferRow) -> tuple[bool, str, str]:
    """A stated price before an unknown one, then the newer, then the source's name."""
    return bool(row[7]), row[9], row[8]
