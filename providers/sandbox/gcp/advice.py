"""What the stand-in for Google Cloud advises about capacity: made up, the same for the same place.

Shapes: CapacityAdviceResponse, CapacityHistoryResponse and CalendarModeAdviceResponse of the
compute v1 discovery document.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from broker.domain.money import MICROS_PER_UNIT, Money
from broker.domain.offers import CapacityType, Offer
from providers.sandbox.gcp.payloads import zones_of
from providers.sandbox.gcp.series import series_of

Payload = dict[str, Any]

NANOS_PER_MICRO = 1000

DAY = timedelta(days=1)

EARLIER = ((80, 60), (125, 20))
"""What a spot price was in percent of the present one, and how many days ago that began."""


def capacity(offers: Sequence[Offer], asked: Mapping[str, Any]) -> Payload | None:
    """How likely the machines that are asked for can be had as spot; None for what is not sold."""
    selections = asked["instanceFlexibilityPolicy"]["instanceSelections"].values()
    wanted = {name for selection in selections for name in selection["machineTypes"]}
    sold = sorted(wanted & {o.machine_type for o in offers if _is_gpu(o.machine_type)})
    if not sold:
        return None
    name = sold[0]
    zone = _zones(offers, name)[0]
    return {
        "recommendations": [
            {
                "scores": {
                    "obtainability": _chance(zone, name) % 11 / 10,
                    "estimatedUptime": f"{_chance(name, zone) % 72 + 1}00s",
                },
                "shards": [
                    {
                        "instanceCount": int(asked.get("size", 1)),
                        "machineType": name,
                        "provisioningModel": "SPOT",
                        "zone": f"zones/{zone}",
                    }
                ],
            }
        ]
    }


def capacity_history(
    offers: Sequence[Offer], asked: Mapping[str, Any], now: datetime
) -> Payload | None:
    """Two earlier prices of a machine type as spot, and that of now; None for what is not sold."""
    name = asked["instanceProperties"]["machineType"]
    price = next(
        (
            o.price
            for o in offers
            if o.machine_type == name and o.capacity_type is CapacityType.SPOT and o.price
        ),
        None,
    )
    if price is None or not _is_gpu(name):
        return None
    today = now.replace(hour=8, minute=0, second=0, microsecond=0)
    begun = [(percent, today - DAY * days) for percent, days in EARLIER]
    ends = [at for _, at in begun[1:]] + [today]
    records = [
        _record(Money(price.micros * percent // 100), at, end)
        for (percent, at), end in zip(begun, ends, strict=True)
    ]
    return {
        "machineType": name,
        "location": offers[0].region.region,
        "priceHistory": [*records, _record(price, today, today + DAY)],
    }


def _record(price: Money, starts_at: datetime, ends_at: datetime) -> Payload:
    units, micros = divmod(price.micros, MICROS_PER_UNIT)
    return {
        "interval": {"startTime": _written(starts_at), "endTime": _written(ends_at)},
        "listPrice": {
            "currencyCode": "USD",
            "units": str(units),
            "nanos": micros * NANOS_PER_MICRO,
        },
    }


def calendar_mode(offers: Sequence[Offer], asked: Mapping[str, Any]) -> Payload | None:
    """One opening in the first zone, from the next midnight that is early enough on.

    None for a machine type that can not be reserved in the calendar.
    """
    (key, wanted), *_ = asked["futureResourcesSpecs"].items()
    name = wanted["targetResources"]["specificSkuResources"]["machineType"]
    series = series_of(name)
    zones = _zones(offers, name)
    if series is None or not series.in_calendar or not zones:
        return None
    within = wanted["timeRangeSpec"]
    earliest = datetime.fromisoformat(within["startTimeNotEarlierThan"]).astimezone(UTC)
    begins = earliest.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    lasts = timedelta(seconds=int(str(within["minDuration"]).removesuffix("s")))
    return {
        "recommendations": [
            {
                "recommendationsPerSpec": {
                    key: {
                        "recommendationId": f"sandbox-{zones[0]}-{name}",
                        "recommendationType": "FUTURE_RESERVATION",
                        "startTime": _written(begins),
                        "endTime": _written(begins + lasts),
                        "location": f"zones/{zones[0]}",
                        "otherLocations": {
                            f"zones/{zone}": {"status": "NO_CAPACITY", "details": "None is left."}
                            for zone in zones[1:]
                        },
                    }
                }
            }
        ]
    }


def _is_gpu(machine_type: str) -> bool:
    series = series_of(machine_type)
    return series is not None and series.accelerator_type.startswith("nvidia")


def _zones(offers: Sequence[Offer], machine_type: str) -> list[str]:
    return sorted(zone for zone, names in zones_of(offers).items() if machine_type in names)


def _chance(*words: str) -> int:
    return int.from_bytes(hashlib.sha256("/".join(words).encode()).digest()[:2])


def _written(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
