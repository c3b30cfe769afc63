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


@dataclass(frozen=True, slots=True, order=True)
class MigPlaces:
    """Where a slice may lie: over *size* memory slices of a device, from one of *starts* on.

    *compute* and *memory* are its parts of the whole device.
    """

    size: int
    starts: tuple[int, ...]
    compute: Fraction
    memory: Fraction


@dataclass(frozen=True, slots=True, order=True)
class MigProfile:
    """A NVIDIA Multi-Instance GPU profile such as `1g.10gb`."""

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

    def places_on(self, accelerator: Accelerator) -> MigPlaces | None:
        """Where a slice may lie on one device; None if *accelerator* can not be cut that way.

        It has no MIG, or its memory slice makes the profile impossible (`1g.10gb` needs an 80 GB
        device, or two slices of a 40 GB one).
        """
        return MIG_PROFILES.get(accelerator.name, {}).get(str(self))

    def share_of(self, accelerator: Accelerator) -> Fraction | None:
        """The share of one device by which a slice is sold: of compute or memory, the larger.

        None if *accelerator* can not be cut that way.
        """
        places = self.places_on(accelerator)
        return None if places is None else max(places.compute, places.memory)


def _places(of: tuple[int, int], *slices: tuple[int, int, tuple[int, ...]]) -> list[MigPlaces]:
    """For each kind of slice its compute and memory slices, *of* so many, and its first ones."""
    return [
        MigPlaces(memory, starts, Fraction(compute, of[0]), Fraction(memory, of[1]))
        for compute, memory, starts in slices
    ]


_OF_EIGHT = _places(
    (7, 8),
    (1, 1, (0, 1, 2, 3, 4, 5, 6)),
    (1, 2, (0, 2, 4, 6)),
    (2, 2, (0, 2, 4)),
    (3, 4, (0, 4)),
    (4, 4, (0,)),
    (7, 8, (0,)),
)
_OF_FOUR = _places((4, 4), (1, 1, (0, 1, 2, 3)), (2, 2, (0, 2)), (4, 4, (0,)))
"""What `nvidia-smi mig -lgipp` lists: all devices of the same number of slices are cut alike."""


def _named(text: str, places: list[MigPlaces]) -> dict[str, MigPlaces]:
    return dict(zip(text.split(), places, strict=True))


MIG_PROFILES: dict[str, dict[str, MigPlaces]] = {
    "A30": _named("1g.6gb 2g.12gb 4g.24gb", _OF_FOUR),
    "A100": _named("1g.5gb 1g.10gb 2g.10gb 3g.20gb 4g.20gb 7g.40gb", _OF_EIGHT),
    "A100-80GB": _named("1g.10gb 1g.20gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb", _OF_EIGHT),
    "H100": _named("1g.10gb 1g.20gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb", _OF_EIGHT),
    "H100-MEGA": _named("1g.10gb 1g.20gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb", _OF_EIGHT),
    "H100-NVL": _named("1g.12gb 1g.24gb 2g.24gb 3g.47gb 4g.47gb 7g.94gb", _OF_EIGHT),
    "GH200": _named("1g.12gb 1g.24gb 2g.24gb 3g.48gb 4g.48gb 7g.96gb", _OF_EIGHT),
    "H200": _named("1g.18gb 1g.35gb 2g.35gb 3g.71gb 4g.71gb 7g.141gb", _OF_EIGHT),
    "B200": _named("1g.23gb 1g.45gb 2g.45gb 3g.90gb 4g.90gb 7g.180gb", _OF_EIGHT),
}
"""By accelerator name (NVIDIA MIG user guide, "Supported MIG Profiles")."""
