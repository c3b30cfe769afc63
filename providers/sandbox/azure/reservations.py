"""What the subscription of the stand-in has reserved, in the shapes in which Azure tells it.

Shapes: Microsoft.Compute capacity reservation groups and capacity reservations, 2026-04-01
(learn.microsoft.com/rest/api/compute).
"""

import re
from collections.abc import Sequence
from typing import Any

from providers.sandbox.azure.payloads import SUBSCRIPTION, ZONES
from providers.sandbox.stock import Reserved

Payload = dict[str, Any]

_GROUPS = "/providers/Microsoft.Compute/capacityReservationGroups"
_RESERVATIONS = re.compile(
    rf"^/resourceGroups/(?P<region>[^/]+){_GROUPS}/(?P=region)/capacityReservations$"
)


def listed(path: str, reserved: Sequence[Reserved]) -> tuple[str, list[Payload]] | None:
    """The right that the list at *path* needs, and its rows; None if it is none of these.

    There is one group in each region in which anything is reserved; it and its resource group are
    named as the region is.
    """
    if path == _GROUPS:
        regions = sorted({one.region.region for one in reserved})
        return _GROUPS[11:] + "/read", [_group(region) for region in regions]
    asked = _RESERVATIONS.match(path)
    if asked is None:
        return None
    rows = [_reservation(one) for one in reserved if one.region.region == asked["region"]]
    return f"{_GROUPS[11:]}/capacityReservations/read", rows


def _group(region: str) -> Payload:
    return {
        "id": _identity(region),
        "name": region,
        "type": "Microsoft.Compute/capacityReservationGroups",
        "location": region,
        "zones": list(ZONES),
        "properties": {},
    }


def _reservation(one: Reserved) -> Payload:
    region = one.region.region
    machines = f"{_identity(region).partition(_GROUPS)[0]}/providers/Microsoft.Compute"
    return {
        "id": f"{_identity(region)}/capacityReservations/{one.name}",
        "name": one.name,
        "type": "Microsoft.Compute/capacityReservationGroups/capacityReservations",
        "location": region,
        "sku": {"name": one.machine_type, "capacity": one.nodes},
        "zones": [one.zone],
        "properties": {
            "reservationId": one.name,
            "provisioningState": "Succeeded",
            "virtualMachinesAssociated": [
                {"id": f"{machines}/virtualMachines/node-{number}"} for number in range(one.used)
            ],
        },
    }


def _identity(region: str) -> str:
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{region}{_GROUPS}/{region}"
