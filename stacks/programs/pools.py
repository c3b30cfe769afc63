"""What all clouds have in common about a pool: its taint, how its devices are shared, its size."""

from collections.abc import Mapping
from types import MappingProxyType

from broker.domain.members import Member, MemberPool, SharingKind

POOL_TIMEOUT = "40m"
"""Giving a pool of GPUs its nodes takes minutes where there are any; this long, and it is given up."""

NVIDIA = "nvidia.com/gpu"
AMD = "amd.com/gpu"
NEURON = "aws.amazon.com/neuron"

DEVICES: Mapping[str, str] = MappingProxyType({
    "TPU": "google.com/tpu",
    "Trainium": NEURON,
    "Inferentia": NEURON,
    "Gaudi": "habana.ai/gaudi",
    "AI100": "qualcomm.com/qaic",
    "MI": AMD,
    "V520": AMD,
    "V620": AMD,
})  # fmt: skip
"""What Kubernetes calls the devices of an accelerator whose name begins so; all others are NVIDIA's."""


def device_of(pool: MemberPool) -> str | None:
    """What pods ask for to get a device of *pool*, which is its taint too; None without devices."""
    if not pool.accelerators:
        return None
    return next(
        (device for start, device in DEVICES.items() if pool.accelerator.startswith(start)), NVIDIA
    )


def has_nvidia(member: Member) -> bool:
    """Whether any pool of *member* has devices of NVIDIA."""
    return any(device_of(pool) == NVIDIA for pool in member.pools)


def is_autoscaled(pool: MemberPool) -> bool:
    """Whether the number of nodes may change without the broker."""
    return pool.min_nodes < pool.max_nodes


def size_of(pool: MemberPool) -> int:
    """The number of nodes to ask for: those that run, as far as they are within the bounds."""
    if pool.running is None or not is_autoscaled(pool):
        return pool.nodes
    return min(max(pool.running, pool.min_nodes), pool.max_nodes)


def left_alone(pool: MemberPool, path: str) -> list[str]:
    """The number of nodes, at *path*, where it is an autoscaler's within its bounds: no plan sets it back.

    Else each plan would pay again for nodes that nobody needs, or take away those that work needs. What
    runs beyond new bounds is brought within them in the same call: clouds refuse bounds that do not hold
    the size, and a size that is not within the bounds.
    """
    is_outside = pool.running is not None and pool.running != size_of(pool)
    return [path] if is_autoscaled(pool) and not is_outside else []


def sharing_name(pool: MemberPool) -> str | None:
    """The configuration of the device plugin that the nodes of *pool* choose by label.

    None where a device is whole, or is divided by MIG: then there is nothing to configure.
    """
    if pool.sharing is None or pool.sharing.kind is SharingKind.MIG:
        return None
    return f"{pool.sharing.kind}-{pool.sharing.replicas}"


def mig_profile(pool: MemberPool) -> str | None:
    """The MIG profile into which each device of *pool* is cut, if it is of one."""
    if pool.sharing is None or pool.sharing.kind is not SharingKind.MIG:
        return None
    return pool.sharing.profile


def mig_config(pool: MemberPool) -> str | None:
    """What NVIDIA's operator calls the cut of each device of *pool*: `all-1g.10gb`.

    A cut into several profiles has a name of its own: `4x1g.10gb-1x3g.40gb`.
    """
    if pool.sharing is None or pool.sharing.kind is not SharingKind.MIG:
        return None
    if pool.sharing.profile:
        return f"all-{pool.sharing.profile}"
    return "-".join(f"{count}x{profile}" for profile, count in pool.sharing.layout)
