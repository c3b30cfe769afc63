"""What a whole model costs at least, by prices of some of its rows.

Whatever the prices of rows, of the right signs, they prove a bound (Lagrange):

    Σ_rows price · right side  +  Σ_columns min over its bounds of reduced cost · column
    reduced cost = cost - Σ_rows price · factor

Prices that are best for some of the columns say nothing of rows in which none of these is. Without a
price there, nodes and clusters that nobody uses yet would seem to be free: each column beside them
looks better than it is. So what a switch (nodes, an open cluster, a copy) costs is first divided
among those who need it, by the prices of rows Σ factor · column ≤ most · switch.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from broker.placement.matrix import Indices, Mask, Matrix, Numbers
from broker.placement.model import INFINITY
from broker.placement.placing import NONE, Placing

Limits = Mapping[int, tuple[float, float]]
"""Of some columns of nodes: how many at least, and at most."""

CHEAPER = 1e-7
"""By so much money below nothing a column looks too good."""

TOLERANCE = 1e-6
"""Of the solver, for prices that are right but for rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """*reduced* costs of all columns, by *prices* of all rows that prove *bound*."""

    prices: Numbers
    reduced: Numbers
    bound: float


class Pricing:
    """Prices for all rows of *matrix*, and the bound that they prove; *most* of each column there is.

    It is the bound of fleets with no other places than those that are *left*.
    """

    def __init__(self, matrix: Matrix, placing: Placing) -> None:
        self._matrix = matrix
        self._placing = placing
        on_nodes = placing.on_nodes
        wanted = np.bincount(
            placing.nodes[on_nodes], placing.nodes_alone[on_nodes], minlength=matrix.columns
        )
        # No best fleet has more nodes in a pool than all who may use it need for themselves.
        self.most = np.where(placing.are_nodes, np.minimum(matrix.upper, wanted), matrix.upper)
        self._switches = _Switches(matrix)
        self.left: Mask = placing.are

    def complete(self, prices: Numbers, limits: Limits | None = None) -> Priced:
        """The bound of *prices*, once what switches cost is divided among those who need them.

        With *limits*, of those fleets that have so many of some nodes at least, and at most.
        """
        least, most = self._within(limits or {})
        matrix, nodes = self._matrix, self._placing.are_nodes
        if len(self._switches.of_row) < matrix.rows:
            self._switches = _Switches(matrix)
        signed = np.where((prices > 0) & (matrix.least == -INFINITY), 0.0, prices)
        signed[(signed < 0) & (matrix.most == INFINITY)] = 0.0
        reduced = matrix.reduced(signed)
        # A column may need two other switches: its cluster, and a copy.
        for kind, divide in ((nodes, self._by_one_row), (~nodes, _in_turn), (~nodes, _in_turn)):
            # What has to be there is paid for, and has nothing to give.
            needs = self._needs(reduced, kind & (least == 0))
            if needs.rows.size:
                given = divide(needs, reduced)
                signed[needs.rows] -= given
                reduced += matrix.worth(needs.rows, given)
        fixed = _sum(np.maximum(reduced, 0.0) * least)
        return Priced(signed, reduced, fixed + self._bound(signed, reduced, most))

    def _within(self, limits: Limits) -> tuple[Numbers, Numbers]:
        least, most = np.zeros(len(self.most)), self.most
        if limits:
            columns = list(limits)
            least[columns] = [at_least for at_least, _ in limits.values()]
            most = most.copy()
            most[columns] = [min(most[c], at_most) for c, (_, at_most) in limits.items()]
        return least, most

    def _needs(self, reduced: Numbers, kind: Mask) -> "_Needs":
        """Rows of switches of *kind* that have something to give, and of columns that look too good."""
        matrix, switches = self._matrix, self._switches
        poor = (reduced < -CHEAPER) & (self.left | ~self._placing.are)
        entries = np.flatnonzero(poor[matrix.column])
        of_entry = switches.of_row[matrix.row[entries]]
        gives = kind & (reduced > CHEAPER)
        is_needed = (of_entry != NONE) & (matrix.factor[entries] > 0) & gives[of_entry]
        entries = entries[is_needed]
        rows, members = np.unique(matrix.row[entries], return_counts=True)
        most = np.zeros(matrix.rows)
        ratio = -reduced[matrix.column[entries]] / matrix.factor[entries]
        np.maximum.at(most, matrix.row[entries], ratio)
        return _Needs(
            rows=rows,
            members=members,
            prices=most[rows],
            switch=switches.of_row[rows],
            times=switches.times[rows],
        )

    def _by_one_row(self, needs: "_Needs", reduced: Numbers) -> Numbers:
        """Of the rows of a pool, one is priced: that which helps all who need it, for the least."""
        on_nodes = self._placing.on_nodes
        is_poor = self.left[on_nodes] & (reduced[on_nodes] < -CHEAPER)
        poor = self._placing.nodes[on_nodes[is_poor]]
        in_need = np.bincount(poor, minlength=len(reduced))
        helps_all = needs.members >= in_need[needs.switch]
        order = np.lexsort((needs.prices * needs.times, ~helps_all, needs.switch))
        switch = needs.switch[order]
        chosen = order[np.r_[True, switch[1:] != switch[:-1]]]
        given = np.zeros(len(needs.rows))
        there = reduced[needs.switch[chosen]] / needs.times[chosen]
        given[chosen] = np.minimum(needs.prices[chosen], there)
        return given

    def _bound(self, prices: Numbers, reduced: Numbers, most: Numbers) -> float:
        matrix, placing = self._matrix, self._placing
        if ((reduced < -TOLERANCE) & (most == INFINITY)).any():
            return -INFINITY
        right = np.where(prices > 0, matrix.least, matrix.most)
        used = prices != 0
        loose = (reduced < 0) & ~placing.are & (most < INFINITY)
        cheaper = np.flatnonzero(self.left & (reduced < 0))
        best = np.zeros(placing.workloads)
        saved = reduced[cheaper] * placing.units[cheaper]
        np.minimum.at(best, placing.workload[cheaper], saved)
        sides = _sum(prices[used] * right[used])
        return sides + _sum(reduced[loose] * most[loose]) + _sum(best)


