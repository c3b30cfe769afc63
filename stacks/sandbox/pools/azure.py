"""Nodes of Azure: agent pools, those within a cluster too, and reservations."""

from collections.abc import Mapping
from typing import Any

from broker.domain.offers import CapacityType
from stacks.sandbox.paths import listed
from stacks.sandbox.pools.pool import Bounds, Pool, known_text, known_texts, number

CLUSTER = "azure-native:containerservice:ManagedCluster"
AGENT_POOL = "azure-native:containerservice:AgentPool"
RESERVATION = "azure-native:compute:CapacityReservation"


def azure_pools(type: str, inputs: Mapping[str, Any], region: str) -> list[Pool]:  # noqa: A002
    """What a resource of *type* needs, as far as it is known."""
    if type == AGENT_POOL:
        return [_agent_pool("vmSize", inputs, region)]
    if type == CLUSTER:
        return [
            _agent_pool(f"agentPoolProfiles[{place}].vmSize", profile, region)
            for place, profile in enumerate(listed(inputs.get("agentPoolProfiles")))
            if isinstance(profile, Mapping)
        ]
    sku = inputs.get("sku")
    if type == RESERVATION and isinstance(sku, Mapping):
        return [
            Pool(
                field="sku.name",
                machine_types=known_texts([sku.get("name")]),
                region=region,
                zones=known_texts(inputs.get("zones")),
                nodes=number(sku, "capacity") or 0,
            )
        ]
    return []


def azure_bounds(type: str, inputs: Mapping[str, Any]) -> list[Bounds]:  # noqa: A002
    """The sizes of agent pools that grow and shrink by themselves."""
    profiles: list[tuple[str, Any]] = []
    if type == AGENT_POOL:
        profiles = [("count", inputs)]
    elif type == CLUSTER:
        found = enumerate(listed(inputs.get("agentPoolProfiles")))
        profiles = [(f"agentPoolProfiles[{place}].count", profile) for place, profile in found]
    return [
        Bounds(
            field=field,
            least=number(profile, "minCount"),
            now=number(profile, "count"),
            most=number(profile, "maxCount"),
        )
        for field, profile in profiles
        if isinstance(profile, Mapping) and profile.get("enableAutoScaling")
    ]


def _agent_pool(field: str, inputs: Mapping[str, Any], region: str) -> Pool:
    reservation = known_text(inputs.get("capacityReservationGroupID")) or None
    capacity = CapacityType.ON_DEMAND
    if reservation:
        capacity = CapacityType.RESERVED
    elif inputs.get("scaleSetPriority") == "Spot":
        capacity = CapacityType.SPOT
    return Pool(
        field=field,
        machine_types=known_texts([inputs.get("vmSize")]),
        region=region,
        zones=known_texts(inputs.get("availabilityZones")),
        capacity_type=capacity,
        nodes=number(inputs, "count") or 0,
        reservation=reservation,
    )
