"""A relaxation of few columns bounds the whole model, whatever its prices are."""

from collections.abc import Iterator
from random import Random

import numpy as np
import pytest

from broker.domain.money import MICROS_PER_UNIT
from broker.placement.generation import Generation
from broker.placement.highs import solve_model
from broker.placement.matrix import Matrix
from broker.placement.model import INFINITY
from broker.placement.placing import Placing
from broker.placement.pricing import Pricing
from broker.placement.reaching import Reaching
from broker.placement.relaxation import Relaxation
from broker.placement.search import build
from broker.placement.variables import Variables
from tests.fakes.brute_force import cheapest
from tests.properties.test_narrowing import at_random, crowded, parts
from tests.properties.test_reductions import made
from tests.strategies import seeded

TOLERANCE = 1e-5


def models() -> Iterator[tuple[int, Variables]]:
    """Small ones of every kind, and crowded ones that begin with few of their columns."""
    for seed, problem, part in parts():
        yield seed, build(problem, part)
    for seed in range(1, 13):
        problem = made(seed)
        yield seed, build(problem, crowded(problem))


def test_generation_finds_the_optimum_of_the_whole_relaxation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broker.placement.generation.FEW", 0)
    monkeypatch.setattr("broker.placement.generation.FIRST", 1)
    monkeypatch.setattr("broker.placement.generation.IN_REGIONS", 0)
    grown = 0
    for seed, v in models():
        whole = Relaxation(v.model).solve()
        generation = Generation(Matrix(v.model), Placing(v))
        at_first = generation.present.sum()
        found = generation.solve()

        assert (whole is None) == (found is None), seed
        if whole is not None and found is not None:
            solved, priced = found
            assert solved.missing == pytest.approx(0.0, abs=TOLERANCE), seed
            assert solved.objective == pytest.approx(whole.objective, rel=2e-5, abs=1e-3), seed
            assert priced.bound <= whole.objective * (1 + TOLERANCE) + TOLERANCE, seed
            assert priced.bound >= whole.objective * (1 - 2 * TOLERANCE) - TOLERANCE, seed
            grown += generation.present.sum() > at_first
    assert grown > 25


def test_any_prices_bound_the_cost_of_every_fleet() -> None:
    told = 0
    for seed, v in models():
        random = Random(seed)  # noqa: S311 - the same every time
        matrix = Matrix(v.model)
        pricing = Pricing(matrix, Placing(v))
        least = solve_model(v.model).objective
        for scale in (0.0, 1.0, 30.0, 1_000.0):
            prices = np.array([random.uniform(-scale, scale) for _ in range(matrix.rows)])
            bound = pricing.complete(prices).bound

            assert bound <= least * (1 + TOLERANCE) + TOLERANCE, seed
            told += bound > -INFINITY
    assert told > 100


def test_no_bound_of_a_part_is_above_what_trying_everything_finds() -> None:
    for seed, problem, part in parts():
        best = cheapest(seeded(seed))
        found = Generation(
            Matrix(build(problem, part).model), Placing(build(problem, part))
        ).solve()
        if best is not None and found is not None:
            assert found[1].bound <= float(best) / MICROS_PER_UNIT * (1 + TOLERANCE), seed


def test_every_fleet_keeps_rows_of_places_served() -> None:
    """Rows for points between fleets at random, against other fleets that serve every place."""
    checked = 0
    for seed, v in models():
        if not Reaching(v).reaches:
            continue
        random = Random(seed)  # noqa: S311 - the same every time
        served = [f for f in (at_random(v, random) for _ in range(30)) if keeps_early_rows(v, f)]
        if len(served) < 4:
            continue
        for _ in range(6):
            amid = np.mean(random.sample(served, 3), axis=0)
            amid[[pool.column for pool in v.pools if not pool.is_folded]] *= 0.3
            amid[list(v.open.values())] *= 0.3
            for row in Reaching(v).broken(amid):
                for fleet in served:
                    held = sum(fleet[column] * factor for column, factor in row.terms.items())
                    assert held <= row.bound + TOLERANCE, (seed, row.name)
                    checked += 1
    assert checked > 100


def keeps_early_rows(v: Variables, fleet: np.ndarray) -> bool:
    """Whether each place of clients is served, once its clusters are open."""
    for pool in v.pools:
        if fleet[[v.place_of(c) for c in pool.candidates]].any():
            fleet[v.open[pool.offer.region]] = 1.0
    reach = [row for row in v.model.rows if row.name.startswith("reach[")]
    return all(sum(fleet[c] * f for c, f in r.coefficients) >= r.lower for r in reach)
