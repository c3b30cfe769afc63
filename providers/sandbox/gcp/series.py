"""How Google Cloud writes the series that it sells: types, chips, and names of SKUs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSeries:
    """One series. *cores* and *chip* are as in descriptions of SKUs; empty if there is no SKU.

    *ssd_gib* is the local SSD that comes with each whole device; *in_calendar* is whether machines
    can be reserved in calendar mode.
    """

    accelerator_type: str
    cores: str = ""
    chip: str = ""
    ssd_gib: int = 0
    in_calendar: bool = False


ATTACHED = re.compile(r"^(?P<type>n1-[a-z]+-\d+)\+(?P<count>\d+)x(?P<kind>nvidia-[a-z0-9-]+)$")
"""A machine type and the accelerators that are attached to it, as offers name both."""

CHIPS = {
    "nvidia-tesla-t4": "Nvidia Tesla T4 GPU",
    "nvidia-tesla-p4": "Nvidia Tesla P4 GPU",
    "nvidia-tesla-v100": "Nvidia Tesla V100 GPU",
    "nvidia-tesla-p100": "Nvidia Tesla P100 GPU",
}
"""What can be attached, as descriptions of SKUs write it."""


SERIES: Mapping[str, SandboxSeries] = {
    "a2-highgpu": SandboxSeries(
        accelerator_type="nvidia-tesla-a100", cores="A2", chip="Nvidia Tesla A100 GPU"
    ),
    "a2-megagpu": SandboxSeries(
        accelerator_type="nvidia-tesla-a100", cores="A2", chip="Nvidia Tesla A100 GPU"
    ),
    "a2-ultragpu": SandboxSeries(
        accelerator_type="nvidia-a100-80gb",
        cores="A2",
        chip="Nvidia Tesla A100 80GB GPU",
        ssd_gib=375,
    ),
    "a3-highgpu": SandboxSeries(
        accelerator_type="nvidia-h100-80gb",
        cores="A3",
        chip="Nvidia H100 80GB GPU",
        ssd_gib=750,
        in_calendar=True,
    ),
    "a3-megagpu": SandboxSeries(
        accelerator_type="nvidia-h100-mega-80gb",
        cores="A3Plus",
        chip="Nvidia H100 80GB Mega GPU",
        ssd_gib=750,
        in_calendar=True,
    ),
    "g2-standard": SandboxSeries(accelerator_type="nvidia-l4", cores="G2", chip="Nvidia L4 GPU"),
    "g4-standard": SandboxSeries(
        accelerator_type="nvidia-rtx-pro-6000", cores="G4", chip="RTX 6000 96GB"
    ),
    "ct3-hightpu": SandboxSeries(accelerator_type="ct3"),
    "ct3p-hightpu": SandboxSeries(accelerator_type="ct3p"),
    "ct5l-hightpu": SandboxSeries(accelerator_type="ct5l", chip="TpuV5e"),
    "ct5lp-hightpu": SandboxSeries(accelerator_type="ct5lp", chip="TpuV5e"),
    "ct5p-hightpu": SandboxSeries(accelerator_type="ct5p", chip="TpuV5p"),
    "ct6e-standard": SandboxSeries(accelerator_type="ct6e", chip="TpuV6e"),
    "tpu7x-standard": SandboxSeries(accelerator_type="tpu7x", chip="Tpu7x"),
}


def series_of(machine_type: str) -> SandboxSeries | None:
    """The series of a machine type; None for one that this stand-in does not sell."""
    attached = ATTACHED.match(machine_type)
    if attached is not None:
        chip = CHIPS.get(attached["kind"], "")
        return SandboxSeries(accelerator_type=attached["kind"], cores="N1 Predefined", chip=chip)
    return SERIES.get(machine_type.rpartition("-")[0])


def ssd_gib(machine_type: str, count: Fraction) -> int:
    """The local SSD that comes with a machine of *count* devices."""
    series = series_of(machine_type)
    return int(series.ssd_gib * count) if series else 0
