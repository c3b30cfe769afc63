"""How likely EC2 says it is that spot nodes can be had: which types to ask about, and the answer.

EC2 scores a request, not a machine type, and always low if it names fewer than three of them; an
account may ask for few different requests a day (EC2 guide, "Spot placement score"). So one request
is made for a region: about the greatest accelerator that three machine types or more have. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from broker.domain.accelerators import Accelerator
from broker.domain.ids import MachineType, ZoneId
from broker.domain.offers import CapacityType
from broker.domain.regions import CapacityScore
from providers.aws.offers import RegionMarket

Payload = Mapping[str, Any]

FEWEST_TYPES = 3

NODES = 1


def scored_together(market: RegionMarket) -> list[str]:
    """The machine types to ask about in one request; none if no accelerator has enough of them."""
    sold: dict[Accelerator, list[str]] = defaultdict(list)
    for name, parts in market.hardware.items():
        if CapacityType.SPOT in parts.sold_as:
            sold[parts.accelerator].append(name)
    enough = {device: names for device, names in sold.items() if len(names) >= FEWEST_TYPES}
    greatest = max(enough, key=lambda device: (device.memory_mib, device.name), default=None)
    return [] if greatest is None else sorted(enough[greatest])


def scores(
    rows: Iterable[Payload], market: RegionMarket, asked_about: Sequence[str]
) -> tuple[CapacityScore, ...]:
    """The score of the request for each machine type in each zone that sells it, sorted."""
    by_zone = {row["AvailabilityZoneId"]: int(row["Score"]) for row in rows if _is_of(row, market)}
    return tuple(
        CapacityScore(
            machine_type=MachineType(name),
            zone=ZoneId(zone),
            capacity_type=CapacityType.SPOT,
            nodes=NODES,
            score=by_zone[zone],
        )
        for name in sorted(asked_about)
        for zone in market.sold_in[name]
        if zone in by_zone
    )


def _is_of(row: Payload, market: RegionMarket) -> bool:
    return row.get("Region") == market.region.region and bool(row.get("AvailabilityZoneId"))
