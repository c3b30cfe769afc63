"""A Kubernetes API on this computer that lists nodes and pods, and fails when it is told to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from providers.sandbox.faults import Fault, FaultKind, Faults
from providers.sandbox.http_server import HttpServer, Reply, Request

TOKEN = "token-of-nobody"  # noqa: S105  # no secret: it opens nothing

Payload = Mapping[str, Any]

REFUSALS = {
    FaultKind.THROTTLED: (429, "TooManyRequests"),
    FaultKind.UNAVAILABLE: (503, "ServiceUnavailable"),
    FaultKind.DENIED: (403, "Forbidden"),
    FaultKind.EXPIRED: (401, "Unauthorized"),
}


def node(  # noqa: PLR0913  # each is a fact of a node
    name: str,
    product: str = "NVIDIA-H100-80GB-HBM3",
    *,
    devices: str = "8",
    cpu: str = "192",
    memory: str = "2113393Mi",
    labels: Mapping[str, str] | None = None,
    ready: bool = True,
    unschedulable: bool = False,
    resource: str = "nvidia.com/gpu",
) -> dict[str, Any]:
    """A node as the API lists it."""
    capacity = {"cpu": cpu, "memory": memory, "pods": "110", resource: devices}
    return {
        "metadata": {
            "name": name,
            "labels": {"nvidia.com/gpu.product": product, **(labels or {})},
        },
        "spec": {"unschedulable": True} if unschedulable else {},
        "status": {
            "capacity": capacity,
            "allocatable": capacity,
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def pod(
    name: str, on: str, devices: str, phase: str = "Running", *, resource: str = "nvidia.com/gpu"
) -> dict[str, Any]:
    """A pod that asks for so many devices."""
    requests = {resource: devices, "cpu": "1900m"}
    container = {"name": "main", "image": "i", "resources": {"requests": requests}}
    return {
        "metadata": {"name": name, "namespace": "team"},
        "spec": {"nodeName": on, "containers": [container, {"name": "side", "image": "i"}]},
        "status": {"phase": phase},
    }


class KubeApi:
    """Several clusters behind one port, by the first part of the path."""

    def __init__(
        self,
        clusters: Mapping[str, tuple[Sequence[Payload], Sequence[Payload]]],
        faults: Sequence[Fault] = (),
        *,
        page: int = 2,
    ) -> None:
        self._clusters = clusters
        self._faults = Faults(faults)
        self._page = page
        self.asked: set[str] = set()
        self._server = HttpServer(self._answer)

    def stop(self) -> None:
        """Close the port."""
        self._server.stop()

    def environment(self, folder: Path, clusters_file: str) -> dict[str, str]:
        """Write kubeconfig and the owner's file; return the variables that name them."""
        names = [*self._clusters, "nobody-home"]
        hosts = {name: f"{self._server.url}/{name}" for name in self._clusters}
        kubeconfig = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": n, "cluster": {"server": hosts.get(n, "http://127.0.0.1:9")}}
                for n in names
            ],
            "contexts": [{"name": n, "context": {"cluster": n, "user": "u"}} for n in names],
            "users": [{"name": "u", "user": {"token": TOKEN}}],
        }
        (folder / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
        (folder / "clusters.toml").write_text(clusters_file)
        return {
            "KUBECONFIG": str(folder / "kubeconfig"),
            "BROKER_KUBERNETES_CLUSTERS": str(folder / "clusters.toml"),
        }

    def _answer(self, request: Request) -> Reply:
        _, cluster, _, _, what = request.path.split("/")
        self.asked.add(f"/api/v1/{what}")
        fault = self._faults.due(cluster)
        if request.bearer() != TOKEN:
            fault = FaultKind.EXPIRED
        if fault in REFUSALS:
            status, reason = REFUSALS[fault]
            body = {"kind": "Status", "status": "Failure", "reason": reason, "code": status}
            return Reply(body=body, status=status, headers={"Retry-After": "0"})
        nodes, pods = self._clusters[cluster]
        items = list(nodes if what == "nodes" else pods)
        begin = int(request.query.get("continue", "0"))
        end = begin + min(self._page, int(request.query["limit"]))
        following = {"continue": str(end)} if end < len(items) else {}
        if fault is FaultKind.LOOP:
            following = {"continue": "0"}
        return Reply(
            body={
                "kind": "NodeList" if what == "nodes" else "PodList",
                "apiVersion": "v1",
                "metadata": {"resourceVersion": "1", **following},
                "items": items[begin:end] or None,
            },
            fault=fault,
        )
