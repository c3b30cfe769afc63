"""What Azure's machine types with accelerators need to be told about themselves."""

import re

from broker.domain.members import MemberPool
from stacks.programs.pools import NVIDIA, device_of, mig_profile


def driver_of(pool: MemberPool) -> str:
    """Whether AKS installs the driver: it has one for NVIDIA's devices only."""
    return "Install" if device_of(pool) == NVIDIA else "None"


def slices_of(pool: MemberPool) -> str | None:
    """How AKS cuts each device: it names a MIG profile by its compute slices alone.

    Source: learn.microsoft.com/azure/aks/gpu-multi-instance.
    """
    profile = mig_profile(pool)
    if profile is None:
        return None
    return f"MIG{re.sub('[.].*', '', profile)}"
