"""The account's own capacity reservations, as EC2 tells them: pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from providers.aws.offers import RegionMarket
from providers.calls.reservations import OURS, Held

Payload = Mapping[str, Any]

BLOCK = "capacity-block"


def own_reservations(rows: Iterable[Payload], market: RegionMarket) -> Iterator[Held]:
    """Those of *rows* that are for machine types with accelerators, on shared hosts, but those of fleets."""
    for row in rows:
        name = str(row.get("InstanceType"))
        nodes, left = row.get("TotalInstanceCount"), row.get("AvailableInstanceCount")
        shared = row.get("Tenancy", "default") == "default"
        ours = any(tag.get("Key") == OURS for tag in row.get("Tags", ()))
        if name not in market.hardware or ours or not shared:
            continue
        if nodes is not None and left is not None:
            zone = row.get("AvailabilityZoneId") or market.named(row.get("AvailabilityZone", ""))
            yield Held(
                name=row.get("CapacityReservationId", ""),
                zone=zone or "",
                machine_type=name,
                nodes=nodes,
                used=nodes - left,
                is_block=row.get("ReservationType") == BLOCK,
                ends=row.get("EndDate"),
            )
