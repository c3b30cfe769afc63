"""What Google's machine types with accelerators need to be told about themselves."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from broker.domain.members import MemberPool
from stacks.programs.pools import NVIDIA, device_of

ACCELERATOR_TYPES: Mapping[str, str] = MappingProxyType({
    "K80": "nvidia-tesla-k80",
    "P4": "nvidia-tesla-p4",
    "P100": "nvidia-tesla-p100",
    "V100": "nvidia-tesla-v100",
    "T4": "nvidia-tesla-t4",
    "L4": "nvidia-l4",
    "A100": "nvidia-tesla-a100",
    "A100-80GB": "nvidia-a100-80gb",
    "H100": "nvidia-h100-80gb",
    "H100-MEGA": "nvidia-h100-mega-80gb",
    "H200": "nvidia-h200-141gb",
    "B200": "nvidia-b200",
    "GB200": "nvidia-gb200",
    "RTXPRO6000": "nvidia-rtx-pro-6000",
})  # fmt: skip
"""Google's name of each accelerator (cloud.google.com/compute/docs/gpus)."""

ATTACHED = "n1-"
"""Machine types to which GPUs are attached; all others have them built in."""

UNPLACED = (ATTACHED, "ct")
"""Machine types that Google puts nowhere near each other on request; TPUs are by their topology
(cloud.google.com/compute/docs/instances/placement-policies-overview)."""

MOST_SHARING = 48
"""Containers that may share a device (cloud.google.com/kubernetes-engine/docs/concepts/timesharing-gpus)."""

DIRECT = ("a3-highgpu-8g", "a3-megagpu-8g", "a3-ultragpu-8g", "a4-highgpu-8g")
"""Machine types whose GPUs speak to those of other nodes past the processor: GPUDirect.

GKE makes the networks for it by itself when a pool asks for its profile `auto`
(cloud.google.com/kubernetes-engine/docs/how-to/gpu-bandwidth-gpudirect-tcpx).
"""

RDMA = ("a3-ultragpu-8g", "a4-highgpu-8g")
"""Those of them that do it by RDMA (Kubernetes Engine API v1, GPUDirectStrategy)."""


def accelerator_type(pool: MemberPool) -> str | None:
    """Google's name of the devices of NVIDIA that *pool* has; None where it has others or none."""
    if device_of(pool) != NVIDIA:
        return None
    known = ACCELERATOR_TYPES.get(pool.accelerator)
    return known or f"nvidia-{pool.accelerator.lower()}"


def device_count(pool: MemberPool) -> int:
    """Devices per node; a slice of one is a device to Google."""
    return math.ceil(pool.accelerators)
