"""What Google Cloud's interfaces do not tell: which chip a type is, and what it is billed by."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from broker.domain.accelerators import Accelerator, AcceleratorKind


@dataclass(frozen=True, slots=True)
class KnownAccelerator:
    """An accelerator, and the family under which its quota is counted (`NVIDIA_H100`)."""

    accelerator: Accelerator
    quota_family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """How a series of machine types (`a3-highgpu`) is billed.

    *cores* is the family whose vCPU and memory rates hold; empty where the rate of a device covers
    the whole machine. *devices* is the plain name of that rate. *local_ssd_gib* is what comes with
    each device and is billed apart. *vcpus_per_device* is set where types are cut from a device.
    *devices_on_demand* is the least number that is sold on demand; None if none is.
    """

    cores: str
    devices: str
    local_ssd_gib: int
    vcpus_per_device: int | None
    devices_on_demand: int | None


@cache
def known_accelerators() -> Mapping[str, KnownAccelerator]:
    """The accelerators by type, as machine types name them (`nvidia-h100-80gb`)."""
    return {
        row["accelerator_type"]: KnownAccelerator(
            Accelerator(
                row["model"],
                row["variant"],
                int(row["memory_mib"]),
                AcceleratorKind(row["kind"]),
                row["manufacturer"],
            ),
            row["quota_family"],
        )
        for row in _rows("accelerators.csv")
    }


@cache
def known_series() -> Mapping[str, Series]:
    """The series by their name, which is all of a machine type but its last part."""
    return {
        row["series"]: Series(
            cores=row["cores"],
            devices=row["devices"],
            local_ssd_gib=int(row["local_ssd_gib"] or 0),
            vcpus_per_device=int(row["vcpus_per_device"]) if row["vcpus_per_device"] else None,
            devices_on_demand=(
                None if row["devices_on_demand"] == "none" else int(row["devices_on_demand"])
            ),
        )
        for row in _rows("series.csv")
    }


def _rows(table: str) -> list[dict[str, str]]:
    text = (files("providers.gcp") / table).read_text()
    return list(csv.DictReader(text.splitlines()))
