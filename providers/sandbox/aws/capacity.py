"""How likely spot requests are to be filled, and blocks of capacity that can be bought ahead."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from broker.domain.offers import CapacityType
from providers.sandbox.aws.market import RegionMarket
from providers.sandbox.stock import Reserved

FEWEST_TYPES = 3
"""A request with fewer machine types always scores low (EC2 guide, "Spot placement score")."""

LOW, HIGH = 3, 9

BLOCKS = ("p4d.", "p5", "p6", "trn1.", "trn2.")
"""What is sold in blocks (EC2 guide, "Capacity Blocks for ML": supported platforms)."""


def placement_scores(
    markets: Iterable[RegionMarket], asked: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The ten best places for the request; the scores are made up, the same for the same place."""
    types = set(asked.get("InstanceTypes", ()))
    few = len(types) < FEWEST_TYPES
    places: list[dict[str, Any]] = []
    for market in markets:
        sold_in = {zone for name in types for zone in market.sold_in.get(name, ())}
        if asked.get("SingleAvailabilityZone"):
            places += [
                {"Region": market.region, "AvailabilityZoneId": zone, "Score": _score(zone, few)}
                for zone in sold_in
            ]
        elif sold_in:
            places.append({"Region": market.region, "Score": _score(market.region, few)})
    return sorted(
        places, key=lambda p: (-p["Score"], p["Region"], p.get("AvailabilityZoneId", ""))
    )[:10]


def _score(place: str, few: bool) -> int:  # noqa: FBT001
    chance = int.from_bytes(hashlib.sha256(place.encode()).digest()[:2])
    return chance % LOW + 1 if few else chance % HIGH + 1


def capacity_blocks(
    market: RegionMarket, asked: Mapping[str, Any], start: datetime
) -> list[dict[str, Any]]:
    """One block in the first zone, from tomorrow on, at the on-demand price of its hours.

    A machine type without an on-demand price has none.
    """
    name = str(asked.get("InstanceType", ""))
    hours = int(asked["CapacityDurationHours"])
    count = int(asked.get("InstanceCount") or 1)
    begin = start.replace(hour=11, minute=30, second=0, microsecond=0) + timedelta(days=1)
    return [
        {
            "CapacityBlockOfferingId": f"cb-sandbox-{market.region}-{name}-{hours}",
            "InstanceType": name,
            "AvailabilityZone": market.zone(market.sold_in[name][0]).name,
            "InstanceCount": count,
            "StartDate": begin,
            "EndDate": begin + timedelta(hours=hours),
            "CapacityBlockDurationHours": hours,
            "UpfrontFee": str(offer.price * (hours * count)),
            "CurrencyCode": "USD",
            "Tenancy": "default",
        }
        for offer in market.of(CapacityType.ON_DEMAND)
        if offer.machine_type == name and offer.zone is None and offer.price is not None
    ]


def capacity_reservations(
    reserved: Iterable[Reserved], market: RegionMarket
) -> list[dict[str, Any]]:
    """What the account has reserved in the region of *market*."""
    return [
        {
            "CapacityReservationId": one.name,
            "InstanceType": one.machine_type,
            "InstancePlatform": "Linux/UNIX",
            "AvailabilityZone": market.zone(one.zone).name,
            "AvailabilityZoneId": one.zone,
            "Tenancy": "default",
            "TotalInstanceCount": one.nodes,
            "AvailableInstanceCount": one.nodes - one.used,
            "State": "active",
            "ReservationType": "capacity-block" if one.ends else "default",
            "EndDateType": "limited" if one.ends else "unlimited",
            "InstanceMatchCriteria": "targeted",
            **({"EndDate": one.ends} if one.ends else {}),
        }
        for one in reserved
        if (one.region.provider, one.region.region) == ("aws", market.region)
    ]
