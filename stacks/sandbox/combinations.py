"""What the clouds refuse of inputs of which each is right by itself."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stacks.sandbox.findings import Finding
from stacks.sandbox.outputs.computed import VERSIONED
from stacks.sandbox.paths import listed, record, value_at

NOT_HELD = re.compile(r"Standard_(ND|NC\d+adi?s_H100_v5)")
"""Machine types that Azure holds for nobody
(learn.microsoft.com/azure/virtual-machines/capacity-reservation-overview)."""

PROFILED = re.compile(r"(a3-(high|mega|ultra)gpu-8g|a4-|a4x-|ct6e-)")
"""Machine types whose networks GKE makes by itself
(cloud.google.com/kubernetes-engine/docs/how-to/config-auto-net-for-accelerators)."""

NOT_PLACED = re.compile(r"(n1|e2|t2a|t2d)-")
"""Machine types that Google does not put close to each other
(cloud.google.com/compute/docs/instances/placement-policies-overview)."""

CLIENTS = range(2, 49)
"""How many containers may share a device of GKE
(cloud.google.com/kubernetes-engine/docs/concepts/timesharing-gpus)."""

Inputs = Mapping[str, Any]


def contradictions(type: str, inputs: Inputs) -> Iterator[Finding]:  # noqa: A002
    """All of them; nothing for most types."""
    check = CHECKS.get(VERSIONED.sub("", type))
    if check is not None:
        yield from check(inputs)


def _agent_pool(inputs: Inputs) -> Iterator[Finding]:
    is_spot = inputs.get("scaleSetPriority") == "Spot"
    is_held = inputs.get("capacityReservationGroupID") is not None
    if is_held and inputs.get("proximityPlacementGroupID") is not None:
        yield Finding(
            "proximityPlacementGroupID",
            "a capacity reservation and a proximity placement group exclude each other",
        )
    if is_held and is_spot:
        yield Finding("scaleSetPriority", "spot nodes come out of no capacity reservation")
    for key in ("scaleSetEvictionPolicy", "spotMaxPrice"):
        if inputs.get(key) is not None and not is_spot:
            yield Finding(key, f"{key} is for spot nodes only")
    if is_spot and record(inputs.get("upgradeSettings")).get("maxSurge") is not None:
        yield Finding("upgradeSettings.maxSurge", "spot pools can not be surged")
    for key in ("minCount", "maxCount"):
        if inputs.get(key) is not None and not inputs.get("enableAutoScaling"):
            yield Finding(key, f"{key} is for pools that are scaled by themselves")


def _aks(inputs: Inputs) -> Iterator[Finding]:
    access = record(inputs.get("apiServerAccessProfile"))
    if access.get("enablePrivateCluster") and access.get("authorizedIPRanges"):
        yield Finding(
            "apiServerAccessProfile.authorizedIPRanges",
            "a private API is reached from inside only: it has no authorized ranges",
        )


def _nearness(inputs: Inputs) -> Iterator[Finding]:
    if inputs.get("zones") and not record(inputs.get("intent")).get("vmSizes"):
        yield Finding("zones", "a zone is taken together with an intent only")


def _reservation(inputs: Inputs) -> Iterator[Finding]:
    size = str(record(inputs.get("sku")).get("name") or "")
    if NOT_HELD.match(size):
        yield Finding("sku.name", f"{size} does not support capacity reservations")


def _node_pool(inputs: Inputs) -> Iterator[Finding]:
    config = record(inputs.get("nodeConfig"))
    yield from _networks(inputs, str(config.get("machineType") or ""))
    yield from _placed(inputs, str(config.get("machineType") or ""))
    yield from _flexible(inputs, config)
    for place, devices in enumerate(listed(config.get("guestAccelerators"))):
        clients = value_at(devices, "gpuSharingConfig.maxSharedClientsPerGpu")
        if isinstance(clients, int) and clients not in CLIENTS:
            path = f"nodeConfig.guestAccelerators[{place}].gpuSharingConfig"
            yield Finding(path, f"2 to 48 containers share a device, not {clients}")


def _networks(inputs: Inputs, machine_type: str) -> Iterator[Finding]:
    path = "networkConfig.acceleratorNetworkProfile"
    if value_at(inputs, path) is None:
        return
    if machine_type and not PROFILED.match(machine_type):
        yield Finding(path, f"{machine_type} has no networks of its accelerators")
    zones = inputs.get("nodeLocations")
    if zones is None or (isinstance(zones, list) and len(zones) != 1):
        yield Finding(path, "the networks of accelerators are for pools of one zone")


def _placed(inputs: Inputs, machine_type: str) -> Iterator[Finding]:
    if value_at(inputs, "placementPolicy.type") != "COMPACT":
        return
    if NOT_PLACED.match(machine_type):
        yield Finding("placementPolicy", f"{machine_type} does not support compact placement")
    affinity = value_at(inputs, "nodeConfig.reservationAffinity.consumeReservationType")
    if affinity == "SPECIFIC_RESERVATION":
        yield Finding(
            "placementPolicy", "the reservation was made without the placement policy of the nodes"
        )


def _flexible(inputs: Inputs, config: Inputs) -> Iterator[Finding]:
    """How flex-start nodes are asked for (cloud.google.com/kubernetes-engine/docs/how-to/dws-flex-start-inference)."""
    if value_at(inputs, "queuedProvisioning.enabled") and not inputs.get("autoscaling"):
        yield Finding("queuedProvisioning", "queued nodes are for pools that are scaled")
    if not config.get("flexStart"):
        return
    if config.get("spot"):
        yield Finding("nodeConfig.flexStart", "nodes are either spot or flex-start")
    if not inputs.get("autoscaling"):
        yield Finding("nodeConfig.flexStart", "flex-start nodes are for pools that are scaled")
    if value_at(inputs, "management.autoRepair"):
        yield Finding("management.autoRepair", "flex-start nodes are not repaired")
    affinity = record(config.get("reservationAffinity")).get("consumeReservationType")
    if affinity not in (None, "NO_RESERVATION"):
        yield Finding("nodeConfig.reservationAffinity", "flex-start nodes use no reservation")


CHECKS: Mapping[str, Callable[[Inputs], Iterator[Finding]]] = {
    "azure-native:containerservice:AgentPool": _agent_pool,
    "azure-native:containerservice:ManagedCluster": _aks,
    "azure-native:compute:ProximityPlacementGroup": _nearness,
    "azure-native:compute:CapacityReservation": _reservation,
    "gcp:container/nodePool:NodePool": _node_pool,
}
