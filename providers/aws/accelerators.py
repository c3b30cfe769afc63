"""Which accelerator EC2 means by a name: its names and memory sizes differ from the makers'."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from broker.domain.accelerators import Accelerator
from providers.calls.tables import Row, accelerator_of, read_table

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
    return read_table(tables, TABLE, lambda rows: KnownAccelerators(_by_name(rows)))


def _by_name(table: Iterable[Row]) -> Rows:
    rows: dict[str, list[tuple[int, Accelerator]]] = {}
    for row in table:
        known = int(row["least_mib"] or 0), accelerator_of(row)
        rows.setdefault(row["name"], []).append(known)
    for variants in rows.values():
        variants.sort(key=lambda variant: variant[0])
    return rows
