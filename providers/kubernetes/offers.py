"""Nodes and pods of a cluster into offers, quotas and findings: pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import Quota, QuotaUnit
from providers.kubernetes.accelerators import (
    KnownAccelerators,
    Labels,
    Named,
    profile_of,
    slice_of,
)
from providers.kubernetes.clusters import NAME, Cluster
from providers.kubernetes.quantities import quantity
from providers.kubernetes.usage import is_accelerator, used

Payload = Mapping[str, Any]

COUNT_LABEL = "nvidia.com/gpu.count"
"""The devices of a node, as GPU feature discovery counts them."""

SPOT_LABELS = {
    "karpenter.sh/capacity-type": "spot",
    "eks.amazonaws.com/capacityType": "SPOT",
    "cloud.google.com/gke-spot": "true",
    "kubernetes.azure.com/scalesetpriority": "spot",
}
"""By which managed clusters mark nodes that may be taken away."""

MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What counts of one node, or of its slices of one profile.

    It hands out *parts* that are alike: one that has all of its whole devices, or its slices, each
    with its share of the node. *devices*, vCPUs and memory are those of one part; *taken* is how
    much of *devices* times *parts* pods hold.
    """

    name: str
    resource: str
    accelerator: Named
    parts: int = 1
    devices: Fraction
    vcpus: int
    memory_mib: int
    capacity_type: CapacityType
    machine_type: str
    is_ready: bool
    taken: Fraction


def nodes(
    listed: Iterable[Payload], pods: Iterable[Payload], known: KnownAccelerators
) -> Iterator[Node | Diagnostic]:
    """Each node with accelerators; a finding for what can not be read."""
    taken = used(pods)
    for payload in listed:
        try:
            resources = [name for name in payload["status"]["capacity"] if is_accelerator(name)]
            for resource in sorted(resources):
                yield from _handed_out(payload, resource, taken, known)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            name = str(payload.get("metadata", {}).get("name", "?"))
            yield _unreadable(name, f"{type(error).__name__}: {error}")


def _unreadable(node: str, why: str) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="machine-type-unreadable",
        subject=node,
        summary="The cluster does not say what this node is made of",
        detail=why,
        hint="It is left out.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """*number* parts of *devices* each, which are *of_node*; *unit* is what a pod asks for one of."""

    number: int
    devices: Fraction
    of_node: Fraction
    unit: Fraction
    called: str


def _handed_out(
    payload: Payload,
    resource: str,
    taken: Mapping[tuple[str, str], Fraction],
    known: KnownAccelerators,
) -> Iterator[Node | Diagnostic]:
    """What the node hands out under the name *resource*."""
    metadata, capacity = payload["metadata"], payload["status"]["capacity"]
    labels = metadata.get("labels") or {}
    # Time slicing hands out each device or slice several times.
    times = max(1, int(labels.get(f"{resource}.replicas", "1") or 1))
    amount, accelerator = quantity(str(capacity[resource])) / times, known.of(labels)
    if not amount:
        return
    parts = _parts(amount, resource, payload, accelerator)
    if parts is None:
        profile = profile_of(resource, labels)
        yield _unreadable(metadata["name"], f"{accelerator.value.name} in slices of {profile}")
        return
    yield Node(
        name=metadata["name"],
        resource=resource,
        accelerator=accelerator,
        parts=parts.number,
        devices=parts.devices,
        vcpus=int(quantity(str(capacity["cpu"])) * parts.of_node),
        memory_mib=int(quantity(str(capacity["memory"])) * parts.of_node / MIB),
        capacity_type=_capacity_type(labels),
        machine_type=_machine_type(labels, accelerator, parts.called),
        is_ready=_is_ready(payload),
        taken=taken.get((metadata["name"], resource), Fraction(0)) / times * parts.unit,
    )


def _parts(amount: Fraction, resource: str, payload: Payload, accelerator: Named) -> _Parts | None:
    """Those into which a node is handed out; None for slices of a profile that is not known."""
    labels = payload["metadata"].get("labels") or {}
    profile = profile_of(resource, labels)
    if profile is None:
        whole = Fraction(1)
        return _Parts(number=1, devices=amount, of_node=whole, unit=whole, called=str(amount))
    share = slice_of(profile, accelerator)
    if share is None:
        return None
    of_node = share / _physical(labels, payload["status"]["capacity"], accelerator)
    return _Parts(number=int(amount), devices=share, of_node=of_node, unit=share, called=profile)


def _physical(labels: Labels, capacity: Mapping[str, Any], accelerator: Named) -> Fraction:
    """How many devices the node has, sliced or not: as labelled, or as many as hold all slices."""
    labelled = labels.get(COUNT_LABEL, "")
    if labelled.isdecimal() and int(labelled):
        return Fraction(int(labelled))
    held = Fraction(0)
    for resource, amount in capacity.items():
        if is_accelerator(resource):
            profile = profile_of(resource, labels)
            share = Fraction(1) if profile is None else slice_of(profile, accelerator)
            held += quantity(str(amount)) * (share or 0)
    return max(held, Fraction(1))


def _capacity_type(labels: Labels) -> CapacityType:
    spot = any(labels.get(label) == value for label, value in SPOT_LABELS.items())
    return CapacityType.SPOT if spot else CapacityType.ON_DEMAND


def _machine_type(labels: Labels, accelerator: Named, what: str) -> str:
    """What the node is called, and what it has: equal names must mean equal machines."""
    stated = labels.get("node.kubernetes.io/instance-type", "").replace("/", "-")
    made = f"{what}x{accelerator.value.name}".replace("/", "-")
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
    """What is there: so many nodes that are ready, with so many devices, some of them taken.

    Of slices, each counts as a node.
    """
    for (machine_type, capacity_type), alike in _groups(found).items():
        for unit, limit, taken in _counted([node for node in alike if node.is_ready]):
            yield Quota(
                name=f"{region} {machine_type} {unit}",
                provider=NAME,
                region=region.region,
                capacity_types=frozenset({capacity_type}),
                machine_type=MachineType(machine_type),
                unit=unit,
                limit=limit,
                used=taken,
                stated_by="the cluster",
            )


def _counted(ready: Sequence[Node]) -> Iterator[tuple[QuotaUnit, int, int | None]]:
    """Unit, limit and use of the nodes of one machine type."""
    parts = sum(node.parts for node in ready)
    taken = sum((node.taken for node in ready), Fraction(0))
    if ready and ready[0].devices < 1:
        yield QuotaUnit.NODES, parts, _rounded_up(taken / ready[0].devices)
        return
    devices = sum((node.devices for node in ready), Fraction(0))
    yield QuotaUnit.NODES, parts, None
    yield QuotaUnit.ACCELERATORS, int(devices), _rounded_up(taken)


def _rounded_up(amount: Fraction) -> int:
    return -(-amount.numerator // amount.denominator)


def _groups(found: Sequence[Node]) -> dict[tuple[str, CapacityType], list[Node]]:
    groups: dict[tuple[str, CapacityType], list[Node]] = {}
    for node in sorted(found, key=lambda node: node.name):
        groups.setdefault((node.machine_type, node.capacity_type), []).append(node)
    return dict(sorted(groups.items()))
