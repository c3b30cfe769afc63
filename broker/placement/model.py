"""A mixed-integer model with names: columns, rows, and its text as an LP file."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

INFINITY = float("inf")

LP_NAMES = str.maketrans({"[": "(", "]": ")", "/": ";", "-": "~"})
"""The LP format gives brackets, slashes and dashes a meaning of their own; no name uses these."""

LP_FOREIGN = re.compile(r"[^A-Za-z0-9_!\"#$%&(),.;?@'`{}~]")


class Column(NamedTuple):
    """One variable: its cost per unit and its bounds; *integer* or continuous."""

    name: str
    cost: float
    lower: float
    upper: float
    integer: bool


class Row(NamedTuple):
    """lower <= sum of coefficients times columns <= upper, by column index.

    A relaxation begins without the *late* rows, of which few bind, and adds those that its answer
    breaks.
    """

    name: str
    coefficients: tuple[tuple[int, float], ...]
    lower: float
    upper: float
    late: bool = False


@dataclass(slots=True)
class Model:
    """Minimise the sum of costs subject to rows. Columns and rows keep the order of their making."""

    columns: list[Column] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def add_column(
        self, name: str, *, cost: float, upper: float = INFINITY, integer: bool = True
    ) -> int:
        """A variable from 0 to *upper*; returns its index."""
        self.columns.append(Column(name, cost, 0.0, upper, integer))
        return len(self.columns) - 1

    def at_most(
        self, name: str, terms: Mapping[int, float], bound: float, *, late: bool = False
    ) -> None:
        """Sum of *terms* <= *bound*."""
        self.rows.append(Row(name, _sorted(terms), -INFINITY, bound, late))

    def at_least(self, name: str, terms: Mapping[int, float], bound: float) -> None:
        """Sum of *terms* >= *bound*."""
        self.rows.append(Row(name, _sorted(terms), bound, INFINITY))

    def equal(self, name: str, terms: Mapping[int, float], bound: float) -> None:
        """Sum of *terms* = *bound*."""
        self.rows.append(Row(name, _sorted(terms), bound, bound))

    def lp(self) -> str:
        """The model in LP format, for eyes, golden files and other solvers."""
        lines = ["minimize", *_wrapped(_terms(self._costs(), self.columns)), "subject to"]
        for row in self.rows:
            lines.append(f" {lp_name(row.name)}:")
            lines.extend(_wrapped(_terms(row.coefficients, self.columns) + _relation(row)))
        lines.append("bounds")
        lines.extend(
            f" 0 <= {lp_name(column.name)} <= {column.upper:.12g}"
            for column in self.columns
            if column.upper != INFINITY
        )
        lines.append("general")
        lines.extend(f" {lp_name(column.name)}" for column in self.columns if column.integer)
        lines.append("end")
        return "\n".join(lines) + "\n"

    def _costs(self) -> Iterable[tuple[int, float]]:
        return ((index, c.cost) for index, c in enumerate(self.columns) if c.cost)


def lp_name(name: str) -> str:
    """*name* in characters that every reader of the LP format takes.

    >>> lp_name("place[chat,aws/us-east-1/g6.xlarge/spot]")
    'place(chat,aws;us~east~1;g6.xlarge;spot)'
    """
    return LP_FOREIGN.sub(lambda odd: f"#{ord(odd[0]):x}", name.translate(LP_NAMES))


def _sorted(terms: Mapping[int, float]) -> tuple[tuple[int, float], ...]:
    return tuple(sorted([term for term in terms.items() if term[1]]))


def _terms(coefficients: Iterable[tuple[int, float]], columns: list[Column]) -> list[str]:
    return [
        f"{'-' if value < 0 else '+'} {abs(value):.12g} {lp_name(columns[index].name)}"
        for index, value in coefficients
    ]


def _relation(row: Row) -> list[str]:
    if row.lower == row.upper:
        return [f"= {row.upper:.12g}"]
    if row.lower == -INFINITY:
        return [f"<= {row.upper:.12g}"]
    return [f">= {row.lower:.12g}"]


def _wrapped(terms: list[str], width: int = 100) -> list[str]:
    lines, line = [], " "
    for term in terms:
        if len(line) + len(term) + 1 > width:
            lines.append(line)
            line = " "
        line += f" {term}"
    return [*lines, line] if line.strip() else lines or ["  0"]
