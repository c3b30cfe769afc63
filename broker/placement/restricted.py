"""A relaxation with some columns and rows of a model: quick to solve, again and again, as more join."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from broker.placement.highs import SolverFailed, answer_of, check, cost_scale, relaxing_solver
from broker.placement.matrix import Indices, Mask, Matrix, Numbers
from broker.placement.model import INFINITY
from broker.placement.pricing import Limits

ABSENT = -1

TINY = 1e-9
"""A multiplier of a row that is nothing but a rounding error."""


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Of all columns and rows of the model: values and prices, 0 where they are absent.

    *missing* is how much of what is asked for the present columns can not bring.
    """

    values: Numbers
    prices: Numbers
    objective: float
    missing: float


class Restricted:
    """Rows are there once a column of theirs is, late ones once they are asked for.

    What rows ask for at the least may be missing, at *penalty* each: so there is always an answer.
    """

    def __init__(self, matrix: Matrix, penalty: float) -> None:
        self._matrix = matrix
        self._scale = cost_scale(max(penalty, float(np.abs(matrix.cost).max(initial=0.0))))
        self._solver = relaxing_solver()
        self._column_at = np.full(matrix.columns, ABSENT, dtype=np.int64)
        self._row_at = np.full(matrix.rows, ABSENT, dtype=np.int64)
        self._columns: Indices = np.empty(0, dtype=np.int64)
        self._rows: Indices = np.empty(0, dtype=np.int64)
        asking = np.flatnonzero((matrix.least > 0) & ~matrix.late)
        self._stand_ins = len(asking)
        self._limited: frozenset[int] = frozenset()
        self._solver.addVars(len(asking), np.zeros(len(asking)), np.full(len(asking), INFINITY))
        for number in range(len(asking)):
            self._solver.changeColCost(number, penalty * self._scale)
        self.add_rows(asking)
        for number in range(len(asking)):
            self._solver.changeCoeff(number, number, 1.0)

    def has(self) -> Mask:
        """Which columns are there."""
        there: Mask = self._column_at != ABSENT
        return there

    def lacks_rows(self) -> Mask:
        """Which rows are not there."""
        lacking: Mask = np.ones(self._matrix.rows, dtype=np.bool_)
        lacking[self._rows] = False
        return lacking

    def add_columns(self, columns: Indices) -> None:
        """Add *columns* that are not there, in ascending order, and the early rows they are in."""
        matrix = self._matrix
        new = np.zeros(matrix.columns, dtype=np.bool_)
        new[columns] = True
        touched = np.zeros(matrix.rows, dtype=np.bool_)
        touched[matrix.row[new[matrix.column]]] = True
        self.add_rows(np.flatnonzero(touched & ~matrix.late & self.lacks_rows()))
        entries = np.flatnonzero(new[matrix.column] & (self._row_at[matrix.row] != ABSENT))
        entries = entries[np.argsort(matrix.column[entries], kind="stable")]
        status = self._solver.addCols(
            len(columns),
            matrix.cost[columns] * self._scale,
            np.zeros(len(columns)),
            matrix.upper[columns],
            len(entries),
            _starts(columns, matrix.column[entries]),
            self._row_at[matrix.row[entries]].astype(np.int32),
            matrix.factor[entries],
        )
        check(status, "columns")
        first = self._stand_ins + len(self._columns)
        self._column_at[columns] = np.arange(first, first + len(columns))
        self._columns = np.concatenate([self._columns, columns])

    def add_rows(self, rows: Indices) -> None:
        """Add *rows* that are not there, in ascending order."""
        matrix = self._matrix
        entries, _ = matrix.entries(rows)
        entries = entries[self._column_at[matrix.column[entries]] != ABSENT]
        status = self._solver.addRows(
            len(rows),
            matrix.least[rows],
            matrix.most[rows],
            len(entries),
            _starts(rows, matrix.row[entries]),
            self._column_at[matrix.column[entries]].astype(np.int32),
            matrix.factor[entries],
        )
        check(status, "rows")
        joined = np.full(matrix.rows - len(self._row_at), ABSENT, dtype=np.int64)
        self._row_at = np.concatenate([self._row_at, joined])
        self._row_at[rows] = np.arange(len(self._rows), len(self._rows) + len(rows))
        self._rows = np.concatenate([self._rows, rows])

    def limit(self, limits: Limits) -> None:
        """Keep columns that are there within *limits*, and all others within their own again."""
        for column in {*self._limited, *limits}:
            least, most = limits.get(column, (0.0, float(self._matrix.upper[column])))
            status = self._solver.changeColBounds(int(self._column_at[column]), least, most)
            check(status, "limits")
        self._limited = frozenset(limits)

    def fix(self, columns: Indices) -> None:
        """Keep *columns* that are there at 0, for good."""
        for column in self._column_at[columns].tolist():
            check(self._solver.changeColBounds(column, 0.0, 0.0), "what is left out")

    def insist(self) -> None:
        """Let nothing be missing any more."""
        for number in range(self._stand_ins):
            self._solver.changeColBounds(number, 0.0, 0.0)

    def multipliers(self, of: Mask) -> Iterator[tuple[Indices, Numbers]]:
        """How the rows tell each of those columns *of* which the last answer is: some, and how often."""
        # The solver has both methods; the types it comes with do not name them.
        _, basic = self._solver.getBasicVariables()  # type: ignore[attr-defined]
        for position, number in enumerate(basic):
            at = int(number) - self._stand_ins
            if at >= 0 and of[self._columns[at]]:
                _, times = self._solver.getBasisInverseRow(position)  # type: ignore[attr-defined]
                used = np.flatnonzero(np.abs(times) > TINY)
                yield self._rows[used], times[used]

    def solve(self) -> Solved | None:
        """The optimum of what is there; None if there is none.

        Raises SolverFailed where the solver can not tell, which proves nothing.
        """
        # A few milliseconds: Ctrl-C is seen soon enough without a thread.
        check(self._solver.run(), "a relaxation")
        answer = answer_of(self._solver)
        if answer.values is None:
            if not answer.ended:
                message = "a relaxation ended without an answer"
                raise SolverFailed(message)
            return None
        here = np.array(answer.values)
        values = np.zeros(self._matrix.columns)
        values[self._columns] = here[self._stand_ins :]
        prices = np.zeros(self._matrix.rows)
        prices[self._rows] = np.array(self._solver.getSolution().row_dual) / self._scale
        return Solved(
            values=values,
            prices=prices,
            objective=self._solver.getInfo().objective_function_value / self._scale,
            missing=float(here[: self._stand_ins].sum()),
        )


def _starts(numbers: Indices, of_entries: Indices) -> npt.NDArray[np.int32]:
    """Where the entries of each of *numbers* begin; both are in ascending order."""
    return np.searchsorted(of_entries, numbers).astype(np.int32)