def _sum(amounts: Numbers) -> float:
    # The product of two vectors by @ is divided among all cores, which costs more than it saves.
    return float(amounts.sum())


def switches(matrix: Matrix, kind: Mask) -> tuple[Indices, Indices, Numbers]:
    """Rows Σ factor · column ≤ times · switch, of switches of *kind*: rows, switches and times."""
    found = _Switches(matrix)
    rows = np.flatnonzero(found.of_row != NONE)
    rows = rows[kind[found.of_row[rows]]]
    return rows, found.of_row[rows], found.times[rows]


class _Switches:
    """Rows Σ factor · column ≤ times · switch, with positive factors: by row, or NONE."""

    def __init__(self, matrix: Matrix) -> None:
        negative = matrix.factor < 0
        count = np.bincount(matrix.row[negative], minlength=matrix.rows)
        is_one = (count == 1) & (matrix.most == 0) & (matrix.least == -INFINITY)
        entries = np.flatnonzero(negative & is_one[matrix.row])
        self.of_row: Indices = np.full(matrix.rows, NONE, dtype=np.int64)
        self.of_row[matrix.row[entries]] = matrix.column[entries]
        self.times: Numbers = np.ones(matrix.rows)
        self.times[matrix.row[entries]] = -matrix.factor[entries]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Needs:
    """Of some *rows*: their *switch*, and the *prices* at which none of their *members* looks too good."""

    rows: Indices
    members: Indices
    prices: Numbers
    switch: Indices
    times: Numbers


def _in_turn(needs: _Needs, reduced: Numbers) -> Numbers:
    """The rows of a switch get what they need, the least first, until it has no more."""
    costs = needs.prices * needs.times
    order = np.lexsort((costs, needs.switch))
    switch, costs = needs.switch[order], costs[order]
    before = np.cumsum(costs) - costs
    begins = np.flatnonzero(np.r_[True, switch[1:] != switch[:-1]])
    sizes = np.diff(np.r_[begins, len(order)])
    left = reduced[switch] - (before - np.repeat(before[begins], sizes))
    given = np.zeros(len(order))
    given[order] = np.clip(left, 0.0, costs) / needs.times[order]
    return given
