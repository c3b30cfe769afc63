"""Which accelerator a node has, by the labels that operators and clouds put on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from importlib.resources.abc import Traversable

from broker.domain.accelerators import Accelerator, AcceleratorKind
from providers.calls.tables import Row, accelerator_of, read_table

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


@dataclass(frozen=True, slots=True)
class Named:
    """An accelerator, and whether the table *knows* it."""

    value: Accelerator
    known: bool


class KnownAccelerators:
    """The table, by patterns of product names."""

    def __init__(self, rows: tuple[tuple[tuple[str, ...], Accelerator], ...]) -> None:
        self._rows = rows

    def of(self, labels: Mapping[str, str]) -> Named:
        """The accelerator of a node with *labels*; a new one is named as its label names it."""
        label = next((labels[name] for name in PRODUCT_LABELS if labels.get(name)), "unlabelled")
        product = label.removesuffix(SHARED_SUFFIX)
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
