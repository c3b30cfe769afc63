"""Clusters that are there already as a provider of capacity: their nodes, at the owner's prices."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.resources.abc import Traversable
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CloudError
from broker.domain.geography import RegionKey
from broker.domain.ids import ZoneId
from broker.domain.regions import RegionResult, RegionStatus, Zone
from broker.ports.capacity import CapacityProvider, Connection
from providers.calls.effort import Effort, Patience
from providers.calls.failures import Question, not_found, unanswered
from providers.calls.findings import new_accelerator
from providers.kubernetes.accelerators import KnownAccelerators, bundled_tables, known_accelerators
from providers.kubernetes.api import Payload, asking
from providers.kubernetes.clusters import NAME, Cluster, clusters
from providers.kubernetes.offers import Node, nodes, offers, quotas

CLUSTERS = "BROKER_KUBERNETES_CLUSTERS"
"""The setting that names the owner's file."""

CLUSTERS_FILE = "clusters.toml"
"""Its name where no setting names one, in the working folder."""

ZONE_LABEL = "topology.kubernetes.io/zone"

SHARE_OF_DEADLINE = 0.7


class Kubernetes:
    """The clusters of the owner's file, each a region of its own, whose name is its context."""

    def __init__(
        self,
        connection: Connection,
        *,
        environment: Mapping[str, str] = os.environ,
        patience: Patience | None = None,
        tables: Traversable | None = None,
    ) -> None:
        self._clock = connection.clock
        self._environment = environment
        seconds = connection.region_seconds
        self._patience = patience or Patience(
            seconds=seconds * SHARE_OF_DEADLINE, silence_seconds=seconds / 4
        )
        self._tables = bundled_tables() if tables is None else tables

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        return NAME

    def regions(self) -> Sequence[RegionKey]:
        """The clusters that the owner has priced; none without a file. Raises CatalogInvalid."""
        known_accelerators(self._tables)  # damage is said at every question
        return sorted(self._clusters())

    def discover(self, region: RegionKey) -> RegionResult:
        """What the nodes of the cluster have, and how much of it is taken."""
        known, now = known_accelerators(self._tables), self._clock.now()
        question = Question(
            subject=str(region),
            permission="list on nodes and pods, as docs/permissions.md shows",
            credentials="Name the context in kubeconfig, or the file in KUBECONFIG.",
        )
        cluster = self._clusters().get(region)
        try:
            if cluster is None:
                raise not_found(question)
            kubeconfig = self._environment.get("KUBECONFIG")
            with asking(cluster.context, kubeconfig, Effort(self._patience, question)) as api:
                return _result(cluster, list(api.nodes()), list(api.pods()), known, now)
        except CloudError as error:
            answer = unanswered(region, error, asked_at=now, source=NAME)
            return answer if cluster is None else replace(answer, place=cluster.place)

    def _clusters(self) -> dict[RegionKey, Cluster]:
        return clusters(Path(self._environment.get(CLUSTERS) or CLUSTERS_FILE))


def _result(
    cluster: Cluster,
    listed: Sequence[Payload],
    pods: Sequence[Payload],
    known: KnownAccelerators,
    now: datetime,
) -> RegionResult:
    region = cluster.place.key
    told = list(nodes(listed, pods, known))
    found = [one for one in told if isinstance(one, Node)]
    unreadable = [one for one in told if isinstance(one, Diagnostic)]
    new = sorted({node.accelerator.value.name for node in found if not node.accelerator.known})
    sold = sorted(offers(found, cluster, region, now), key=lambda offer: offer.name)
    zones = {(payload["metadata"].get("labels") or {}).get(ZONE_LABEL) for payload in listed}
    return RegionResult(
        region=region,
        status=RegionStatus.OK,
        offers=tuple(sold),
        fetched_at=now,
        source=NAME,
        findings=(*unreadable, *(new_accelerator(str(region), name) for name in new)),
        zones=tuple(sorted(Zone(ZoneId(zone)) for zone in zones if zone)),
        quotas=tuple(sorted(quotas(found, region), key=lambda quota: quota.name)),
        place=cluster.place,
    )


_: type[CapacityProvider] = Kubernetes
