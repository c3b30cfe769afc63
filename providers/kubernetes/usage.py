"""What pods take of the devices of nodes: pure."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from providers.kubernetes.quantities import quantity

Payload = Mapping[str, Any]

WHOLE = ("nvidia.com/gpu", "amd.com/gpu", "habana.ai/gaudi", "google.com/tpu")
"""Resources of which a node has whole devices."""

SLICE = "nvidia.com/mig-"
"""How resources begin of which a node has slices of devices, one for each MIG profile."""

ENDED = frozenset({"Succeeded", "Failed"})

STAYS = "Always"
"""With this restart policy an init container stays beside those that come after it."""


def is_accelerator(resource: str) -> bool:
    """Whether *resource* is of accelerators, or of slices of them."""
    return resource in WHOLE or resource.startswith(SLICE)


def used(pods: Iterable[Payload]) -> dict[tuple[str, str], Fraction]:
    """What pods that have not ended hold, by node and resource."""
    found: dict[tuple[str, str], Fraction] = {}
    for pod in pods:
        node = pod.get("spec", {}).get("nodeName")
        if not node or pod.get("status", {}).get("phase") in ENDED:
            continue
        for resource, amount in _held(pod["spec"]):
            found[node, resource] = found.get((node, resource), Fraction(0)) + amount
    return found


def _held(spec: Payload) -> Iterator[tuple[str, Fraction]]:
    """The most that a pod takes at once: its containers together, or one that prepares them.

    What stays from the preparation is there beside both (Kubernetes, "Sidecar containers": resource
    sharing within containers).
    """
    containers, preparing = spec.get("containers") or (), spec.get("initContainers") or ()
    asked = [_asked(container) for container in (*preparing, *containers)]
    for resource in sorted({resource for one in asked for resource in one}):
        staying = most = Fraction(0)
        for container, wants in zip(preparing, asked, strict=False):
            amount = wants.get(resource, Fraction(0))
            most = max(most, staying + amount)
            staying += amount if container.get("restartPolicy") == STAYS else 0
        main = asked[len(preparing) :]
        yield (
            resource,
            max(most, staying + sum((w.get(resource, Fraction(0)) for w in main), Fraction(0))),
        )


def _asked(container: Payload) -> dict[str, Fraction]:
    requests = (container.get("resources") or {}).get("requests") or {}
    return {name: quantity(str(n)) for name, n in requests.items() if is_accelerator(name)}
