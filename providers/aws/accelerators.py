"""Which accelerator EC2 means by a name: its names and memory sizes differ from the makers'."""

import csv
from collections.abc import Iterable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CatalogInvalid

TABLE = "accelerators.csv"

Rows = Mapping[str, list[tuple[int, Accelerator]]]


class KnownAccelerators:
    """The table, by EC2's name; a device with at least so much memory is the larger variant."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def of(self, name: str, memory_mib: int) -> Accelerator | None:
        """The accelerator that EC2 calls *name* and gives *memory_mib*; None if it is new.

        None too where no memory is told and *name* has several variants.
        """
        variants = self._rows.get(name, [])
        if memory_mib <= 0 and len(variants) > 1:
            return None
        fitting = [known for least, known in variants if least <= memory_mib]
        return fitting[-1] if fitting else None


def bundled_tables() -> Traversable:
    """The folder of tables that is installed with this package."""
    return files("providers.aws") / "tables"


def known_accelerators(tables: Traversable) -> KnownAccelerators:
    """Read the table; raises CatalogInvalid if it is damaged."""
    try:
        text = (tables / TABLE).read_text(encoding="utf-8")
        return KnownAccelerators(_by_name(csv.DictReader(text.splitlines())))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CatalogInvalid(
            Diagnostic(
                code="catalog-damaged",
                subject=TABLE,
                summary=f"the table of accelerators can not be read: {type(error).__name__}",
                hint="reinstall gpu-broker",
            )
        ) from error


def _by_name(table: Iterable[Mapping[str, str]]) -> Rows:
    rows: dict[str, list[tuple[int, Accelerator]]] = {}
    for row in table:
        known = Accelerator(
            row["model"],
            row["variant"],
            int(row["memory_mib"]),
            AcceleratorKind(row["kind"]),
            row["manufacturer"],
        )
        rows.setdefault(row["name"], []).append((int(row["least_mib"] or 0), known))
    for variants in rows.values():
        variants.sort(key=lambda variant: variant[0])
    return rows
