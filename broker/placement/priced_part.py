"""A part of a model that bounds the whole: what is outside is priced, not forbidden.

Some places are kept. Units may also go outside, by workload and region, for what the prices of the
relaxation prove that they cost there at least. With prices of rows y, for any fleet:

    cost = Σ_rows y · what the row comes to + Σ_columns reduced cost · column

Of what is outside, the second sum is at least the least reduced cost of each unit there. The first is
told row by row. A row that has nothing kept comes to its limit, at the most. Where all places of a
workload and region weigh the same in a row, the units outside weigh so too. In every other row what is
outside takes *taken* of it, at its price, within what so many units can take:

    Σ_kept factor · column + taken ≤ most,     Σ_g low[g] · out[g] ≤ taken ≤ Σ_g high[g] · out[g]

Places that are too dear for any fleet of interest are neither kept nor outside. Whole numbers are asked
for of what is kept alone. So the answer costs no more than the best fleet, and
no less than the relaxation. Units that it has outside tell which places to keep the next time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from broker.placement.matrix import Indices, Mask, Numbers
from broker.placement.model import INFINITY, Column, Model, Row
from broker.placement.narrowing import with_what_they_need
from broker.placement.outside import Outside, Weighed
from broker.placement.strengthening import Strengthened
from broker.placement.variables import Variables

OUT = 1e-6
"""Units: so few outside are none."""

JOINING = 4
"""Places of each group with units outside that are kept the next time, the cheapest."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PricedPart:
    """The *model*: its first columns are the *columns* kept, the next one for each group outside.

    It costs *constant* more. Each of *places* outside is in the group of the same index in *groups*, and
    has a *reduced* cost.
    """

    model: Model
    columns: Indices
    constant: float
    places: Indices
    groups: Indices
    reduced: Numbers

    def wanted(self, values: Numbers) -> Indices:
        """The places to keep the next time, so that *values* may not have these units outside."""
        first, number = len(self.columns), int(self.groups.max(initial=-1)) + 1
        is_out = values[first : first + number] > OUT
        order = np.lexsort((self.places, self.reduced, self.groups))
        of = self.groups[order]
        begins = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
        rank = np.arange(len(of)) - np.repeat(begins, np.diff(np.r_[begins, len(of)]))
        wanted: Indices = self.places[order[is_out[of] & (rank < JOINING)]]
        return wanted


def priced_part(v: Variables, relaxed: Strengthened, kept: Mask, among: Mask) -> PricedPart | None:
    """The model of *v* with the places *among* some: *kept* are inside, all others priced.

    None if there are no others, or the prices bound nothing.
    """
    kept = kept & among
    inside = with_what_they_need(v, relaxed.placing, kept)
    outside = with_what_they_need(v, relaxed.placing, among) & ~inside
    if not (outside & relaxed.placing.are).any():
        return None
    told = Outside(relaxed, inside, outside)
    constant = told.constant()
    if constant == -INFINITY:
        return None
    return _Assembly(v, told).part(constant)


class _Assembly:
    """The model, column by column and row by row."""

    def __init__(self, v: Variables, outside: Outside) -> None:
        self._outside, self._matrix = outside, outside.matrix
        self._weighed = Weighed(outside)
        self._columns: Indices = np.flatnonzero(outside.inside)
        columns = [v.model.columns[column] for column in self._columns.tolist()]
        self._model = Model(columns=columns)
        self._first_group = len(columns)
        for number in range(outside.number):
            self._model.add_column(
                f"out[{number}]",
                cost=float(self._weighed.costs[number]),
                upper=float(outside.units[number]),
                integer=False,
            )

    def part(self, constant: float) -> PricedPart:
        """The whole of it."""
        outside, matrix = self._outside, self._matrix
        entries = np.flatnonzero(outside.inside[matrix.column])
        entries = entries[np.argsort(matrix.row[entries], kind="stable")]
        begins = np.searchsorted(matrix.row[entries], np.arange(matrix.rows + 1)).tolist()
        at = np.cumsum(outside.inside) - 1
        numbers, factors = at[matrix.column[entries]].tolist(), matrix.factor[entries].tolist()
        # Rows that were found on the way and have no price say too little to be worth their time.
        says = outside.has_inside & (matrix.are_stated() | (outside.prices != 0))
        for row in np.flatnonzero(says).tolist():
            part = slice(begins[row], begins[row + 1])
            self._add(row, dict(zip(numbers[part], factors[part], strict=True)))
        return PricedPart(
            model=self._model,
            columns=self._columns,
            constant=constant,
            places=outside.places,
            groups=outside.groups,
            reduced=outside.reduced[outside.places],
        )

    def _add(self, row: int, terms: dict[int, float]) -> None:
        weighed = self._weighed
        least, most = float(self._matrix.least[row]), float(self._matrix.most[row])
        self._weigh(terms, weighed.exact.get(row, ()))
        if weighed.are_rough[row]:
            price = float(self._outside.prices[row])
            if price:
                terms[self._taken(row, price)] = 1.0
            elif least == -INFINITY:
                self._weigh(terms, weighed.low.get(row, ()))
            elif most == INFINITY:
                self._weigh(terms, weighed.high.get(row, ()))
            else:
                return
        if least > -INFINITY or most < 0 or any(factor > 0 for factor in terms.values()):
            self._model.rows.append(Row(str(row), tuple(sorted(terms.items())), least, most))

    def _weigh(self, terms: dict[int, float], weights: Iterable[tuple[int, float]]) -> None:
        for group, weight in weights:
            terms[self._first_group + group] = weight

    def _taken(self, row: int, price: float) -> int:
        """The column of what is outside takes of *row*, within what so many units can take."""
        name, model = f"taken[{row}]", self._model
        model.columns.append(Column(name, price, -INFINITY, INFINITY, integer=False))
        taken = len(model.columns) - 1
        high, low = dict[int, float](), dict[int, float]()
        self._weigh(high, ((g, -weight) for g, weight in self._weighed.high.get(row, ())))
        self._weigh(low, ((g, -weight) for g, weight in self._weighed.low.get(row, ())))
        model.at_most(name, {taken: 1.0, **high}, 0.0)
        model.at_least(name, {taken: 1.0, **low}, 0.0)
        return taken
