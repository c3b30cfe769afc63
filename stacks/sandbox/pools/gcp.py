"""Nodes of Google Cloud: node pools, and reservations."""

import re
from collections.abc import Mapping
from typing import Any

from broker.domain.offers import CapacityType
from stacks.sandbox.paths import listed, record
from stacks.sandbox.pools.pool import Bounds, Pool, known_text, known_texts, number

NODE_POOL = "gcp:container/nodePool:NodePool"
RESERVATION = "gcp:compute/reservation:Reservation"
ZONE = re.compile(r"-[a-z]$")


def gcp_pools(type: str, inputs: Mapping[str, Any], _: str) -> list[Pool]:  # noqa: A002
    """What a resource of *type* needs, as far as it is known."""
    if type == NODE_POOL:
        return [_node_pool(inputs)]
    if type == RESERVATION:
        return [_reservation(inputs)]
    return []


def gcp_bounds(type: str, inputs: Mapping[str, Any]) -> list[Bounds]:  # noqa: A002
    """The sizes of a node pool that grows and shrinks by itself."""
    scaling = inputs.get("autoscaling")
    if type != NODE_POOL or not isinstance(scaling, Mapping):
        return []
    total = "total" if "totalMaxNodeCount" in scaling else ""
    least, most = (
        ("totalMinNodeCount", "totalMaxNodeCount") if total else ("minNodeCount", "maxNodeCount")
    )
    return [
        Bounds(
            field="autoscaling",
            least=number(scaling, least),
            most=number(scaling, most),
        )
    ]


def region_of(location: str) -> str:
    """The region of a zone, or the region itself."""
    return ZONE.sub("", location)


def _node_pool(inputs: Mapping[str, Any]) -> Pool:
    config = record(inputs.get("nodeConfig"))
    location = known_text(inputs.get("location"))
    zones = known_texts(inputs.get("nodeLocations")) or (
        (location,) if ZONE.search(location) else ()
    )
    bounds = gcp_bounds(NODE_POOL, inputs)
    each = number(inputs, "nodeCount")
    each = number(inputs, "initialNodeCount") if each is None else each
    reservation = _reserved(record(config.get("reservationAffinity")))
    return Pool(
        field="nodeConfig.machineType",
        machine_types=known_texts([config.get("machineType")]),
        region=region_of(location),
        zones=zones,
        capacity_type=_capacity(config, reservation),
        # GKE itself makes as many as there are to be at least.
        nodes=max((each or 0) * max(1, len(zones)), *(b.least or 0 for b in bounds), 0),
        reservation=reservation,
        devices=_devices(config),
    )


def _capacity(config: Mapping[str, Any], reservation: str | None) -> CapacityType:
    if config.get("spot") or config.get("preemptible"):
        return CapacityType.SPOT
    if config.get("flexStart"):
        return CapacityType.FLEX
    return CapacityType.RESERVED if reservation else CapacityType.ON_DEMAND


def _reserved(affinity: Mapping[str, Any]) -> str | None:
    if affinity.get("consumeReservationType") != "SPECIFIC_RESERVATION":
        return None
    return next(iter(known_texts(affinity.get("values"))), None)


def _devices(config: Mapping[str, Any]) -> int | None:
    counts = [number(one, "count") for one in listed(config.get("guestAccelerators"))]
    return sum(count for count in counts if count is not None) or None


def _reservation(inputs: Mapping[str, Any]) -> Pool:
    specific = record(inputs.get("specificReservation"))
    properties = record(specific.get("instanceProperties"))
    zone = known_text(inputs.get("zone"))
    return Pool(
        field="specificReservation.instanceProperties.machineType",
        machine_types=known_texts([properties.get("machineType")]),
        region=region_of(zone),
        zones=(zone,) if zone else (),
        nodes=number(specific, "count") or 0,
    )
