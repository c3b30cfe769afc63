"""A model without its whole numbers: quick to solve, again and again, as rows are added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from broker.placement.highs import answer_of, check, solver_of
from broker.placement.model import INFINITY, Model, Row

BROKEN = 1e-6


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The best answer in fractions: values, and what one more of each column would cost at least."""

    values: tuple[float, ...]
    reduced_costs: tuple[float, ...]
    objective: float


class Relaxation:
    """Each time solved from where it ended before, first without the late rows of *model*.

    Few late rows bind: with 100 workloads, 329 of 38,000; to begin with all of them takes 16 times
    as long.
    """

    def __init__(self, model: Model) -> None:
        late = [row for row in model.rows if row.late]
        early = Model(columns=model.columns, rows=[row for row in model.rows if not row.late])
        self._solver = solver_of(early)
        check(self._solver.setOptionValue("solve_relaxation", True), "relaxing")  # noqa: FBT003
        self._late = _Late(late)

    def at_most(self, terms: Mapping[int, float], bound: float) -> None:
        """Add the row: sum of *terms* <= *bound*."""
        self._add(tuple(terms.items()), -INFINITY, bound)

    def solve(self) -> Relaxed | None:
        """The optimum of what has been added so far; None if there is none."""
        while True:
            check(self._solver.run(), "a relaxation")
            values = answer_of(self._solver).values
            if values is None:
                return None
            broken = self._late.broken_by(values)
            if not broken:
                found = self._solver.getSolution()
                objective = self._solver.getInfo().objective_function_value
                return Relaxed(values, tuple(found.col_dual), objective)
            for row in broken:
                self._add(row.coefficients, row.lower, row.upper)

    def _add(self, terms: Sequence[tuple[int, float]], lower: float, upper: float) -> None:
        columns = np.array([column for column, _ in terms], dtype=np.int32)
        values = np.array([value for _, value in terms], dtype=np.double)
        check(self._solver.addRow(lower, upper, len(columns), columns, values), "a row")


class _Late:
    """Rows that are checked all at once; each is given out once."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = [row for row in rows if row.coefficients]
        terms = [term for row in self._rows for term in row.coefficients]
        lengths = [len(row.coefficients) for row in self._rows]
        self._columns = np.array([column for column, _ in terms], dtype=np.int64)
        self._factors = np.array([factor for _, factor in terms], dtype=np.double)
        self._starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
        self._upper = np.array([row.upper for row in self._rows], dtype=np.double)

    def broken_by(self, values: Sequence[float]) -> list[Row]:
        """The rows that *values* break."""
        if not self._rows:
            return []
        products = self._factors * np.asarray(values)[self._columns]
        excess = np.add.reduceat(products, self._starts) - self._upper
        broken = np.nonzero(excess > BROKEN)[0]
        self._upper[broken] = INFINITY
        return [self._rows[number] for number in broken]
