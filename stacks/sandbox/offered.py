"""Where a cloud sells machines, and holds them for who paid: what programs ask before they choose zones."""

import re
from collections.abc import Mapping
from typing import Any

from stacks.sandbox.ledger import Made
from stacks.sandbox.pools.gcp import region_of
from stacks.sandbox.refusals import not_found
from stacks.sandbox.world import World

GROUP = "azure-native:compute:CapacityReservationGroup"
RESERVATION = "azure-native:compute:CapacityReservation"
NAMED = re.compile(r"\s*name\s*=\s*\"?([\w-]+)\"?\s*")


def gcp_zones(asked: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Three as everywhere, and those that any offer names."""
    region = str(asked.get("region") or "us-central1")
    usual = {f"{region}-{letter}" for letter in "abc"}
    return {"id": region, "names": sorted(usual | world.market.places("gcp", region))}


def gcp_machine_types(asked: Mapping[str, Any], world: World) -> dict[str, Any]:
    """The one that the filter names, where the zone has it; what nobody sells is everywhere."""
    zone, named = str(asked.get("zone") or ""), NAMED.fullmatch(str(asked.get("filter") or ""))
    found = [{"name": named[1]}] if named and _has(world, named[1], zone) else []
    return {"id": zone, "zone": zone, "machineTypes": found, "project": asked.get("project")}


def _has(world: World, machine_type: str, zone: str) -> bool:
    market, region = world.market, region_of(zone)
    if not market.knows("gcp", machine_type):
        return True
    named = market.places("gcp", region, machine_type)
    return region in market.regions("gcp", machine_type) and (not named or zone in named)


def azure_group(asked: Mapping[str, Any], world: World) -> dict[str, Any]:
    """A group of reservations, and the ids of those in it; raises Refusal if there is none."""
    group = _found(GROUP, asked, world)
    held = [one for one in world.ledger.resources(RESERVATION) if _is_in(one, asked)]
    return {**group.outputs, "id": group.id, "capacityReservations": [{"id": h.id} for h in held]}


def azure_reservation(asked: Mapping[str, Any], world: World) -> dict[str, Any]:
    """One reservation of a group; raises Refusal if there is none of that name."""
    made = _found(RESERVATION, asked, world)
    return {**made.outputs, "id": made.id}


def _found(type: str, asked: Mapping[str, Any], world: World) -> Made:  # noqa: A002
    for made in world.ledger.resources(type):
        if _is_in(made, asked) and made.inputs.get("capacityReservationName") == asked.get(
            "capacityReservationName"
        ):
            return made
    raise not_found(type, str(asked.get("capacityReservationGroupName")))


def _is_in(made: Made, asked: Mapping[str, Any]) -> bool:
    keys = ("resourceGroupName", "capacityReservationGroupName")
    return all(made.inputs.get(key) == asked.get(key) for key in keys)
