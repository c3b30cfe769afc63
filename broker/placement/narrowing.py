"""Leave out of a model what is proven too dear for any fleet cheaper than one that is known.

What using a candidate adds to the relaxed optimum is at least the sum of the reduced costs that come
with it, since a column is 0 or has at least one whole unit, and brings others with it:

    cost of any fleet with place[w,o] ≥ 1  ≥  relaxed optimum + dearness[w,o]
    dearness[w,o] = rc(place[w,o]) + rc(nodes[o]) · nodes for one unit
                    + rc(open[r]) + rc(cloud[k]) + Σ_d rc(copy[d,r])
"""

from dataclasses import replace

import numpy as np

from broker.placement.candidates import Candidate
from broker.placement.matrix import Indices, Mask, Matrix, Numbers
from broker.placement.model import INFINITY, Model, Row
from broker.placement.moves import Moves
from broker.placement.placing import NONE, Placing
from broker.placement.strengthening import Strengthened
from broker.placement.variables import Pool, Variables

USED = 1e-9


def dearness(relaxed: Strengthened) -> Numbers:
    """What using the place of each column at all adds to the relaxed optimum, at least.

    Infinity for a place that was left out: it is in no fleet that is of interest.
    """
    placing = relaxed.placing
    costs = np.maximum(relaxed.reduced, 0.0)
    dear = np.where(relaxed.generation.left, costs, INFINITY)
    on_nodes = placing.on_nodes
    dear[on_nodes] += costs[placing.nodes[on_nodes]] * placing.nodes_of_one[on_nodes]
    dear[placing.all] += costs[placing.cluster[placing.all]]
    np.add.at(dear, placing.copies[:, 0], costs[placing.copies[:, 1]])
    return dear


def promising(v: Variables, relaxed: Strengthened, most: int) -> Mask:
    """Up to *most* places of each workload, and all that are used in fractions or run now.

    Ranked by what putting the whole workload there costs more by the reduced costs of its units, of
    nodes for them alone, and of the cluster. That bounds nothing, but tells good places from bad.
    """
    placing, moves = relaxed.placing, Moves(v.problem)
    kept = placing.are & (relaxed.values > USED)
    kept[placing.first(most, placing.alone(relaxed.reduced, 1.0), placing.all)] = True
    for candidates in v.by_workload.values():
        kept[[v.place_of(c) for c in candidates if moves.is_home(c)]] = True
    return kept


def part_of(v: Variables, placing: Placing, kept: Mask) -> Variables:
    """The model of *v* with only those places that are *kept*, and what these need."""
    matrix = Matrix(v.model)
    pools = [(pool, [c for c in pool.candidates if kept[v.place_of(c)]]) for pool in v.pools]
    columns = with_what_they_need(v, placing, kept)
    at = np.cumsum(columns) - 1
    part = Variables(
        problem=v.problem,
        model=Model(
            columns=[v.model.columns[column] for column in np.flatnonzero(columns).tolist()],
            rows=_rows_of(v, matrix, columns, at),
        ),
        pools=[_in_part(pool, at, there) for pool, there in pools if there],
        by_workload={
            name: [c for c in candidates if kept[v.place_of(c)]]
            for name, candidates in v.by_workload.items()
        },
    )
    part.place = {key: int(at[c]) for key, c in v.place.items() if columns[c]}
    part.open = {key: int(at[c]) for key, c in v.open.items() if columns[c]}
    part.cloud = {key: int(at[c]) for key, c in v.cloud.items()}
    part.copy = {key: int(at[c]) for key, c in v.copy.items() if columns[c]}
    part.runs = {key: int(at[c]) for key, c in v.runs.items()}
    return part


def with_what_they_need(v: Variables, placing: Placing, kept: Mask) -> Mask:
    """All columns but places, nodes, clusters and copies that no place of *kept* needs."""
    columns = np.ones(len(kept), dtype=np.bool_)
    columns[placing.are | placing.are_nodes] = False
    columns[[*v.open.values(), *v.copy.values()]] = False
    columns |= kept
    places = np.flatnonzero(kept)
    nodes: Indices = placing.nodes[places]
    columns[nodes[nodes != NONE]] = True
    columns[placing.cluster[places]] = True
    copies = placing.copies
    columns[copies[kept[copies[:, 0]], 1]] = True
    return columns


def _rows_of(v: Variables, matrix: Matrix, columns: Mask, at: Indices) -> list[Row]:
    """The rows that still say something: not those that only hold what could be switched on."""
    there = columns[matrix.column]
    entries = np.flatnonzero(there)
    raising = there & (matrix.factor > 0)
    says = np.bincount(matrix.row[raising], minlength=matrix.rows) > 0
    says |= (matrix.least > -INFINITY) | (matrix.most < 0)
    begins = np.searchsorted(matrix.row[entries], np.arange(matrix.rows + 1)).tolist()
    numbers = at[matrix.column[entries]].tolist()
    factors = matrix.factor[entries].tolist()
    rows = []
    for number in np.flatnonzero(says).tolist():
        part = slice(begins[number], begins[number + 1])
        terms = tuple(zip(numbers[part], factors[part], strict=True))
        rows.append(v.model.rows[number]._replace(coefficients=terms))
    return rows


def _in_part(pool: Pool, at: Indices, there: list[Candidate]) -> Pool:
    return replace(pool, candidates=there, column=int(at[pool.column]))
