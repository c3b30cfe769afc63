"""Read the solver's answer, and forbid what of it was found not to fit."""

from collections.abc import Iterator, Sequence

from broker.placement.highs import INTEGRALITY
from broker.placement.matrix import Numbers
from broker.placement.purchase import Assignment, BoughtPool
from broker.placement.tightening import Tightening
from broker.placement.variables import Variables


def assignment(v: Variables, values: Numbers) -> Assignment:
    """The units of each candidate that *values* use."""
    return [
        (candidate, units)
        for pool in v.pools
        for candidate in pool.candidates
        for units in [_whole(float(values[v.place_of(candidate)]))]
        if units
    ]


def _whole(value: float) -> int:
    nearest = round(value)
    if abs(value - nearest) > INTEGRALITY:
        message = f"the solver calls {value!r} a whole number"
        raise ArithmeticError(message)
    return nearest


def cut(
    v: Variables, tightening: Tightening, bought: Sequence[BoughtPool], values: Numbers
) -> bool:
    """Forbid what was found not to fit: with at least these units, at least these nodes.

    For a pool whose units x[w] need at least N nodes where the model had fewer, with n workloads:

        place[w,o] ≤ x[w] - 1 + (units[w] - x[w] + 1) · reached[w]    for each w in the pool
        nodes[o] ≥ N · (Σ_w reached[w] - n + 1)

    Each reached[w] is 0 or 1. Returns whether a row was added.
    """
    rows = tightening.broken_by_any(values)
    for row in rows:
        v.model.at_most(row.name, row.terms, row.bound)
    added = bool(rows)
    for b, column in () if rows else short_of_nodes(v, bought, values):
        _forbid(v, b, column)
        added = True
    return added


def short_of_nodes(
    v: Variables, bought: Sequence[BoughtPool], values: Numbers
) -> Iterator[tuple[BoughtPool, int]]:
    """What of *bought* needs more nodes than *values* have, each with the column of its nodes."""
    columns = {pool.key: pool.column for pool in v.pools if not pool.is_folded}
    for b in bought:
        column = columns.get(b.key)
        if column is not None and b.packing.least > _whole(float(values[column])):
            yield b, column


def _forbid(v: Variables, b: BoughtPool, nodes: int) -> None:
    name = f"{','.join(filter(None, b.key))},{len(v.model.rows)}"
    switches: dict[int, float] = {}
    for candidate, units in zip(b.candidates, b.units, strict=True):
        row = f"reached[{name},{candidate.workload.name}]"
        switch = v.model.add_column(row, cost=0.0, upper=1)
        v.model.at_most(
            row,
            {v.place_of(candidate): 1.0, switch: -float(candidate.units - units + 1)},
            float(units - 1),
        )
        switches[switch] = -float(b.packing.least)
    v.model.at_least(
        f"packed[{name}]",
        {**switches, nodes: 1.0},
        -float(b.packing.least * (len(switches) - 1)),
    )
