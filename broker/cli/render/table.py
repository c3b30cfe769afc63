"""Tables that fit: columns with a common width, the least important left out if need be."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from broker.cli.render.style import Style

PIPE_WIDTH = 120
NARROWEST = 80
GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: *cells* top to bottom, all columns of a table having equally many.

    *expendable* says in which turn it goes when the table is too wide: 0 stays, 1 goes first.
    """

    title: str
    cells: Sequence[str]
    right: bool = False
    expendable: int = 0

    @property
    def width(self) -> int:
        """Of its widest cell, or title."""
        return max(len(self.title), *map(len, self.cells)) if self.cells else len(self.title)


def width_of_output() -> int:
    """What fits: the terminal's width, or a page on a pipe."""
    if sys.stdout.isatty():
        return max(NARROWEST, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns)
    return PIPE_WIDTH


def fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns that fit into *width*: expendable ones are dropped in turn, others never."""
    kept = list(columns)
    for column in sorted((c for c in columns if c.expendable), key=lambda c: c.expendable):
        if sum(c.width for c in kept) + len(GAP) * (len(kept) - 1) <= width:
            break
        kept.remove(column)
    return kept


def render_table(columns: Sequence[Column], style: Style) -> str:
    """Title line and one line per row, without spaces at the end of lines.

    >>> print(render_table([Column(title="GPU", cells=["H100", "T4"]),
    ...     Column(title="$/H", cells=["58.89", "0.53"], right=True)], Style()))
    GPU     $/H
    H100  58.89
    T4     0.53
    """
    head = _line([column.title for column in columns], columns)
    rows = zip(*(column.cells for column in columns), strict=True)
    return "\n".join([style.bold(head), *(_line(row, columns) for row in rows)])


def _line(cells: Sequence[str], columns: Sequence[Column]) -> str:
    padded = (
        cell.rjust(column.width) if column.right else cell.ljust(column.width)
        for cell, column in zip(cells, columns, strict=True)
    )
    return GAP.join(padded).rstrip()
