"""Divide the fleets there are by how many nodes they have of some pool, and bound each kind.

A relaxation that buys 0.2 of a dear node bounds little. Of two kinds of fleets, those with none of
these nodes and those with one at least, each has a higher bound. The least one bounds all fleets;
and what is too dear for every kind can be left out.
"""

from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

from broker.placement.matrix import Mask, Numbers
from broker.placement.model import INFINITY
from broker.placement.narrowing import dearness
from broker.placement.pricing import Limits
from broker.placement.strengthening import Strengthened
from broker.placement.variables import Variables

DIVISIONS = 24
"""Each takes two relaxations: seconds of work at the most, for large models."""

WHOLE = 1e-5
WORTH = 1e-4
"""Of the bound: what rounding the nodes of a pool up must cost at least for it to be chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """Fleets within *limits*: their relaxation."""

    limits: Limits
    relaxed: Strengthened


def divided(v: Variables, relaxed: Strengthened, limit: float) -> list[Kind]:
    """Kinds to which every fleet belongs that costs less than *limit*; the least bounds come first."""
    cost = np.array([column.cost for column in v.model.columns])
    open_kinds, settled = [Kind({}, relaxed)], list[Kind]()
    for _ in range(DIVISIONS):
        if not open_kinds or open_kinds[0].relaxed.bound >= limit:
            break
        kind, *open_kinds = open_kinds
        pool = _dearest_part(kind.relaxed, cost)
        if pool is None:
            settled.append(kind)
            continue
        open_kinds += [half for half in _halves(kind, pool, limit) if half is not None]
        open_kinds.sort(key=lambda kind: kind.relaxed.bound)
    left = [kind for kind in (*settled, *open_kinds) if kind.relaxed.bound < limit]
    return sorted(left, key=lambda kind: kind.relaxed.bound)


def kept_by_any(kinds: list[Kind], limit: float) -> Mask:
    """The places that are not too dear for a fleet of some kind that costs less than *limit*."""
    kept: Mask = np.zeros(len(kinds[0].relaxed.values), dtype=np.bool_)
    for kind in kinds:
        kept |= dearness(kind.relaxed) <= limit - kind.relaxed.bound
    return kept


def _dearest_part(relaxed: Strengthened, cost: Numbers) -> int | None:
    """The pool of which rounding the nodes costs most, up or down; None if it is worth nothing."""
    values = np.where(relaxed.placing.are_nodes, relaxed.values, 0.0)
    part = values - np.floor(values)
    worth = np.minimum(part, 1 - part) * cost
    column = int(worth.argmax())
    return column if worth[column] > WORTH * relaxed.bound and part[column] > WHOLE else None


def _halves(kind: Kind, pool: int, limit: float) -> list[Kind | None]:
    least, most = kind.limits.get(pool, (0.0, INFINITY))
    nodes = float(kind.relaxed.values[pool])
    return [
        _within(kind, {**kind.limits, pool: limits}, limit)
        for limits in ((least, float(floor(nodes))), (float(ceil(nodes)), most))
    ]


def _within(kind: Kind, limits: Limits, limit: float) -> Kind | None:
    found = kind.relaxed.generation.within(limits, limit)
    if found is None:
        return None
    solved, priced = found
    before = kind.relaxed
    is_better = priced.bound > before.bound
    reduced = _beyond_limits(priced.reduced, limits) if is_better else before.reduced
    relaxed = replace(
        before, values=solved.values, reduced=reduced, bound=max(priced.bound, before.bound)
    )
    return Kind(limits, relaxed)


def _beyond_limits(reduced: Numbers, limits: Limits) -> Numbers:
    """Nodes that have to be there are part of the bound: using them adds nothing."""
    forced = [column for column, (least, _) in limits.items() if least]
    beyond = reduced.copy()
    beyond[forced] = np.minimum(beyond[forced], 0.0)
    return beyond
