"""Which accelerator each family of Azure sizes has: the API tells a count, never a model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from importlib.resources.abc import Traversable

from broker.domain.accelerators import Accelerator
from providers.calls.tables import Row, accelerator_of, read_table


@dataclass(frozen=True, slots=True)
class FamilyAccelerator:
    """The accelerator of a family, and how many vCPUs go with a whole device.

    *vcpus_per_device* is None where every size has whole devices. Where sizes are cut from one,
    Azure tells a count of 1 for a sixth of a device as for a whole one.
    """

    accelerator: Accelerator
    vcpus_per_device: int | None

    def devices(self, told: int, vcpus: int) -> Fraction:
        """The devices of a size, of which Azure tells the whole number *told*."""
        if self.vcpus_per_device is None or vcpus >= self.vcpus_per_device:
            return Fraction(told)
        return Fraction(vcpus, self.vcpus_per_device)


def plain(family: str) -> str:
    """A family without the spaces, cases and affixes in which its spellings differ.

    >>> plain("Standard NCASv3_T4 Family"), plain("standardNCSv3Family")
    ('ncasv3t4', 'ncsv3')
    """
    letters = re.sub(r"[^a-z0-9]", "", family.lower())
    return letters.removeprefix("standard").removesuffix("family")


Families = Mapping[str, FamilyAccelerator | None]
"""By plain name; None for a family whose devices Azure counts as GPUs and that are something else."""

FPGA = "fpga"


def bundled_tables() -> Traversable:
    """The folder of tables that is installed with this package."""
    return files("providers.azure") / "tables"


def known_families(tables: Traversable) -> Families:
    """The families by their plain names; raises CatalogInvalid if the table is damaged."""
    return read_table(tables, "accelerators.csv", lambda rows: dict(map(_family, rows)))


def _family(row: Row) -> tuple[str, FamilyAccelerator | None]:
    if row["kind"] == FPGA:
        return row["family"], None
    vcpus = row["vcpus_per_device"]
    return row["family"], FamilyAccelerator(accelerator_of(row), int(vcpus) if vcpus else None)
