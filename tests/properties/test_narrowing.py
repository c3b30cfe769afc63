"""Rows that hold a relaxation up, and what it leaves out as too dear, cost no fleet that is cheaper."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from random import Random

import numpy as np
import numpy.typing as npt
import pytest

from broker.domain.money import MICROS_PER_UNIT
from broker.placement.branching import divided, kept_by_any
from broker.placement.candidates import Candidate, candidates
from broker.placement.dominance import undominated
from broker.placement.graph import components
from broker.placement.highs import solve_model
from broker.placement.model import INFINITY
from broker.placement.narrowing import dearness, part_of
from broker.placement.problem import Problem
from broker.placement.purchase import buy
from broker.placement.rounding import Rounding
from broker.placement.search import NoFeasibleAnswer, build, search
from broker.placement.strengthening import Strengthened, tighten
from broker.placement.tightening import Tightening
from broker.placement.variables import Variables
from broker.ports.progress import Silence
from tests.fakes.brute_force import cheapest
from tests.properties.test_reductions import made
from tests.strategies import seeded

SEEDS = range(20_000, 20_150)
TOLERANCE = 1e-5

Part = dict[str, list[Candidate]]
Point = npt.NDArray[np.double]


def parts(seeds: Iterable[int] = SEEDS) -> Iterator[tuple[int, Problem, Part]]:
    for seed in seeds:
        problem = seeded(seed)
        lawful = candidates(problem).by_workload
        if all(lawful.values()):
            for part in components(problem, undominated(problem, lawful)):
                yield seed, problem, part


def strengthened(problem: Problem, part: Part) -> tuple[Variables, Strengthened | None]:
    v = build(problem, part)
    return v, tighten(v, Tightening(v), widely=True)


def test_rows_of_whole_nodes_hold_for_the_best_fleet() -> None:
    found = 0
    bounds: dict[int, float] = defaultdict(float)
    for seed, problem, part in parts():
        v, _ = strengthened(problem, part)
        found += any(row.name.startswith("whole[") for row in v.model.rows)
        bounds[seed] += solve_model(v.model).objective
    for seed, bound in bounds.items():
        best = cheapest(seeded(seed))
        assert best is None or bound <= float(best) / MICROS_PER_UNIT * (1 + TOLERANCE), seed
    assert found


def test_every_fleet_keeps_rows_of_whole_nodes_whatever_they_were_found_for() -> None:
    """Rows for points amid fleets at random, with too few nodes, against other fleets at random."""
    checked = 0
    for seed in range(1, 13):
        random = Random(seed)  # noqa: S311 - the same every time
        problem = made(seed)
        v = build(problem, crowded(problem))
        tightening = Tightening(v)
        rounding = Rounding(v, tightening, widely=True)
        fleets = [at_random(v, random) for _ in range(12)]
        for _ in range(6):
            amid = np.mean(random.sample(fleets, 3), axis=0)
            amid[[pool.column for pool in v.pools]] *= random.choice((0.6, 0.8, 0.95))
            tightening.broken(amid)
            present = np.array([random.random() < 0.7 for _ in amid])
            for row in (*rounding.broken(amid), *rounding.broken(amid, present)):
                for fleet in fleets:
                    held = sum(fleet[column] * factor for column, factor in row.terms.items())
                    assert held <= row.bound + TOLERANCE, (seed, row.name)
                    checked += 1
    assert checked > 1_000


def crowded(problem: Problem) -> Part:
    """The lawful candidates in the two regions where most are; of a workload with none, a few."""
    lawful = {name: list(cs) for name, cs in candidates(problem).by_workload.items() if cs}
    regions = Counter(c.offer.region for cs in lawful.values() for c in cs)
    two = {region for region, _ in regions.most_common(2)}
    return {name: [c for c in cs if c.offer.region in two] or cs[:3] for name, cs in lawful.items()}


def at_random(v: Variables, random: Random) -> Point:
    """A fleet that places every workload, spread as it asks, on the nodes that a packing takes."""
    chosen: list[tuple[Candidate, int]] = []
    for candidates_of_one in v.by_workload.values():
        left = candidates_of_one[0].units
        rooms = {c.offer.region: c.most_units for c in candidates_of_one}
        for c in random.sample(candidates_of_one, len(candidates_of_one)):
            units = min(left, rooms[c.offer.region], random.randint(1, left) if left else 0)
            if units:
                chosen.append((c, units))
                rooms[c.offer.region] -= units
                left -= units
    values = np.zeros(len(v.model.columns))
    for c, units in chosen:
        values[v.place_of(c)] = units
    columns = {pool.key: pool.column for pool in v.pools if not pool.is_folded}
    for bought in buy(chosen):
        if bought.key in columns:
            values[columns[bought.key]] = bought.packing.nodes
    return values


def test_using_a_candidate_costs_at_least_what_its_dearness_says() -> None:
    dear = 0
    for seed, problem, part in parts():
        v, relaxed = strengthened(problem, part)
        if relaxed is None:
            continue
        rows, more = list(v.model.rows), dearness(relaxed)
        for (_, offer), column in v.place.items():
            v.model.rows[:] = rows
            v.model.at_least("used", {column: 1.0}, 1.0)
            least = solve_model(v.model).objective

            assert relaxed.bound + more[column] <= least * (1 + TOLERANCE) + TOLERANCE, (
                seed,
                offer,
            )
            dear += more[column] > 1
    assert dear > 50


def test_kinds_of_fleets_bound_them_all_and_keep_what_a_cheaper_one_uses() -> None:
    """Up to a limit a little above the best fleet, which belongs to some kind, and is kept."""
    divisions = 0
    for seed, problem, part in parts():
        v, relaxed = strengthened(problem, part)
        best = solve_model(v.model)
        if relaxed is None or best.values is None:
            continue
        limit = best.objective * 1.02 + 1
        kinds = divided(v, relaxed, limit)
        kept = kept_by_any(kinds, limit)

        assert kinds[0].relaxed.bound <= best.objective * (1 + TOLERANCE) + TOLERANCE, seed
        assert kinds[0].relaxed.bound >= relaxed.bound, seed
        for column in v.place.values():
            if best.values[column] > TOLERANCE:
                assert kept[column], seed
        divisions += len(kinds) > 1 or kinds[0].relaxed.bound > relaxed.bound
    assert divisions > 10


def test_a_part_with_everything_is_the_whole() -> None:
    for _, problem, part in parts():
        v, relaxed = strengthened(problem, part)
        if relaxed is not None:
            same = part_of(v, relaxed.placing, dearness(relaxed) < INFINITY)

            assert same.by_workload == part
            assert solve_model(same.model).objective == pytest.approx(
                solve_model(v.model).objective, rel=TOLERANCE
            )


def test_a_part_costs_what_the_whole_does_without_what_it_leaves_out() -> None:
    compared = 0
    for seed, problem, part in parts():
        random = Random(seed)  # noqa: S311 - the same every time
        v, relaxed = strengthened(problem, part)
        if relaxed is None:
            continue
        kept = relaxed.placing.are & np.array([random.random() < 0.6 for _ in v.model.columns])
        part_model = part_of(v, relaxed.placing, kept).model
        for column in v.place.values():
            if not kept[column]:
                v.model.columns[column] = v.model.columns[column]._replace(upper=0.0)
        without = solve_model(v.model)
        alone = solve_model(part_model)

        assert (without.values is None) == (alone.values is None), seed
        if alone.values is not None:
            assert alone.objective == pytest.approx(without.objective, rel=TOLERANCE), seed
            compared += 1
    assert compared > 30


def test_a_search_in_parts_finds_what_a_search_of_the_whole_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = 0
    for seed, problem, part in parts():
        whole = least(problem, part)
        with monkeypatch.context() as patched:
            patched.setattr("broker.placement.search.SMALL", 0)
            patched.setattr("broker.placement.search.MANY", 0)
            in_parts = least(problem, part)

        assert (whole is None) == (in_parts is None), seed
        if whole is not None and in_parts is not None:
            assert in_parts == pytest.approx(whole, rel=2 * TOLERANCE, abs=1e-3), seed
            compared += 1
    assert compared > 50


def least(problem: Problem, part: Part) -> float | None:
    """The cost of the best fleet, which is optimal and proven; None if there is none."""
    try:
        answer = search(problem, part, Silence())
    except NoFeasibleAnswer:
        return None
    assert answer.is_optimal
    assert answer.bound <= answer.objective
    return answer.objective.to_float()
