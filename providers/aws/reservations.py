"""The account's own capacity reservations, as EC2 tells them: pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from providers.aws.offers import RegionMarket
from providers.calls.findings import Held

Payload = Mapping[str, Any]


def own_reservations(rows: Iterable[Payload], market: RegionMarket) -> Iterator[Held]:
    """Those of *rows* that are for machine types with accelerators, on shared hosts."""
    for row in rows:
        name = str(row.get("InstanceType"))
        nodes, left = row.get("TotalInstanceCount"), row.get("AvailableInstanceCount")
        shared = row.get("Tenancy", "default") == "default"
        if name in market.hardware and shared and nodes is not None and left is not None:
            zone = row.get("AvailabilityZoneId") or market.named(row.get("AvailabilityZone", ""))
            yield Held(
                name=row.get("CapacityReservationId", ""),
                zone=zone or "",
                machine_type=name,
                nodes=nodes,
                used=nodes - left,
            )
