"""Rows found when they are needed: what an answer of the solver packs more tightly than can be.

A row found for one pool holds for every pool of such nodes, so that the next answer does not repeat
the same mistake in another region.

    Σ_w weight[w] · replicas[w,o] · place[w,o] ≤ nodes[o]   for each pool o of the shape
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from broker.domain.accelerators import Accelerator
from broker.placement.best_pattern import OutOfWork, Steps
from broker.placement.lifting import Among, lifted
from broker.placement.matrix import Numbers
from broker.placement.patterns import best_mix
from broker.placement.shapes import NodeShape
from broker.placement.variables import Pool, Variables

VIOLATED = 1e-4
"""Nodes by which a row must be broken to be worth adding."""

STEPS_OF_A_MODEL = 20_000
"""Seconds of work: odd sizes in many pools would take minutes of it, and the solver has its own rows."""

STEPS_OF_A_ROW = 20_000
"""A fifth of a second of work: where it ends, the rest of the workloads weigh nothing."""

Shape = tuple[Accelerator, NodeShape]

Key = tuple[Shape, int]
"""Which row it is of those found for a shape."""


@dataclass(frozen=True, slots=True)
class Row:
    """sum of *terms* <= *bound*."""

    name: str
    terms: dict[int, float]
    bound: float


@dataclass(frozen=True, slots=True)
class _Weights:
    """A row for all pools of one shape: what a replica of each workload weighs, in nodes.

    *is_lifted* tells that all others on such nodes weigh in it what they can, too.
    """

    number: int
    by_workload: dict[str, Fraction]
    is_lifted: bool = False


@dataclass(slots=True)
class Found:
    """What was found of some workloads so far, in whichever models of them."""

    weights: dict[Shape, list[_Weights]] = field(default_factory=lambda: defaultdict(list))
    asked: set[tuple[object, ...]] = field(default_factory=set)


class Tightening:
    """The rows for the pools of one model; *found* is shared by models of the same workloads."""

    def __init__(self, v: Variables, found: Found | None = None) -> None:
        self.found = Found() if found is None else found
        self._v = v
        self._shared = [pool for pool in v.pools if len(pool.candidates) > 1]
        columns = [[v.place_of(c) for c in pool.candidates] for pool in self._shared]
        self._columns = np.array([column for each in columns for column in each], dtype=np.int64)
        self._starts = np.cumsum([0, *map(len, columns)])[:-1]
        self._steps = Steps(STEPS_OF_A_MODEL)

    def broken(self, values: Numbers) -> list[Row]:
        """Rows that every packing keeps and *values* break; found ones first, then new ones."""
        return [row for _, row in self._found_broken(values)]

    def broken_by_any(self, values: Numbers) -> list[Row]:
        """What `broken` finds, lifted, and for every pool of such nodes: who moves is not to break it elsewhere."""
        found = {key for key, _ in self._found_broken(values)}
        for shape, number in sorted(found, key=lambda each: each[1]):
            self._lift(shape, number)
        return [
            row
            for pool in self._shared
            for weights in self.found.weights[_shape(pool)]
            if (_shape(pool), weights.number) in found
            for row in [self._row(pool, weights)]
            if len(row.terms) > 1
        ]

    def _found_broken(self, values: Numbers) -> list[tuple[Key, Row]]:
        pools = self._loaded(values)
        known = [found for pool in pools for found in self._broken(pool, values)]
        if known:
            return known
        for pool in pools:
            self._learn(pool, values)
        return [found for pool in pools for found in self._broken(pool, values)]

    def _lift(self, shape: Shape, number: int) -> None:
        """Let every workload that may be on nodes of *shape* weigh what it can in their row."""
        row = self.found.weights[shape][number - 1]
        if row.is_lifted:
            return
        among: dict[str, Among] = {}
        for pool in self._shared:
            for c in pool.candidates if _shape(pool) == shape else ():
                name, most = c.workload.name, c.units * c.replicas_per_unit
                known = among.get(name)
                most = most if known is None else max(most, known.most)
                among[name] = Among(c.item, most, row.by_workload.get(name, Fraction(0)))
        by_workload = {**row.by_workload, **lifted(among, shape[1], Steps(STEPS_OF_A_ROW))}
        self.found.weights[shape][number - 1] = replace(
            row, by_workload=by_workload, is_lifted=True
        )

    def _loaded(self, values: Numbers) -> list[Pool]:
        """Shared pools on which *values* put something."""
        if not self._shared:
            return []
        most = np.maximum.reduceat(values[self._columns], self._starts)
        return [self._shared[number] for number in np.flatnonzero(most > VIOLATED).tolist()]

    def weights(self, shape: Shape) -> list[dict[str, Fraction]]:
        """What was found for nodes of *shape*: the part of a node that a replica of each weighs."""
        return [weights.by_workload for weights in self.found.weights[shape]]

    def _broken(self, pool: Pool, values: Numbers) -> Iterator[tuple[Key, Row]]:
        for weights in self.found.weights[_shape(pool)]:
            row = self._row(pool, weights)
            if sum(values[column] * weight for column, weight in row.terms.items()) > VIOLATED:
                yield (_shape(pool), weights.number), row

    def _row(self, pool: Pool, weights: _Weights) -> Row:
        terms = {pool.column: -1.0}
        for candidate in pool.candidates:
            weight = weights.by_workload.get(candidate.workload.name)
            if weight:
                terms[self._v.place_of(candidate)] = float(weight * candidate.replicas_per_unit)
        return Row(f"pattern[{pool.name},{weights.number}]", terms, 0.0)

    def _learn(self, pool: Pool, values: Numbers) -> None:
        shape = _shape(pool)
        there = [c for c in pool.candidates if values[self._v.place_of(c)] > VIOLATED]
        if len(there) < 2:  # noqa: PLR2004 - one class alone has its exact row
            return
        wanted = [values[self._v.place_of(c)] * c.replicas_per_unit for c in there]
        asked = (
            shape,
            *((c.workload.name, round(w, 6)) for c, w in zip(there, wanted, strict=True)),
        )
        if asked in self.found.asked or not self._steps.left:
            return
        self.found.asked.add(asked)
        try:
            weights = best_mix(
                [c.item for c in there],
                [c.units * c.replicas_per_unit for c in there],
                pool.node,
                wanted,
                self._steps,
            ).weights
        except OutOfWork:
            return
        nodes = sum(float(w) * n for w, n in zip(weights, wanted, strict=True))
        if nodes > values[pool.column] + VIOLATED:
            known = self.found.weights[shape]
            known.append(
                _Weights(
                    len(known) + 1,
                    {c.workload.name: w for c, w in zip(there, weights, strict=True)},
                )
            )


def _shape(pool: Pool) -> Shape:
    return (pool.offer.accelerator, pool.node)
