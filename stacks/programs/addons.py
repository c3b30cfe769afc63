"""What every member runs beside its workloads: Helm releases, each of one version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from broker.domain.members import Member
from stacks.programs.gpu_operator import OperatorSetup, operator_values
from stacks.programs.pools import has_nvidia
from stacks.programs.tolerations import EVERYWHERE

INSTALL_SECONDS = 900
"""An add-on that is not up by then fails the stack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of *repository* (None where *name* is an OCI address), installed into *namespace*."""

    name: str
    version: str
    namespace: str
    repository: str | None = None
    source: str


CHARTS: Mapping[str, Chart] = MappingProxyType({
    "kueue": Chart(
        name="oci://registry.k8s.io/kueue/charts/kueue",
        version="0.19.2",
        namespace="kueue-system",
        source="github.com/kubernetes-sigs/kueue/releases/tag/v0.19.2",
    ),
    "gpu-operator": Chart(
        name="gpu-operator",
        version="v26.3.0",
        namespace="gpu-operator",
        repository="https://helm.ngc.nvidia.com/nvidia",
        source="docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/platform-support.html",
    ),
    "efa": Chart(
        name="aws-efa-k8s-device-plugin",
        version="v0.5.10",
        namespace="kube-system",
        repository="https://aws.github.io/eks-charts",
        source="github.com/aws/eks-charts/tree/master/stable/aws-efa-k8s-device-plugin",
    ),
    "neuron": Chart(
        name="oci://public.ecr.aws/neuron/neuron-helm-chart",
        version="1.10.0",
        namespace="kube-system",
        source="awsdocs-neuron.readthedocs-hosted.com/en/latest/containers/kubernetes-getting-started.html",
    ),
    "amd": Chart(
        name="amd-gpu",
        version="0.20.0",
        namespace="kube-system",
        repository="https://rocm.github.io/k8s-device-plugin",
        source="github.com/ROCm/k8s-device-plugin/tree/master/helm/amd-gpu",
    ),
    "cluster-autoscaler": Chart(
        name="cluster-autoscaler",
        version="9.57.0",
        namespace="kube-system",
        repository="https://kubernetes.github.io/autoscaler",
        source="github.com/kubernetes/autoscaler/releases/tag/cluster-autoscaler-chart-9.57.0",
    ),
    "falco": Chart(
        name="falco",
        version="9.2.0",
        namespace="falco",
        repository="https://falcosecurity.github.io/charts",
        source="github.com/falcosecurity/charts/tree/master/charts/falco",
    ),
})  # fmt: skip
"""Every version that a stack installs; a new version is a change of this table, and of a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How the cluster is reached, and what has to be there before anything can run in it."""

    kubeconfig: pulumi.Input[str]
    cluster_identifier: pulumi.Input[str]
    after: Sequence[pulumi.Resource]


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudAddons:
    """What a cloud leaves to the stack: NVIDIA's operator if at all, and charts of its own by name."""

    operator: OperatorSetup | None
    own: Mapping[str, Mapping[str, Any]]


def install(member: Member, reach: Reach, cloud: CloudAddons) -> None:
    """Kueue always, what GPUs need where the cloud does not bring it, the sensor if it is asked for."""
    provider = kubernetes.Provider(
        "cluster",
        kubeconfig=reach.kubeconfig,
        cluster_identifier=reach.cluster_identifier,
        enable_server_side_apply=True,
    )
    options = pulumi.ResourceOptions(provider=provider, depends_on=[*reach.after])
    wanted: dict[str, Mapping[str, Any]] = {"kueue": KUEUE_VALUES, **cloud.own}
    if cloud.operator is not None and has_nvidia(member):
        wanted["gpu-operator"] = operator_values(member, cloud.operator)
    if member.security_extras:
        wanted["falco"] = FALCO_VALUES
    for name, values in wanted.items():
        _release(name, CHARTS[name], values, options)


def _release(
    name: str, chart: Chart, values: Mapping[str, Any], options: pulumi.ResourceOptions
) -> None:
    repository = chart.repository
    kubernetes.helm.v3.Release(
        name,
        name=name,
        chart=chart.name,
        version=chart.version,
        namespace=chart.namespace,
        create_namespace=True,
        repository_opts=(
            kubernetes.helm.v3.RepositoryOptsArgs(repo=repository) if repository else None
        ),
        values=dict(values),
        timeout=INSTALL_SECONDS,
        atomic=True,
        opts=options,
    )


KUEUE_VALUES: Mapping[str, Any] = MappingProxyType({"enablePrometheus": False})
FALCO_VALUES: Mapping[str, Any] = MappingProxyType({
    "driver": {"kind": "modern_ebpf"},
    "tolerations": EVERYWHERE,
})  # fmt: skip
"""No kernel module is built on the node, and GPU nodes are watched too."""
