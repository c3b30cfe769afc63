"""What Google Cloud's interfaces do not tell: which chip a type is, and what it is billed by."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from broker.domain.accelerators import Accelerator
from providers.calls.tables import Row, accelerator_of, read_table

ATTACHABLE_CORES = "n1"
"""The family of machines to which accelerators are attached, as its rates name it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """So many accelerators of a type go with a machine of no more vCPUs and memory than these.

    *devices* is the plain name of their rate.
    """

    accelerator_type: str
    devices: str
    count: int
    vcpus_most: int
    memory_gib_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Accelerators by type, as machine types name them (`nvidia-h100-80gb`), and series by name.

    The name of a series is all of a machine type but its last part. *attachable* is what can be
    attached to machines that come without accelerators.
    """

    accelerators: Mapping[str, KnownAccelerator]
    series: Mapping[str, Series]
    attachable: tuple[Attachment, ...] = ()

    def billed_names(self) -> frozenset[str]:
        """What machines of all series are billed by: families of cores, and devices."""
        named = {name for s in self.series.values() for name in (s.cores, s.devices) if name}
        return frozenset({*named, ATTACHABLE_CORES, *(each.devices for each in self.attachable)})


def bundled_tables() -> Traversable:
    """The folder of tables that is installed with this package."""
    return files("providers.gcp") / "tables"


def read_tables(folder: Traversable) -> Tables:
    """Read them; raises CatalogInvalid if one is damaged."""
    return Tables(
        accelerators=read_table(folder, "accelerators.csv", lambda rows: dict(map(_known, rows))),
        series=read_table(folder, "series.csv", lambda rows: dict(map(_series, rows))),
        attachable=read_table(folder, "attachable.csv", lambda rows: tuple(map(_attachment, rows))),
    )


def _known(row: Row) -> tuple[str, KnownAccelerator]:
    return row["accelerator_type"], KnownAccelerator(accelerator_of(row), row["quota_family"])


def _attachment(row: Row) -> Attachment:
    return Attachment(
        accelerator_type=row["accelerator_type"],
        devices=row["devices"],
        count=int(row["count"]),
        vcpus_most=int(row["vcpus_most"]),
        memory_gib_most=int(row["memory_gib_most"]),
    )


def _series(row: Row) -> tuple[str, Series]:
    per_device, least = row["vcpus_per_device"], row["devices_on_demand"]
    return row["series"], Series(
        cores=row["cores"],
        devices=row["devices"],
        local_ssd_gib=int(row["local_ssd_gib"] or 0),
        vcpus_per_device=int(per_device) if per_device else None,
        devices_on_demand=None if least == "none" else int(least),
    )
