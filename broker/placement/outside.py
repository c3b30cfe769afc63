"""What lies outside a part of a model: what units there cost at least, and take of rows inside.

Places outside are in groups, by workload and region (all regions without a cluster inside are one).
"""

from collections import defaultdict

import numpy as np

from broker.placement.matrix import Indices, Mask, Matrix, Numbers, sums
from broker.placement.model import INFINITY
from broker.placement.placing import NONE
from broker.placement.pricing import switches
from broker.placement.strengthening import Strengthened

CHEAP = 1e-7
"""By so much money below nothing a column looks too cheap."""

Weights = dict[int, list[tuple[int, float]]]
"""By row: groups, and what a unit of each weighs."""


def users_pay(relaxed: Strengthened, pools: Mask) -> tuple[Numbers, Numbers, Numbers]:
    """Divide what nodes of *pools* cost beyond what is paid for them, by the widest row of each.

    Returns the prices of rows and the reduced costs then, and how much of a node a unit at each place
    needs by that row.
    """
    matrix, placing = relaxed.matrix, relaxed.placing
    prices, reduced = relaxed.prices.copy(), relaxed.reduced.copy()
    rows, of_row, times = switches(matrix, pools)
    entries = np.flatnonzero(
        _rows_with(matrix, rows)[matrix.row] & (matrix.factor > 0) & placing.are[matrix.column]
    )
    at, factor = matrix.row[entries], matrix.factor[entries]
    members = np.bincount(at, minlength=matrix.rows)[rows]
    total = sums(at, factor, matrix.rows)[rows]
    order = np.lexsort((rows, -total, -members, of_row))
    pool = of_row[order]
    chosen = order[np.flatnonzero(np.r_[pool[:1] == pool[:1], pool[1:] != pool[:-1]])]
    widest = rows[chosen]
    given = np.maximum(reduced[of_row[chosen]], 0.0) / times[chosen]
    prices[widest] -= given
    reduced += matrix.worth(widest, given)
    each = np.zeros(matrix.rows)
    each[widest] = 1 / times[chosen]
    share = np.zeros(matrix.columns)
    there = each[at] > 0
    share[matrix.column[entries[there]]] = factor[there] * each[at[there]]
    return prices, reduced, share


class Outside:
    """What is told of the places that are not kept: *prices* and *reduced* costs, and their groups."""

    def __init__(self, relaxed: Strengthened, inside: Mask, outside: Mask) -> None:
        self.matrix, self.placing, self.inside = relaxed.matrix, relaxed.placing, inside
        self.most = relaxed.most
        self._outside = outside
        self.are: Mask = self.placing.are & outside
        pools = self.placing.are_nodes & outside
        self.prices, self.reduced, self.share = users_pay(relaxed, pools)
        self.places: Indices = np.flatnonzero(self.are)
        key = np.stack([self.placing.workload[self.places], self._regions()])
        _, groups = np.unique(key, axis=1, return_inverse=True)
        self.groups: Indices = groups.ravel().astype(np.int64)
        self.number = int(self.groups.max()) + 1
        self.group_of: Indices = np.full(self.matrix.columns, NONE, dtype=np.int64)
        self.group_of[self.places] = self.groups
        self.units = np.zeros(self.number)
        self.units[self.groups] = self.placing.units[self.places]
        row, column = self.matrix.row, self.matrix.column
        self.has_inside = _rows_with(self.matrix, row[inside[column]])
        self.has_outside = _rows_with(self.matrix, row[outside[column]])

    def _regions(self) -> Indices:
        """The cluster of each place, if it is inside."""
        cluster = self.placing.cluster[self.places]
        return np.where(self.inside[cluster], cluster, NONE)

    def constant(self) -> float:
        """What rows that have nothing inside come to, and columns that look too cheap."""
        alone = self.has_outside & ~self.has_inside & (self.prices != 0)
        limit = np.where(self.prices > 0, self.matrix.least, self.matrix.most)
        loose = self._outside & ~self.placing.are & (self.reduced < -CHEAP)
        sides = float((self.prices[alone] * limit[alone]).sum())
        return sides + float((self.reduced[loose] * self.most[loose]).sum())

    def by_unit(self) -> tuple[Indices, Indices, Numbers, Numbers, Mask]:
        """What a unit at each place outside takes of each row that has something inside too.

        Rows, places, and the least and most it takes: with whatever it needs there, of which it needs
        no more than it would by itself. And which rows have more outside than places.
        """
        matrix, placing = self.matrix, self.placing
        mixed = self.has_inside & self.has_outside
        entries = np.flatnonzero(mixed[matrix.row] & self._outside[matrix.column])
        row, column = matrix.row[entries], matrix.column[entries]
        factor = matrix.factor[entries]
        own = self.are[column]
        on_nodes = placing.on_nodes[self.are[placing.on_nodes]]
        copies = placing.copies[self.are[placing.copies[:, 0]]]
        needed = np.concatenate(
            [placing.nodes[on_nodes], placing.cluster[self.places], copies[:, 1]]
        )
        by = np.concatenate([on_nodes, self.places, copies[:, 0]])
        most = np.concatenate([
            placing.nodes_of_one[on_nodes], np.ones(len(self.places) + len(copies))
        ])  # fmt: skip
        least = np.concatenate([
            self.share[on_nodes], np.zeros(len(self.places) + len(copies))
        ])  # fmt: skip
        other = np.flatnonzero(~own)
        at, number = _matches(needed, column[other])
        factors = np.repeat(factor[other], number)
        ends = np.stack([factors * most[at], factors * least[at]])
        return (
            np.concatenate([row[own], np.repeat(row[other], number)]),
            np.concatenate([column[own], by[at]]),
            np.concatenate([factor[own], ends.min(axis=0)]),
            np.concatenate([factor[own], ends.max(axis=0)]),
            _rows_with(matrix, row[other]),
        )


