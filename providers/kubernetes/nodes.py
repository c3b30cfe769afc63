"""Nodes and pods of a cluster into offers, quotas and findings: pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import Quota, QuotaUnit
from providers.kubernetes.accelerators import KnownAccelerators, Named
from providers.kubernetes.clusters import NAME, Cluster

Payload = Mapping[str, Any]

ACCELERATORS = ("nvidia.com/gpu", "amd.com/gpu", "habana.ai/gaudi", "google.com/tpu")
"""Resources of which a node has whole devices."""

SPOT_LABELS = {
    "karpenter.sh/capacity-type": "spot",
    "eks.amazonaws.com/capacityType": "SPOT",
    "cloud.google.com/gke-spot": "true",
    "kubernetes.azure.com/scalesetpriority": "spot",
}
"""By which managed clusters mark nodes that may be taken away."""

ENDED = frozenset({"Succeeded", "Failed"})

MIB = 1024**2

UNITS: Mapping[str, int | Fraction] = {
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
    "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "m": Fraction(1, 1000),
}  # fmt: skip
"""Suffixes of quantities (Kubernetes API conventions, resource quantities)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What counts of one node; *devices* are those that are handed out whole."""

    name: str
    resource: str
    accelerator: Named
    devices: Fraction
    vcpus: int
    memory_mib: int
    capacity_type: CapacityType
    machine_type: str
    is_ready: bool
    used: Fraction


def quantity(text: str) -> Fraction:
    """A quantity of Kubernetes; ValueError for anything else.

    >>> quantity("1900m"), quantity("2Ki"), quantity("8")
    (Fraction(19, 10), Fraction(2048, 1), Fraction(8, 1))
    """
    unit = next((unit for unit in UNITS if text.endswith(unit)), "")
    try:
        return Fraction(Decimal(text.removesuffix(unit))) * UNITS.get(unit, 1)
    except ArithmeticError as error:
        message = f"not a quantity: {text!r}"
        raise ValueError(message) from error


def nodes(
    listed: Iterable[Payload], pods: Iterable[Payload], known: KnownAccelerators
) -> Iterator[Node | Diagnostic]:
    """Each node with accelerators; a finding for one that can not be read."""
    used = _used(pods)
    for payload in listed:
        try:
            yield from _node(payload, used, known)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            yield Diagnostic(
                severity=Severity.WARNING,
                code="machine-type-unreadable",
                subject=str(payload.get("metadata", {}).get("name", "?")),
                summary="The cluster does not say what this node is made of",
                detail=f"{type(error).__name__}: {error}",
                hint="It is left out.",
            )


def _used(pods: Iterable[Payload]) -> dict[tuple[str, str], Fraction]:
    """What pods that have not ended ask for, by node and resource."""
    found: dict[tuple[str, str], Fraction] = {}
    for pod in pods:
        node = pod.get("spec", {}).get("nodeName")
        if not node or pod.get("status", {}).get("phase") in ENDED:
            continue
        for container in pod["spec"].get("containers", ()):
            requests = (container.get("resources") or {}).get("requests") or {}
            for resource in ACCELERATORS:
                amount = quantity(str(requests.get(resource, "0")))
                found[node, resource] = found.get((node, resource), Fraction(0)) + amount
    return found


def _node(
    payload: Payload, used: Mapping[tuple[str, str], Fraction], known: KnownAccelerators
) -> Iterator[Node]:
    name, labels = payload["metadata"]["name"], payload["metadata"].get("labels") or {}
    capacity = payload["status"]["capacity"]
    for resource in ACCELERATORS:
        handed_out = quantity(str(capacity.get(resource, "0")))
        if not handed_out:
            continue
        # Time slicing hands out each device several times (nvidia.com/gpu.replicas).
        replicas = max(1, int(labels.get("nvidia.com/gpu.replicas", "1") or 1))
        accelerator = known.of(labels)
        devices = handed_out / replicas
        vcpus, memory = quantity(str(capacity["cpu"])), quantity(str(capacity["memory"]))
        yield Node(
            name=name,
            resource=resource,
            accelerator=accelerator,
            devices=devices,
            vcpus=int(vcpus),
            memory_mib=int(memory / MIB),
            capacity_type=_capacity_type(labels),
            machine_type=_machine_type(labels, accelerator, devices),
            is_ready=_is_ready(payload),
            used=used.get((name, resource), Fraction(0)) / replicas,
        )


def _capacity_type(labels: Mapping[str, str]) -> CapacityType:
    spot = any(labels.get(label) == value for label, value in SPOT_LABELS.items())
    return CapacityType.SPOT if spot else CapacityType.ON_DEMAND


def _machine_type(labels: Mapping[str, str], accelerator: Named, devices: Fraction) -> str:
    """What the node is called, and what it has: equal names must mean equal machines."""
    stated = labels.get("node.kubernetes.io/instance-type", "").replace("/", "-")
    made = f"{devices}x{accelerator.value.name}".replace("/", "-")
    return f"{stated}-{made}" if stated else made


def _is_ready(payload: Payload) -> bool:
    if payload.get("spec", {}).get("unschedulable"):
        return False
    conditions = payload["status"].get("conditions") or ()
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def offers(
    found: Sequence[Node], cluster: Cluster, region: RegionKey, now: datetime
) -> Iterator[Offer]:
    """One offer per machine type and capacity type: as much as the least of its nodes has."""
    for (machine_type, capacity_type), alike in _groups(found).items():
        first = alike[0]
        per_device = cluster.prices.get(first.accelerator.value.name)
        yield Offer(
            region=region,
            machine_type=MachineType(machine_type),
            family=machine_type,
            accelerator=first.accelerator.value,
            count=first.devices,
            vcpus=min(node.vcpus for node in alike),
            memory_mib=min(node.memory_mib for node in alike),
            capacity_type=capacity_type,
            price=None if per_device is None else per_device * first.devices,
            fetched_at=now,
            source="the owner's price",
        )


def quotas(found: Sequence[Node], region: RegionKey) -> Iterator[Quota]:
    """What is there: so many nodes that are ready, with so many devices, some of them taken."""
    for (machine_type, capacity_type), alike in _groups(found).items():
        ready = [node for node in alike if node.is_ready]
        counted = (
            (QuotaUnit.NODES, len(ready), None),
            (
                QuotaUnit.ACCELERATORS,
                int(sum((node.devices for node in ready), Fraction(0))),
                _rounded_up(sum((node.used for node in ready), Fraction(0))),
            ),
        )
        for unit, limit, used in counted:
            yield Quota(
                name=f"{region} {machine_type} {unit}",
                provider=NAME,
                region=region.region,
                capacity_types=frozenset({capacity_type}),
                machine_type=MachineType(machine_type),
                unit=unit,
                limit=limit,
                used=used,
                stated_by="the cluster",
            )


def _rounded_up(amount: Fraction) -> int:
    return -(-amount.numerator // amount.denominator)


def _groups(found: Sequence[Node]) -> dict[tuple[str, CapacityType], list[Node]]:
    groups: dict[tuple[str, CapacityType], list[Node]] = {}
    for node in sorted(found, key=lambda node: node.name):
        groups.setdefault((node.machine_type, node.capacity_type), []).append(node)
    return dict(sorted(groups.items()))
