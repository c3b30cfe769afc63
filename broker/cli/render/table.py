"""Tables that fit: what is too wide is broken into lines, or left out with a word about it."""

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TextIO

from broker.cli.render.lines import broken
from broker.cli.render.style import Style

UNBOUNDED = sys.maxsize
NARROWEST = 80
GAP = "  "

PROSE_LEAST = 28
BROKEN_LEAST = 10

LAST = 99
"""The turn of a column that goes only when breaking names does not help."""

Pad = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: *cells* top to bottom, all columns of a table having equally many.

    A cell may have several lines. *expendable* says in which turn the column goes when the table
    is too wide: 0 stays, 1 goes first. *prose* is broken into lines before any column goes; what is
    *breakable*, like the name of a machine type, only when no more can go.
    """

    title: str
    cells: Sequence[str]
    right: bool = False
    expendable: int = 0
    prose: bool = False
    breakable: bool = False

    @property
    def width(self) -> int:
        """Of its widest line, or title."""
        lines = (line for cell in self.cells for line in cell.splitlines())
        return max((len(self.title), *map(len, lines)))


def width_of_output() -> int:
    """What fits: the terminal's width; a pipe and a file take everything."""
    return width_of(sys.stdout)


def width_of(stream: TextIO) -> int:
    """What fits into a line of *stream*."""
    if stream.isatty():
        return max(NARROWEST, shutil.get_terminal_size((NARROWEST, 24)).columns)
    return UNBOUNDED


def fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns made to fit into *width*; `left_out` tells which are gone."""
    kept = list(columns)
    for column in sorted((c for c in columns if c.expendable), key=lambda c: c.expendable):
        if _least_width(kept, with_names=column.expendable == LAST) > width:
            kept.remove(column)
    narrowed = _narrowed(kept, width, lambda c: c.prose, PROSE_LEAST)
    return _narrowed(narrowed, width, lambda c: c.breakable, BROKEN_LEAST)


def left_out(columns: Sequence[Column], kept: Sequence[Column]) -> list[str]:
    """A note about the columns that did not fit; none if all did."""
    shown = {column.title for column in kept}
    gone = dict.fromkeys(column.title for column in columns if column.title not in shown)
    return [f"Not shown, for lack of width: {', '.join(gone)}; -json has all."] if gone else []


def render_table(columns: Sequence[Column], style: Style) -> str:
    """Title line and one row per cell, without spaces at the end of lines.

    >>> print(render_table([Column(title="GPU", cells=["H100", "T4"]),
    ...     Column(title="$/H", cells=["58.89", "0.53"], right=True)], Style()))
    GPU     $/H
    H100  58.89
    T4     0.53
    """
    return "\n".join(rows_of_table(columns, style))


def rows_of_table(columns: Sequence[Column], style: Style) -> list[str]:
    """The same apart: the title line, then each row, which may have several lines."""
    pads = [_pad(column) for column in columns]
    head = _line([column.title for column in columns], pads)
    rows = zip(*(column.cells for column in columns), strict=True)
    return [style.bold(head), *(_row(row, pads) for row in rows)]


def _pad(column: Column) -> Pad:
    """What makes a line as wide as *column*, which is measured once for all of its cells."""
    width = column.width
    return lambda line: line.rjust(width) if column.right else line.ljust(width)


def _row(cells: Sequence[str], pads: Sequence[Pad]) -> str:
    parts = [cell.splitlines() or [""] for cell in cells]
    height = max(map(len, parts))
    return "\n".join(
        _line([part[n] if n < len(part) else "" for part in parts], pads) for n in range(height)
    )


def _line(cells: Sequence[str], pads: Sequence[Pad]) -> str:
    return GAP.join(pad(cell) for cell, pad in zip(cells, pads, strict=True)).rstrip()


def _total(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + len(GAP) * (len(columns) - 1)


def _least_width(columns: Sequence[Column], *, with_names: bool) -> int:
    """With all prose as narrow as it may be, and all names if asked for."""
    slack = sum(max(0, column.width - PROSE_LEAST) for column in columns if column.prose)
    if with_names:
        slack += sum(
            max(0, column.width - max(BROKEN_LEAST, len(column.title)))
            for column in columns
            if column.breakable
        )
    return _total(columns) - slack


def _narrowed(
    columns: Sequence[Column], width: int, gives: Callable[[Column], bool], least: int
) -> list[Column]:
    """Break the cells of those that give way, the widest first, until the table fits."""
    limits = {n: column.width for n, column in enumerate(columns) if gives(column)}
    excess = _total(columns) - width
    while excess > 0 and any(limit > least for limit in limits.values()):
        widest = max(limits, key=lambda n: limits[n])
        limits[widest] -= 1
        excess -= 1
    return [
        replace(column, cells=["\n".join(broken(c, limits[n], parts=True)) for c in column.cells])
        if n in limits and limits[n] < column.width
        else column
        for n, column in enumerate(columns)
    ]
