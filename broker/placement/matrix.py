"""A model as arrays: all of its columns and rows, of which a solver may be given some."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from broker.placement.model import Model, Row

Numbers = npt.NDArray[np.double]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Matrix:
    """Entry e says that column *column[e]* has *factor[e]* in row *row[e]*; they are in the order of rows.

    Of a row, *least* ≤ what it comes to ≤ *most*. Rows may join later, columns may not.
    """

    def __init__(self, model: Model) -> None:
        self.cost: Numbers = np.array([c.cost for c in model.columns], dtype=np.double)
        self.upper: Numbers = np.array([c.upper for c in model.columns], dtype=np.double)
        self.integer: Mask = np.array([c.integer for c in model.columns], dtype=np.bool_)
        self.row: Indices = np.empty(0, dtype=np.int64)
        self.column: Indices = np.empty(0, dtype=np.int64)
        self.factor: Numbers = np.empty(0, dtype=np.double)
        self.least: Numbers = np.empty(0, dtype=np.double)
        self.most: Numbers = np.empty(0, dtype=np.double)
        self.late: Mask = np.empty(0, dtype=np.bool_)
        self._begins: Indices = np.zeros(1, dtype=np.int64)
        self.join(model.rows)
        self._stated = len(model.rows)

    @property
    def columns(self) -> int:
        """How many there are."""
        return len(self.cost)

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.least)

    def are_stated(self) -> Mask:
        """Which rows were there from the beginning."""
        stated: Mask = np.arange(self.rows) < self._stated
        return stated

    def join(self, rows: Sequence[Row]) -> Indices:
        """Take *rows* after those that are there; returns their numbers."""
        numbers = np.arange(self.rows, self.rows + len(rows), dtype=np.int64)
        terms = [term for row in rows for term in row.coefficients]
        lengths = [len(row.coefficients) for row in rows]
        self._begins = np.concatenate(
            [self._begins, len(self.row) + np.cumsum(lengths, dtype=np.int64)]
        )
        self.row = np.concatenate([self.row, np.repeat(numbers, lengths)])
        self.column = _joined(self.column, [column for column, _ in terms])
        self.factor = _joined(self.factor, [factor for _, factor in terms])
        self.least = _joined(self.least, [row.lower for row in rows])
        self.most = _joined(self.most, [row.upper for row in rows])
        self.late = _joined(self.late, [row.late for row in rows])
        return numbers

    def entries(self, rows: Indices) -> tuple[Indices, Indices]:
        """The entries of *rows*, one row after the other, and how many each has."""
        begins = self._begins[rows]
        lengths = self._begins[rows + 1] - begins
        return concatenated(begins, lengths), lengths

    def activity(self, values: Numbers) -> Numbers:
        """What each row comes to."""
        terms = self.factor * values[self.column]
        return sums(self.row, terms, self.rows)

    def reduced(self, prices: Numbers) -> Numbers:
        """What each column costs, less what it is worth at the *prices* of the rows."""
        reduced: Numbers = self.cost - sums(
            self.column, self.factor * prices[self.row], self.columns
        )
        return reduced

    def worth(self, rows: Indices, prices: Numbers) -> Numbers:
        """What each column has in *rows*, at their *prices*."""
        there, lengths = self.entries(rows)
        terms = self.factor[there] * np.repeat(prices, lengths)
        return sums(self.column[there], terms, self.columns)


class ByColumn:
    """The entries of *some* rows of a matrix by column: quick to sum where few columns are used.

    Rows that join *matrix* later are not among them.
    """

    def __init__(self, matrix: Matrix, some: Mask) -> None:
        self.rows = matrix.rows
        entries = np.flatnonzero(some[matrix.row])
        entries = entries[np.argsort(matrix.column[entries], kind="stable")]
        self._row, self._factor = matrix.row[entries], matrix.factor[entries]
        self._begins = np.searchsorted(matrix.column[entries], np.arange(matrix.columns + 1))

    def activity(self, values: Numbers) -> Numbers:
        """What each row comes to; 0 of rows that are not among them."""
        used = np.flatnonzero(values)
        begins, lengths = self._begins[used], self._begins[used + 1] - self._begins[used]
        entries = concatenated(begins, lengths)
        terms = self._factor[entries] * np.repeat(values[used], lengths)
        return sums(self._row[entries], terms, self.rows)


def concatenated(begins: Indices, lengths: Indices) -> Indices:
    """Numbers from each of *begins* on, so many of them, one after the other.

    >>> concatenated(np.array([5, 20]), np.array([2, 3])).tolist()
    [5, 6, 20, 21, 22]
    """
    before = np.cumsum(lengths) - lengths
    numbers: Indices = np.arange(int(lengths.sum())) + np.repeat(begins - before, lengths)
    return numbers


def sums(places: Indices, terms: Numbers, number: int) -> Numbers:
    """For each of so many places the sum of its *terms*."""
    # Of double precision already: no copy is made.
    return np.bincount(places, terms, minlength=number).astype(np.double, copy=False)


def _joined(known: npt.NDArray[Any], more: Sequence[float]) -> npt.NDArray[Any]:
    return np.concatenate([known, np.array(more, dtype=known.dtype)])
