"""What Azure's machine types with accelerators need to be told about themselves."""

import re

from broker.domain.members import MemberPool
from stacks.programs.pools import NVIDIA, device_of, mig_profile


def zone_numbers(pool: MemberPool) -> list[str] | None:
    """The zone of *pool* as AKS wants it: by its number in this subscription, if that is known."""
    return [pool.zone] if pool.zone and pool.zone.isdecimal() else None


def holds_ahead(machine_type: str) -> bool:
    """Whether Azure holds such machines for who wants them later, which it does not of the largest.

    Source: learn.microsoft.com/azure/virtual-machines/capacity-reservation-overview.
    """
    return re.match(r"Standard_(ND|NC\d+adi?s_H100_v5)", machine_type) is None


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
