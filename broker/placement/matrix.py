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
    """Entry e says that column *column[e]* has *factor[e]* in row *row[e]*.

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
        self.row = np.concatenate([self.row, np.repeat(numbers, lengths)])
        self.column = _joined(self.column, [column for column, _ in terms])
        self.factor = _joined(self.factor, [factor for _, factor in terms])
        self.least = _joined(self.least, [row.lower for row in rows])
        self.most = _joined(self.most, [row.upper for row in rows])
        self.late = _joined(self.late, [row.late for row in rows])
        return numbers

    def activity(self, values: Numbers) -> Numbers:
        """What each row comes to."""
        terms = self.factor * values[self.column]
        total: Numbers = np.bincount(self.row, terms, minlength=self.rows).astype(np.double)
        return total

    def reduced(self, prices: Numbers) -> Numbers:
        """What each column costs, less what it is worth at the *prices* of the rows."""
        worth = np.bincount(self.column, self.factor * prices[self.row], minlength=self.columns)
        reduced: Numbers = self.cost - worth
        return reduced

    def worth(self, rows: Indices, prices: Numbers) -> Numbers:
        """What each column has in *rows*, at their *prices*."""
        of_row = np.zeros(self.rows)
        of_row[rows] = prices
        there = np.flatnonzero((of_row != 0)[self.row])
        terms = self.factor[there] * of_row[self.row[there]]
        worth: Numbers = np.bincount(self.column[there], terms, minlength=self.columns).astype(
            np.double
        )
        return worth


def _joined(known: npt.NDArray[Any], more: Sequence[float]) -> npt.NDArray[Any]:
    return np.concatenate([known, np.array(more, dtype=known.dtype)])
