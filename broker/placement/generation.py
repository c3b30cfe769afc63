"""The relaxation of a large model, of which few columns are ever looked at by the solver.

It begins with the cheapest places of each workload; those that the prices of its answer call
cheaper still join, until none is left. What the prices prove bounds the whole model in each round.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from broker.placement.matrix import ByColumn, Indices, Mask, Matrix, Numbers
from broker.placement.model import Row
from broker.placement.placing import NONE, Placing
from broker.placement.pricing import CHEAPER, Limits, Priced, Pricing
from broker.placement.restricted import Restricted, Solved

FEW = 3_000
"""So many places are all made at once: prices that nobody had to complete prove more of them too dear."""

FIRST, IN_REGIONS = 12, 8
"""Places of each workload to begin with: the cheapest, and the cheapest of so many regions."""

JOINING = 8
"""Places of each workload that join in a round."""

PART_OF_A_CLUSTER = 0.3
"""Of what a cluster costs: as if about three workloads came to share it."""

PENALTY = 3.0
"""For a unit that is missing, in times of what the dearest place of all costs."""

ROUNDS_WITHIN = 20
"""For an optimum within limits; what its prices prove by then bounds it too."""

CLOSE = 1e-5
"""Of the optimum: so close to it, prices may still call some places a little too cheap."""

BROKEN = 1e-6


class Generation:
    """The relaxation of the model of *placing* in *matrix*, which may get more rows."""

    def __init__(self, matrix: Matrix, placing: Placing) -> None:
        self._matrix = matrix
        self._placing = placing
        self._late = ByColumn(matrix, matrix.late)
        self._pricing = Pricing(matrix, placing)
        alone = placing.alone(matrix.cost, PART_OF_A_CLUSTER)
        dearest = float(alone[placing.all].max(initial=1.0))
        self._restricted = Restricted(matrix, penalty=PENALTY * dearest)
        others = ~placing.are & ~placing.are_nodes
        self._restricted.add_columns(np.flatnonzero(others))
        few = placing.all.size <= FEW
        self._join(placing.all if few else _to_begin_with(placing, alone))

    @property
    def most(self) -> Numbers:
        """How much of each column there may be."""
        return self._pricing.most

    @property
    def present(self) -> Mask:
        """The columns that the solver has seen."""
        return self._restricted.has()

    def multipliers(self, of: Mask) -> Iterator[tuple[Indices, Numbers]]:
        """How the rows tell each of those columns *of* which the last answer is: some, and how often."""
        return self._restricted.multipliers(of)

    def join(self, rows: Sequence[Row]) -> None:
        """Add *rows*, which hold for the whole model."""
        self._restricted.add_rows(self._matrix.join(rows))

    @property
    def left(self) -> Mask:
        """The places that were not left out."""
        return self._pricing.left

    def leave_out(self, places: Mask) -> None:
        """Use *places* no more: what is proven from now on is so of fleets without them."""
        self._pricing.left = self.left & ~places
        self._restricted.fix(np.flatnonzero(places & self.present))

    def solve_present(self) -> Solved | None:
        """The optimum over the columns that are present; None if there is none."""
        while True:
            solved = self._restricted.solve()
            late = None if solved is None else self._broken(solved.values)
            if late is None or not late.size:
                return solved
            self._restricted.add_rows(late)

    def within(self, limits: Limits, enough: float) -> tuple[Solved, Priced] | None:
        """The optimum over fleets within *limits*, or a bound on it that is *enough* already.

        None if there is none.
        """
        self._restricted.limit(limits)
        found = None
        for _ in range(ROUNDS_WITHIN):
            solved = self._solve_at_all()
            if solved is None:
                break
            priced = self._pricing.complete(solved.prices, limits)
            found = (solved, priced)
            wanted = self._wanted(priced.reduced)
            is_close = priced.bound >= min(enough, solved.objective * (1 - CLOSE))
            if is_close or not wanted.size:
                break
            self._join(wanted)
        self._restricted.limit({})
        return found

    def solve(self) -> tuple[Solved, Priced] | None:
        """The optimum of the relaxation over all columns, to *CLOSE*; None if there is none."""
        while True:
            solved = self._solve_at_all()
            if solved is None:
                return None
            priced = self._pricing.complete(solved.prices)
            wanted = self._wanted(priced.reduced)
            is_close = priced.bound >= solved.objective * (1 - CLOSE)
            if solved.missing <= BROKEN and (is_close or not wanted.size):
                return solved, priced
            if not wanted.size:
                self._restricted.insist()
                wanted = np.flatnonzero(self.left & ~self.present)
            self._join(wanted)

    def _solve_at_all(self) -> Solved | None:
        """The optimum over the present columns, or if these have none, over all; None if there is none.

        Rows that joined later may ask for places that nobody needed before.
        """
        solved = self.solve_present()
        absent = np.flatnonzero(self.left & ~self.present)
        if solved is None and absent.size:
            self._join(absent)
            solved = self.solve_present()
        return solved

    def _broken(self, values: Numbers) -> Indices:
        broken = self._late.activity(values) > self._matrix.most[: self._late.rows] + BROKEN
        late = np.flatnonzero(broken & self._matrix.late[: self._late.rows])
        return late[self._restricted.lacks_rows()[late]]

    def _wanted(self, reduced: Numbers) -> Indices:
        cheap = self.left & (reduced < -CHEAPER) & ~self._restricted.has()
        saved = reduced * self._placing.units
        return self._placing.first(JOINING, saved, np.flatnonzero(cheap))

    def _join(self, places: Indices) -> None:
        nodes = self._placing.nodes[places]
        columns = np.unique(np.concatenate([places, nodes[nodes != NONE]]))
        self._restricted.add_columns(columns[~self._restricted.has()[columns]])


def _to_begin_with(placing: Placing, alone: Numbers) -> Indices:
    cheapest = placing.first(FIRST, alone, placing.all)
    order = placing.all[np.argsort(alone[placing.all], kind="stable")]
    both = np.stack([placing.workload[order], placing.cluster[order]])
    _, best = np.unique(both, axis=1, return_index=True)
    of_regions = placing.first(IN_REGIONS, alone, np.sort(order[best]))
    return np.union1d(cheapest, of_regions)
