"""Strengthen a model before it is searched, by rows that its answer in fractions breaks."""

from dataclasses import dataclass

from broker.placement import model
from broker.placement.generation import Generation
from broker.placement.matrix import Matrix, Numbers
from broker.placement.placing import Placing
from broker.placement.reaching import Reaching
from broker.placement.restricted import Solved
from broker.placement.rounding import Rounding
from broker.placement.tightening import Row, Tightening
from broker.placement.variables import Variables

TIGHTENINGS, ROUNDINGS, IDLE = 80, 12, 2
"""How often rows are looked for: all, and those of whole nodes; and of these, rounds without worth."""

WORTH = 3e-5
"""A round of rows of whole nodes is worth it if it raises the optimum by such a part."""

BINDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strengthened:
    """The best answer in fractions: its *values*, and *prices* and *reduced* costs that prove *bound*.

    *matrix* has all rows that were found, *most* is how much of each column there may be.
    """

    generation: Generation
    placing: Placing
    matrix: Matrix
    most: Numbers
    values: Numbers
    prices: Numbers
    reduced: Numbers
    bound: float


def tighten(
    v: Variables, tightening: Tightening, *, widely: bool, roundings: int = ROUNDINGS
) -> Strengthened | None:
    """Add to *v* the rows that hold its best answer in fractions up; of whole nodes *widely*.

    Those are looked for at most so many times as *roundings*. Returns that answer, None if there is none.
    """
    matrix, placing = Matrix(v.model), Placing(v)
    generation = Generation(matrix, placing)
    search = _Rows(v, Rounding(v, tightening, widely=widely), tightening, roundings)
    found: list[model.Row] = []
    solved = generation.solve()
    for _ in range(TIGHTENINGS):
        rows = [] if solved is None else search.broken(solved[0], generation)
        if not rows:
            break
        found += rows
        generation.join(rows)
        found += _packed(search, generation)
        solved = generation.solve()
    if solved is None:
        return None
    answer, priced = solved
    v.model.rows += [row for row in found if _binds(row, answer.values)]
    return Strengthened(
        generation=generation,
        placing=placing,
        matrix=matrix,
        most=generation.most,
        values=answer.values,
        prices=priced.prices,
        reduced=priced.reduced,
        bound=priced.bound,
    )


def _packed(search: "_Rows", generation: Generation) -> list[model.Row]:
    """Rows until the answer over the present columns keeps the quick ones; others join only then."""
    found: list[model.Row] = []
    for _ in range(TIGHTENINGS):
        solved = generation.solve_present()
        rows = search.quick(solved.values) if solved is not None else []
        if not rows:
            break
        generation.join(rows)
        found += rows
    return found


class _Rows:
    """The families of rows in turn, the quickest first."""

    def __init__(
        self, v: Variables, rounding: Rounding, tightening: Tightening, roundings: int
    ) -> None:
        self._reaching = Reaching(v)
        self._tightening = tightening
        self._rounding = rounding
        self._left = roundings
        self._before = -model.INFINITY
        self._idle = 0

    def quick(self, values: Numbers) -> list[model.Row]:
        """Rows of places served, and of patterns."""
        rows = self._reaching.broken(values) or self._tightening.broken(values)
        return [_as_model_row(row) for row in rows]

    def broken(self, solved: Solved, generation: Generation) -> list[model.Row]:
        """The quick ones; if there are none, those of whole nodes."""
        rows = self.quick(solved.values)
        if rows or not self._goes_on(solved.objective):
            return rows
        whole = self._rounding.broken(solved.values, generation.present)
        return [_as_model_row(row) for row in whole]

    def _goes_on(self, objective: float) -> bool:
        """Whether rows of whole nodes are worth another round."""
        self._left -= 1
        gained = objective > self._before + WORTH * abs(objective)
        self._idle = 0 if gained else self._idle + 1
        self._before = max(self._before, objective)
        return self._left >= 0 and self._idle < IDLE


def _as_model_row(row: Row) -> model.Row:
    terms = tuple(sorted(row.terms.items()))
    return model.Row(row.name, terms, -model.INFINITY, row.bound)


def _binds(row: model.Row, values: Numbers) -> bool:
    terms = row.coefficients
    return sum(float(values[c]) * factor for c, factor in terms) > row.upper - BINDING
