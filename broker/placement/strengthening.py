"""Strengthen a model before it is searched, by rows that its answer in fractions breaks."""

from collections.abc import Sequence

from broker.placement.relaxation import Relaxation, Relaxed
from broker.placement.rounding import Rounding
from broker.placement.tightening import Row, Tightening
from broker.placement.variables import Variables

TIGHTENINGS, ROUNDINGS = 50, 10
"""How often rows are looked for: of patterns, and then of whole nodes."""

BINDING = 1e-6


def tighten(v: Variables, tightening: Tightening, rounding: Rounding) -> Relaxed | None:
    """Add to *v* the rows that hold its best answer in fractions up.

    Returns that answer, None if there is none.
    """
    relaxation = Relaxation(v.model)
    relaxed = relaxation.solve()
    found: list[Row] = []
    roundings = 0
    for _ in range(TIGHTENINGS):
        if relaxed is None:
            return None
        rows = tightening.broken(relaxed.values)
        if not rows and roundings < ROUNDINGS:
            roundings += 1
            rows = rounding.broken(relaxed.values)
        if not rows:
            break
        for row in rows:
            relaxation.at_most(row.terms, row.bound)
        found += rows
        relaxed = relaxation.solve()
    for row in found:
        if relaxed is not None and _binds(row, relaxed.values):
            v.model.at_most(row.name, row.terms, row.bound)
    return relaxed


def _binds(row: Row, values: Sequence[float]) -> bool:
    return sum(values[c] * factor for c, factor in row.terms.items()) > row.bound - BINDING
