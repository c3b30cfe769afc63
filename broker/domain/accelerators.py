"""GPUs, TPUs and their kin, and the slices they can be cut into."""

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Self

MIB_PER_GIB = 1024


class AcceleratorKind(StrEnum):
    """What sort of chip it is."""

    GPU = "gpu"
    TPU = "tpu"
    NPU = "npu"


@dataclass(frozen=True, slots=True, order=True)
class Accelerator:
    """One model of accelerator with one size of memory.

    *model* is the family people ask for (`A100`); *variant* tells its siblings apart (`80GB`,
    `NVL`), empty for the plain one. *memory_mib* is the nominal memory of one whole device.

    >>> Accelerator(model="A100", variant="80GB", memory_mib=81920, kind=AcceleratorKind.GPU).name
    'A100-80GB'
    """

    model: str
    variant: str
    memory_mib: int
    kind: AcceleratorKind
    manufacturer: str = "NVIDIA"

    @property
    def name(self) -> str:
        """Model and variant, as written in specs and offers."""
        return f"{self.model}-{self.variant}" if self.variant else self.model

    @property
    def memory_gib(self) -> int:
        """Memory of one device in whole GiB, rounded to the nearest."""
        return round(self.memory_mib / MIB_PER_GIB)


_MIG = re.compile(r"^(?P<compute>[1-7])g\.(?P<memory>\d+)gb$")

MIG_COMPUTE_SLICES = 7
MIG_MEMORY_SLICES = 8


@dataclass(frozen=True, slots=True, order=True)
class MigProfile:
    """A NVIDIA Multi-Instance GPU profile such as `1g.10gb`.

    A device has 7 compute slices and 8 memory slices (NVIDIA MIG user guide, "Partitioning").
    """

    compute_slices: int
    memory_gib: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1g.10gb`; ValueError if it is not of that form."""
        match = _MIG.match(text)
        if match is None:
            message = f"not a MIG profile: {text!r}"
            raise ValueError(message)
        return cls(int(match["compute"]), int(match["memory"]))

    def __str__(self) -> str:
        """As NVIDIA writes it."""
        return f"{self.compute_slices}g.{self.memory_gib}gb"

    def share_of(self, accelerator: Accelerator) -> Fraction | None:
        """The share of one device it takes: compute sevenths or memory eighths, the larger.

        None if *accelerator* can not be cut that way: it has no MIG, or its memory slice makes the
        profile impossible (`1g.10gb` needs an 80 GB device, `1g.5gb` a 40 GB one).
        """
        profiles = MIG_PROFILES.get(accelerator.name, {})
        memory_slices = profiles.get(str(self))
        if memory_slices is None:
            return None
        compute = Fraction(self.compute_slices, MIG_COMPUTE_SLICES)
        return max(compute, Fraction(memory_slices, MIG_MEMORY_SLICES))


MIG_PROFILES: dict[str, dict[str, int]] = {
    "A100": {"1g.5gb": 1, "1g.10gb": 2, "2g.10gb": 2, "3g.20gb": 4, "4g.20gb": 4, "7g.40gb": 8},
    "A100-80GB": {
        "1g.10gb": 1, "1g.20gb": 2, "2g.20gb": 2, "3g.40gb": 4, "4g.40gb": 4, "7g.80gb": 8,
    },
    "H100": {
        "1g.10gb": 1, "1g.20gb": 2, "2g.20gb": 2, "3g.40gb": 4, "4g.40gb": 4, "7g.80gb": 8,
    },
    "H200": {
        "1g.18gb": 1, "1g.35gb": 2, "2g.35gb": 2, "3g.71gb": 4, "4g.71gb": 4, "7g.141gb": 8,
    },
}  # fmt: skip
"""Memory slices per profile, by accelerator name (NVIDIA MIG user guide, supported profiles)."""