def _rows_with(matrix: Matrix, rows: Indices) -> Mask:
    there: Mask = np.zeros(matrix.rows, dtype=np.bool_)
    there[rows] = True
    return there


def _matches(needed: Indices, asked: Indices) -> tuple[Indices, Indices]:
    """Where each of *asked* is in *needed*, one after the other, and how often."""
    order = np.argsort(needed, kind="stable")
    begins = np.searchsorted(needed[order], asked, "left")
    number = np.searchsorted(needed[order], asked, "right") - begins
    before = np.repeat(np.cumsum(number) - number, number)
    at = np.repeat(begins, number) + np.arange(number.sum()) - before
    return order[at], number


class Weighed:
    """What a unit of each group weighs in each row: *exact* where all its places weigh the same."""

    def __init__(self, outside: Outside) -> None:
        matrix, groups = outside.matrix, outside.number
        row, place, least_each, most_each, has_more = outside.by_unit()
        pairs, at = np.unique(row * matrix.columns + place, return_inverse=True)
        least, most = sums(at, least_each, len(pairs)), sums(at, most_each, len(pairs))
        keys, at = np.unique(
            pairs // matrix.columns * groups + outside.group_of[pairs % matrix.columns],
            return_inverse=True,
        )
        row, group = keys // groups, keys % groups
        size = np.bincount(outside.groups, minlength=groups)[group]
        is_whole = np.bincount(at, minlength=len(keys)) == size
        # Places of the group that are not in the row take nothing of it.
        high = np.where(is_whole, -INFINITY, 0.0)
        low = np.where(is_whole, INFINITY, 0.0)
        np.maximum.at(high, at, most)
        np.minimum.at(low, at, least)
        exact = is_whole & (low == high) & ~has_more[row]
        self.are_rough = _rows_with(matrix, row[~exact])
        self.exact = _by_row(row[exact], group[exact], high[exact])
        self.high = _by_row(row[~exact], group[~exact], high[~exact])
        self.low = _by_row(row[~exact], group[~exact], low[~exact])
        self.costs = np.full(groups, INFINITY)
        np.minimum.at(self.costs, outside.groups, outside.reduced[outside.places])
        np.add.at(self.costs, group[exact], outside.prices[row[exact]] * high[exact])


def _by_row(rows: Indices, groups: Indices, weights: Numbers) -> Weights:
    found: Weights = defaultdict(list)
    for row, group, weight in zip(rows.tolist(), groups.tolist(), weights.tolist(), strict=True):
        if weight:
            found[row].append((group, weight))
    return found
