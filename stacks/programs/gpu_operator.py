"""How NVIDIA's operator is set up: device plugin, MIG manager and metrics, over drivers of the image."""

import json
from dataclasses import dataclass
from typing import Any

from broker.domain.members import Member, MemberPool, SharingKind
from stacks.programs.pools import NVIDIA, mig_config, sharing_name
from stacks.programs.tolerations import EVERYWHERE

WHOLE = "whole"
"""The configuration of nodes that choose none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSetup:
    """How a cloud's nodes come: *cuts_devices* if MIG is left to the operator.

    *runtime_class* is the container runtime that knows the devices, if it is not called `nvidia`.
    """

    cuts_devices: bool
    runtime_class: str | None = None


def operator_values(member: Member, setup: OperatorSetup) -> dict[str, Any]:
    """The values of its chart for the pools of *member*.

    Nodes bring driver and container toolkit in their image; a node chooses its sharing by label.
    What finds devices and offers them stands taints beside that of devices, too: AKS puts one on spot
    nodes (github.com/Azure/AKS/issues/4418).
    """
    has_slices = any(mig_config(pool) for pool in member.pools)
    configs = {WHOLE: _document({})}
    for pool in member.pools:
        name = sharing_name(pool)
        if name:
            configs[name] = _document(_sharing(pool))
    runtime = {"operator": {"runtimeClass": setup.runtime_class}} if setup.runtime_class else {}
    return {
        **runtime,
        "daemonsets": {"tolerations": EVERYWHERE},
        "node-feature-discovery": {"worker": {"tolerations": EVERYWHERE}},
        "driver": {"enabled": False},
        "toolkit": {"enabled": False},
        "dcgmExporter": {"enabled": True},
        "mig": {"strategy": "mixed" if has_slices else "none"},
        "migManager": _mig_manager(member, is_on=has_slices and setup.cuts_devices),
        "devicePlugin": {
            "config": {
                "create": True,
                "name": "device-plugin-config",
                "default": WHOLE,
                "data": configs,
            }
        },
    }


def _mig_manager(member: Member, *, is_on: bool) -> dict[str, Any]:
    """Virtual machines have to start again before their devices are cut.

    Where the cloud has cut them, it must not run: it would join the slices again.
    Source: docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-mig.html.
    """
    if not is_on:
        return {"enabled": False}
    configs = _mig_configs(member)
    config = {"config": configs} if configs else {}
    return {"enabled": True, "env": [{"name": "WITH_REBOOT", "value": "true"}], **config}


def _mig_configs(member: Member) -> dict[str, Any]:
    """Cuts that the operator does not come with, and then all others that are wanted too.

    Its own are one profile each; a document of ours takes their place as a whole.
    """
    cuts = {
        name: pool.sharing.layout or ((pool.sharing.profile, pool.sharing.replicas),)
        for pool in member.pools
        for name in [mig_config(pool)]
        if name and pool.sharing
    }
    if not any(len(layout) > 1 for layout in cuts.values()):
        return {}
    configs = {"all-disabled": [{"devices": "all", "mig-enabled": False}]} | {
        name: [{"devices": "all", "mig-enabled": True, "mig-devices": dict(layout)}]
        for name, layout in sorted(cuts.items())
    }
    document = json.dumps({"version": "v1", "mig-configs": configs}, sort_keys=True)
    return {"create": True, "name": "mig-parted-config", "data": {"config.yaml": document}}


def _sharing(pool: MemberPool) -> dict[str, Any]:
    """What the device plugin reads (github.com/NVIDIA/k8s-device-plugin, "Shared Access to GPUs")."""
    if pool.sharing is None:
        return {}
    kind = "mps" if pool.sharing.kind is SharingKind.MPS else "timeSlicing"
    resource = {"name": NVIDIA, "replicas": pool.sharing.replicas}
    return {"sharing": {kind: {"resources": [resource]}}}


def _document(body: dict[str, Any]) -> str:
    """JSON is YAML too, and of one form only."""
    return json.dumps({"version": "v1", **body}, sort_keys=True)
