"""Nodes of AWS: node groups with their launch templates, and reservations."""

from collections.abc import Mapping
from typing import Any

from broker.domain.offers import CapacityType
from stacks.sandbox.ledger import Ledger, Made
from stacks.sandbox.paths import value_at
from stacks.sandbox.places import subnet_zones
from stacks.sandbox.pools.pool import Bounds, Pool, known_text, known_texts, number

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
RESERVATION = "aws:ec2/capacityReservation:CapacityReservation"
CAPACITY = {
    "ON_DEMAND": CapacityType.ON_DEMAND,
    "SPOT": CapacityType.SPOT,
    "CAPACITY_BLOCK": CapacityType.CAPACITY_BLOCK,
}
TARGET = "capacityReservationSpecification.capacityReservationTarget.capacityReservationId"


def aws_pools(type: str, inputs: Mapping[str, Any], region: str, ledger: Ledger) -> list[Pool]:  # noqa: A002
    """What a resource of *type* needs, as far as it is known."""
    if type == NODE_GROUP:
        return [_node_group(inputs, region, ledger)]
    if type == RESERVATION:
        zone = known_text(inputs.get("availabilityZone") or inputs.get("availabilityZoneId"))
        return [
            Pool(
                field="instanceType",
                machine_types=known_texts([inputs.get("instanceType")]),
                region=region,
                zones=(zone,) if zone else (),
                nodes=number(inputs, "instanceCount") or 0,
            )
        ]
    return []


def aws_bounds(type: str, inputs: Mapping[str, Any]) -> list[Bounds]:  # noqa: A002
    """The sizes of a node group."""
    scaling = inputs.get("scalingConfig")
    if type != NODE_GROUP or not isinstance(scaling, Mapping):
        return []
    return [
        Bounds(
            field="scalingConfig",
            least=number(scaling, "minSize"),
            now=number(scaling, "desiredSize"),
            most=number(scaling, "maxSize"),
        )
    ]


def template_of(inputs: Mapping[str, Any], ledger: Ledger) -> Made | None:
    """The launch template of a node group, if it has one that exists."""
    named = inputs.get("launchTemplate")
    if not isinstance(named, Mapping):
        return None
    if known_text(named.get("id")):
        return ledger.find(TEMPLATE, str(named["id"]))
    names = (made for made in ledger.resources(TEMPLATE) if made.inputs.get("name"))
    return next((made for made in names if made.inputs["name"] == named.get("name")), None)


def _node_group(inputs: Mapping[str, Any], region: str, ledger: Ledger) -> Pool:
    template = template_of(inputs, ledger)
    started = template.inputs if template else {}
    types = known_texts(inputs.get("instanceTypes")) or known_texts([started.get("instanceType")])
    capacity = CAPACITY.get(str(inputs.get("capacityType")), CapacityType.ON_DEMAND)
    reservation = known_text(value_at(started, TARGET)) or None
    if reservation and capacity is CapacityType.ON_DEMAND:
        capacity = CapacityType.RESERVED
    return Pool(
        field="instanceTypes",
        machine_types=types,
        region=region,
        zones=tuple(subnet_zones(known_texts(inputs.get("subnetIds")), ledger)),
        capacity_type=capacity,
        nodes=number(inputs.get("scalingConfig"), "desiredSize") or 0,
        reservation=reservation,
    )
