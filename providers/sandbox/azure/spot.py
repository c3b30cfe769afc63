"""What the stand-in for Azure says of spot nodes: made up, the same for the same place.

Shapes: Spot Placement Scores 2025-06-05, and the table SpotResources of the Resource Graph,
api-version 2022-10-01 (learn.microsoft.com/azure/virtual-machines/spot-vms).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from broker.domain.money import MICROS_PER_UNIT
from broker.domain.offers import CapacityType, Offer

Payload = dict[str, Any]

MOST_SIZES, MOST_REGIONS = 5, 8

WORDS = ("High", "Medium", "Low", "DataNotFoundOrStale")

RATES = ("0-5", "5-10", "10-15", "15-20", "20+")

EARLIER = ((100, 0), (125, 20), (80, 60))
"""What a spot price was in percent of the present one, and how many days ago that began."""

GRAPH_TABLE = "spotresources"


def placement_scores(
    offers: Mapping[str, Sequence[Offer]], asked: Mapping[str, Any]
) -> Payload | None:
    """How likely each size can be had as spot.

    None for a question that is none, or that is about too much at once.
    """
    regions, sizes = asked.get("desiredLocations"), asked.get("desiredSizes")
    if not isinstance(regions, list) or not isinstance(sizes, list):
        return None
    if not 0 < len(regions) <= MOST_REGIONS or not 0 < len(sizes) <= MOST_SIZES:
        return None
    return {
        **asked,
        "placementScores": [
            _placement_score(region, str(size.get("sku")), offers.get(region, ()))
            for region in regions
            for size in sizes
        ],
    }


def _placement_score(region: str, size: str, offers: Sequence[Offer]) -> Payload:
    sold = any(o.machine_type == size and _is_spot(o) for o in offers)
    word = WORDS[_chance(region, size) % len(WORDS)] if sold else "RestrictedSkuNotAvailable"
    return {"sku": size, "region": region, "score": word, "isQuotaAvailable": True}


def graph(offers: Iterable[Offer], asked: Mapping[str, Any], page: int) -> Payload | None:
    """A page of what is known of spot sizes: prices, and how often they are evicted, row by row.

    None for a question about another table: this is no engine for queries.
    """
    options = asked.get("options")
    token = options.get("$skipToken", "0") if isinstance(options, Mapping) else ""
    if not str(asked.get("query")).startswith(GRAPH_TABLE) or not str(token).isdecimal():
        return None
    every = [row for offer in offers if _is_spot(offer) for row in _rows(offer)]
    rows = every[int(token) : int(token) + page]
    end = int(token) + len(rows)
    following = {"$skipToken": str(end)} if end < len(every) else {}
    return {
        "totalRecords": len(every),
        "count": len(rows),
        "data": rows,
        "facets": [],
        "resultTruncated": str(bool(following)).lower(),
        **following,
    }


def _rows(offer: Offer) -> Iterable[Payload]:
    place, size = str(offer.zone or offer.region.region), str(offer.machine_type).lower()
    told = {"size": size, "location": place}
    identity = f"/providers/microsoft.compute/locations/{place}"
    if offer.price is not None:
        prices = [
            {
                "effectiveDate": f"{offer.fetched_at - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}",
                "priceUSD": offer.price.micros * percent // 100 / MICROS_PER_UNIT,
            }
            for percent, days in EARLIER
        ]
        history = f"{identity}/skuspotpricehistory/{size}/ostype/linux"
        yield {"id": history, **told, "prices": prices, "evictionRate": ""}
    rate = RATES[_chance(size, place) % len(RATES)]
    eviction = f"{identity}/skuspotevictionrate/{size}"
    yield {"id": eviction, **told, "prices": None, "evictionRate": rate}


def _is_spot(offer: Offer) -> bool:
    return offer.capacity_type is CapacityType.SPOT


def _chance(*words: str) -> int:
    return hashlib.sha256("/".join(words).encode()).digest()[0]
