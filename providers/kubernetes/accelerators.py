"""Which accelerator a node has, by the labels that operators and clouds put on it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from importlib.resources import files
from importlib.resources.abc import Traversable

from broker.domain.accelerators import Accelerator, AcceleratorKind, MigProfile
from providers.calls.tables import Row, accelerator_of, read_table
from providers.kubernetes.usage import SLICE

PRODUCT_LABELS = (
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "cloud.google.com/gke-accelerator",
    "gpu.nvidia.com/model",
)
"""In the order in which they are believed."""

MEMORY_LABEL = "nvidia.com/gpu.memory"
"""In MiB, as GPU feature discovery states it."""

SHARED_SUFFIX = "-SHARED"
"""Added to a product whose devices are shared by time (GPU feature discovery)."""

Labels = Mapping[str, str]

_SLICED = re.compile(r"^(?P<product>.+)-MIG-(?P<profile>[0-9]g\.[0-9]+gb.*)$")
"""A product of which every device is cut into slices of one profile (its strategy `single`)."""


@dataclass(frozen=True, slots=True)
class Named:
    """An accelerator, and whether the table *knows* it."""

    value: Accelerator
    known: bool


class KnownAccelerators:
    """The table, by patterns of product names."""

    def __init__(self, rows: tuple[tuple[tuple[str, ...], Accelerator], ...]) -> None:
        self._rows = rows

    def of(self, labels: Labels) -> Named:
        """The accelerator of a node with *labels*; a new one is named as its label names it."""
        label = next((labels[name] for name in PRODUCT_LABELS if labels.get(name)), "unlabelled")
        product = label.removesuffix(SHARED_SUFFIX)
        sliced = _SLICED.match(product)
        product = sliced["product"] if sliced else product
        for patterns, accelerator in self._rows:
            if any(fnmatchcase(product.lower(), pattern) for pattern in patterns):
                return Named(accelerator, known=True)
        memory = labels.get(MEMORY_LABEL, "0")
        new = Accelerator(
            product.replace("/", "-"),
            "",
            int(memory) if memory.isdecimal() else 0,
            AcceleratorKind.GPU,
            "unknown",
        )
        return Named(new, known=False)


def profile_of(resource: str, labels: Labels) -> str | None:
    """The MIG profile of what a node hands out as *resource*; None where it is whole devices."""
    if resource.startswith(SLICE):
        return resource.removeprefix(SLICE)
    label = next((labels[name] for name in PRODUCT_LABELS if labels.get(name)), "")
    sliced = _SLICED.match(label.removesuffix(SHARED_SUFFIX))
    return sliced["profile"] if sliced else None


def slice_of(profile: str, accelerator: Named) -> Fraction | None:
    """The share of a device that a slice of *profile* is; None for one that is not known."""
    try:
        return MigProfile.parse(profile).share_of(accelerator.value)
    except ValueError:
        return None


def bundled_tables() -> Traversable:
    """The folder of tables that is installed with this package."""
    return files("providers.kubernetes") / "tables"


def known_accelerators(tables: Traversable) -> KnownAccelerators:
    """Read the table; raises CatalogInvalid if it is damaged."""
    return read_table(
        tables, "accelerators.csv", lambda rows: KnownAccelerators(tuple(map(_row, rows)))
    )


def _row(row: Row) -> tuple[tuple[str, ...], Accelerator]:
    return tuple(row["pattern"].split("|")), accelerator_of(row)
