"""Which pods are work that would be lost with the nodes of a pool: pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from broker.domain.ids import PoolName

ENDED = frozenset({"Succeeded", "Failed"})

OF_THE_NODE = frozenset({"DaemonSet", "Node"})
"""Owners of pods that come and go with each node; static pods are owned by the node itself."""

MIRROR = "kubernetes.io/config.mirror"
"""The annotation of what stands in the API for a static pod."""

ADDON_NAMESPACES = frozenset({
    "kube-system", "kube-public", "kube-node-lease",
    "kueue-system", "gpu-operator", "falco",
})  # fmt: skip
"""Where the clusters' own services run, and the add-ons of the stack: nobody's work."""

ADDON_PREFIXES = ("gke-managed-", "gmp-")
"""How the names of Google's own begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod as far as it matters here; *owners* are kinds, *annotations* names."""

    namespace: str
    node: str
    phase: str
    owners: tuple[str, ...] = ()
    annotations: frozenset[str] = frozenset()

    @property
    def is_work(self) -> bool:
        """Whether somebody would miss it; one that is ending still has its work to save."""
        return not (
            self.phase in ENDED
            or OF_THE_NODE.intersection(self.owners)
            or MIRROR in self.annotations
            or self.namespace in ADDON_NAMESPACES
            or self.namespace.startswith(ADDON_PREFIXES)
        )


def working(pods: Iterable[Pod], pools: Mapping[str, PoolName]) -> dict[PoolName, int]:
    """How many pods are work on each pool; *pools* tells of which pool a node is."""
    return dict(Counter(pools[pod.node] for pod in pods if pod.node in pools and pod.is_work))
