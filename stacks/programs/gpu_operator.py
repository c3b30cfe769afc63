"""How NVIDIA's operator is set up: device plugin, MIG manager and metrics, over drivers of the image."""

import json
from typing import Any

from broker.domain.members import Member, MemberPool, SharingKind
from stacks.programs.pools import NVIDIA, mig_profile, sharing_name

WHOLE = "whole"
"""The configuration of nodes that choose none."""


def operator_values(member: Member) -> dict[str, Any]:
    """The values of its chart for the pools of *member*.

    Nodes bring driver and container toolkit in their image; a node chooses its sharing by label.
    """
    configs = {WHOLE: _document({})}
    for pool in member.pools:
        name = sharing_name(pool)
        if name:
            configs[name] = _document(_sharing(pool))
    return {
        "driver": {"enabled": False},
        "toolkit": {"enabled": False},
        "dcgmExporter": {"enabled": True},
        "mig": {"strategy": "mixed" if any(map(mig_profile, member.pools)) else "none"},
        "migManager": {"enabled": any(mig_profile(pool) for pool in member.pools)},
        "devicePlugin": {
            "config": {
                "create": True,
                "name": "device-plugin-config",
                "default": WHOLE,
                "data": configs,
            }
        },
    }


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
