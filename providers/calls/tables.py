"""Reading a table that is installed with an adapter."""

import csv
from collections.abc import Callable, Mapping
from importlib.resources.abc import Traversable
from typing import TypeVar

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CatalogInvalid

T = TypeVar("T")

Row = Mapping[str, str]


def accelerator_of(row: Row) -> Accelerator:
    """The accelerator that a row describes, in the columns that all such tables have."""
    return Accelerator(
        row["model"],
        row["variant"],
        int(row["memory_mib"]),
        AcceleratorKind(row["kind"]),
        row["manufacturer"],
    )


def read_table(folder: Traversable, file: str, parse: Callable[[list[Row]], T]) -> T:
    """What *parse* makes of the rows of *file*; raises CatalogInvalid if it is damaged.

    A ValueError, KeyError or TypeError of *parse* means that; so does a table without rows.
    """
    try:
        text = (folder / file).read_text(encoding="utf-8")
        rows: list[Row] = list(csv.DictReader(text.splitlines()))
        if rows:
            return parse(rows)
        what = "it is empty"
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = type(error).__name__
    raise CatalogInvalid(
        Diagnostic(
            code="catalog-damaged",
            subject=file,
            summary=f"the table {file} can not be read: {what}",
            hint="reinstall gpu-broker",
        )
    )
