"""Rows of the tableau raise what is proven, never above the best fleet; every fleet keeps them."""

import numpy as np
import pytest

from broker.placement.highs import solve_model
from broker.placement.matrix import Numbers
from broker.placement.model import INFINITY, Model
from broker.placement.search import build
from broker.placement.sharpening import sharpened
from broker.placement.strengthening import Strengthened, tighten
from broker.placement.tableau import broken_by
from broker.placement.tightening import Tightening
from broker.placement.variables import Variables
from tests.properties.test_column_generation import models
from tests.properties.test_narrowing import parts

TOLERANCE = 1e-5

MANY = range(40_000, 40_700)
"""Seeds of some hundred small models."""


def relaxations() -> list[tuple[int, Variables, Strengthened]]:
    small = ((seed, build(problem, part)) for seed, problem, part in parts(MANY))
    tightened = (
        (seed, v, tighten(v, Tightening(v), widely=False)) for seed, v in (*models(), *small)
    )
    return [(seed, v, relaxed) for seed, v, relaxed in tightened if relaxed is not None]


def test_what_is_proven_is_raised_and_never_above_the_optimum() -> None:
    told = raised = 0
    for seed, v, relaxed in relaxations():
        least = solve_model(v.model, gap=0.0).objective
        if least == INFINITY:
            continue
        before = relaxed.bound
        limit = least * (1.05 if seed % 2 else 0.999)
        bound = sharpened(relaxed, limit).bound

        assert bound <= min(least, limit) * (1 + TOLERANCE) + TOLERANCE, seed
        assert bound >= min(before, limit) - TOLERANCE, seed
        told += 1
        raised += bound > before * (1 + 1e-4)
    assert told > 300
    assert raised > 40


def test_no_row_cuts_off_the_best_fleet() -> None:
    found = 0
    for seed, v, relaxed in relaxations():
        answer = solve_model(v.model, gap=0.0)
        rows = broken_by(relaxed)
        if answer.values is None or not rows:
            continue
        values = whole(np.array(answer.values), relaxed)

        for row in rows:
            comes_to = sum(float(values[c]) * factor for c, factor in row.coefficients)
            assert comes_to <= row.upper + TOLERANCE, (seed, row.name)
            found += 1
        cut = Model(columns=v.model.columns, rows=[*v.model.rows, *rows])
        objective = solve_model(cut, gap=0.0).objective
        assert objective == pytest.approx(answer.objective, rel=TOLERANCE), seed
    assert found > 100


def whole(values: Numbers, relaxed: Strengthened) -> Numbers:
    """Without what the solver leaves of its tolerances."""
    return np.where(relaxed.matrix.integer, np.round(values), values)
