"""Rows of the solver's own tableau, rounded: what no family of rows foresaw, its answer tells.

At an optimum of the relaxation each column in use is told by the rows that bind: with multipliers y,

    Σ_i y[i] · row[i]  =  Σ_j a[j] · x[j] ,    row[i] = limit[i] - slack[i],  or limit[i] + slack[i]
    ⇒   Σ_j a[j] · x[j] + Σ_i c[i] · slack[i] = β = Σ_i y[i] · limit[i]
    G(a) = floor(a) + max(0, frac(a) - frac(β)) / (1 - frac(β))
    ⇒   Σ_j G(a[j]) · x[j] + Σ_i C(c[i]) · slack[i] ≤ floor(β)

for whole x[j] ≥ 0 (of one at its upper bound u, for u - x[j]). C is G where the slack is whole too,
min(0, c) / (1 - frac(β)) where it may be a fraction. This is Gomory's mixed-integer cut (1960) as a
rounding of rows (Nemhauser and Wolsey, 1990). It holds for every y, and for columns that the solver
has not seen; slacks are told by their rows again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from broker.placement.matrix import Indices, Mask, Matrix, Numbers, sums
from broker.placement.model import INFINITY, Row
from broker.placement.strengthening import Strengthened

PART = 5e-3
"""So far from whole a column has to be for its row to be rounded."""

LEAST_FRACTION = 0.02
"""Of β, from below and above: others divide by next to nothing."""

VIOLATED = 1e-3
"""By which the answer must break a row whose factors have length 1."""

AT = 1e-6
"""So near to its upper bound a column is at it."""

ROWS = 60
"""Of each answer, those that are broken most."""

ALIKE = 0.9
"""A row whose direction is so near to that of a better one adds little to it."""

MOST_TERMS = 3_000
"""Of a row: with more it costs the solver more time than it saves."""

NOTHING = 1e-11
"""Of the largest factor: so little is a rounding error, times some thousand units at the most."""

SAFE = 1e-6
"""Of the largest factor: by so much each row is loosened, for all rounding errors together."""

LARGEST = 1e5
"""Factors and limits beyond leave too few digits for their fractions."""


def broken_by(relaxed: Strengthened) -> list[Row]:
    """The rounded rows that the values of *relaxed* break most, each of another direction."""
    matrix, values = relaxed.matrix, relaxed.values
    between = matrix.integer & (np.abs(values - np.round(values)) > PART)
    state = _State(matrix, values)
    rounded = (state.rounded(*made) for made in relaxed.generation.multipliers(between))
    cuts = [cut for cut in rounded if cut is not None]
    cuts.sort(key=lambda cut: -cut.excess)
    return [
        Row(f"rounded[{number}]", cut.terms(), -INFINITY, cut.most)
        for number, cut in enumerate(_apart(cuts, matrix.columns))
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """Σ factors · columns ≤ *most*; *excess* is how far the answer is beyond it."""

    columns: Indices
    factors: Numbers
    most: float
    excess: float

    def terms(self) -> tuple[tuple[int, float], ...]:
        """As a row has them."""
        return tuple(zip(self.columns.tolist(), self.factors.tolist(), strict=True))


def _apart(cuts: Sequence[_Cut], columns: int) -> list[_Cut]:
    """Of *cuts*, the first ones that say something of their own."""
    chosen: list[_Cut] = []
    directions: list[Numbers] = []
    for cut in cuts:
        if len(chosen) == ROWS:
            break
        direction = cut.factors / float(np.sqrt((cut.factors * cut.factors).sum()))
        if all(float((d[cut.columns] * direction).sum()) < ALIKE for d in directions):
            chosen.append(cut)
            there = np.zeros(columns)
            there[cut.columns] = direction
            directions.append(there)
    return chosen


class _State:
    """An answer, and on which side of each row and column it lies."""

    def __init__(self, matrix: Matrix, values: Numbers) -> None:
        self._matrix = matrix
        self._values = values
        activity = matrix.activity(values)
        self._at_most: Mask = np.abs(matrix.most - activity) <= np.abs(activity - matrix.least)
        self._limit = np.where(self._at_most, matrix.most, matrix.least)
        self._full: Mask = (matrix.upper < INFINITY) & (values > matrix.upper - AT)
        self._full &= ~matrix.integer | (matrix.upper == np.round(matrix.upper))
        is_whole = matrix.integer[matrix.column] & (matrix.factor == np.round(matrix.factor))
        fractions = np.bincount(matrix.row[~is_whole], minlength=matrix.rows)
        self._whole_rows = (fractions == 0) & (self._limit == np.round(self._limit))

    def rounded(self, rows: Indices, y: Numbers) -> _Cut | None:
        """*rows*, *y* times each, as one row that is rounded; None if it can not be, or is kept."""
        limit, at_most = self._limit[rows], self._at_most[rows]
        entries, lengths = self._matrix.entries(rows)
        column, factor = self._matrix.column[entries], self._matrix.factor[entries]
        a = sums(column, factor * np.repeat(y, lengths), self._matrix.columns)
        there = np.flatnonzero(a)
        a = a[there]
        full = self._full[there]
        upper = np.where(full, self._matrix.upper[there], 0.0)
        right = float((y * limit).sum() - (a * upper).sum())
        a[full] *= -1
        if not max(abs(right), float(np.abs(a).max(initial=0.0))) <= LARGEST:
            return None
        part = right - float(np.floor(right))
        if not LEAST_FRACTION <= part <= 1 - LEAST_FRACTION:
            return None
        g = np.where(self._matrix.integer[there], _whole(a, part), _any(a, part))
        c = np.where(at_most, y, -y)
        slack = np.where(self._whole_rows[rows], _whole(c, part), _any(c, part))
        told = np.where(at_most, -slack, slack)
        factors = sums(column, factor * np.repeat(told, lengths), self._matrix.columns)
        g[full] *= -1
        factors[there] += g
        most = float(np.floor(right) + (g * upper).sum() + (told * limit).sum())
        return self._cut(factors, most)

    def _cut(self, factors: Numbers, most: float) -> _Cut | None:
        scale = float(np.abs(factors).max(initial=0.0))
        columns = np.flatnonzero(np.abs(factors) > NOTHING * scale)
        if not 0 < scale <= LARGEST or len(columns) > MOST_TERMS:
            return None
        factors = factors[columns] / scale
        most = most / scale + SAFE
        length = float(np.sqrt((factors * factors).sum()))
        excess = (float((factors * self._values[columns]).sum()) - most) / length
        return _Cut(columns, factors, most, excess) if excess > VIOLATED else None


def _whole(amounts: Numbers, part: float) -> Numbers:
    """G of each."""
    floor = np.floor(amounts)
    rounded: Numbers = floor + np.maximum(0.0, amounts - floor - part) / (1 - part)
    return rounded


def _any(amounts: Numbers, part: float) -> Numbers:
    """The same for what may be a fraction."""
    rounded: Numbers = np.minimum(0.0, amounts) / (1 - part)
    return rounded
