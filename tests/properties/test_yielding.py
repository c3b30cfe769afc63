"""On tiny problems, what would make room is what trying everything finds."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

import pytest

from broker.domain.errors import Denied, Infeasible
from broker.domain.money import Money
from broker.domain.workloads import Priority, Workload
from broker.placement.lifts import raised
from broker.placement.outcome import Failure
from broker.placement.partial import without
from broker.placement.problem import Problem
from broker.placement.raising import StillOut, more_room
from broker.placement.solution import Solution
from broker.placement.solve import solve
from broker.placement.yielding import instead, outbids
from tests.fakes.brute_force import cheapest
from tests.strategies import seeded

GAP, ROUNDING = 5e-5, 400
IN_PART = -1
"""The size up to which these fleets are solved as a whole, where none is to be."""

Weight = tuple[float, ...]


@dataclass(frozen=True)
class Partial:
    seed: int
    problem: Problem
    solution: Solution

    @property
    def left_out(self) -> set[str]:
        return {entry.workload for entry in self.solution.unplaced}

    def pairs(self, *, placed: bool) -> Iterator[Workload]:
        return (w for w in self.problem.spec.workloads if (w.name not in self.left_out) is placed)


@cache
def partial() -> tuple[Partial, ...]:
    return tuple(_partial())


def _partial() -> Iterator[Partial]:
    """Fleets of which a part is left out, nothing running, and no more than prices at stake."""
    for seed in range(40_000, 40_500):
        problem = prioritised(seed)
        try:
            solution = solve(problem)
        except (Denied, Infeasible):
            continue
        if solution.unplaced and len(problem.spec.workloads) > 1:
            yield Partial(seed, problem, solution)


def prioritised(seed: int) -> Problem:
    made = replace(seeded(seed), recorded=None, allow_unplaced=True)
    workloads = tuple(
        replace(w, priority=list(Priority)[(seed + n) % 3])
        for n, w in enumerate(made.spec.workloads)
    )
    return replace(made, spec=replace(made.spec, workloads=workloads))


def cost(problem: Problem) -> float | None:
    found = cheapest(replace(problem, allow_unplaced=False))
    return None if found is None else float(found)


def weight(problem: Problem, gone: set[str]) -> Weight:
    left = [w for w in problem.spec.workloads if w.name in gone]
    return tuple(
        float(sum(w.accelerators.count * w.replicas.minimum for w in left if w.priority is p))
        for p in (Priority.PRODUCTION, Priority.STANDARD, Priority.BEST_EFFORT)
    )


def at_any_cost(problem: Problem) -> Problem:
    return replace(problem, spec=replace(problem.spec, budget=None))


def lightest_with(problem: Problem, needed: str) -> Weight | None:
    """What is left out at the least if *needed* is not."""
    names = {w.name for w in problem.spec.workloads}
    others = sorted(names - {needed})
    weights = [
        weight(problem, set(gone))
        for size in range(len(others) + 1)
        for gone in combinations(others, size)
        if cost(without(problem, gone)) is not None
    ]
    return min(weights, default=None)


def test_those_who_would_yield_are_the_lightest_with_whom_there_is_room() -> None:
    seen: Counter[str] = Counter()
    for case in partial():
        for workload in case.pairs(placed=False):
            told = instead(case.problem, case.solution, workload)
            least = lightest_with(case.problem, workload.name)
            seen[told if isinstance(told, Failure) else "told"] += 1

            assert isinstance(told, Failure) is (least is None), case.seed
            if isinstance(told, Failure):
                with_room = lightest_with(at_any_cost(case.problem), workload.name) is not None
                assert (told is Failure.OVER_BUDGET) is with_room, case.seed
                continue
            yields = {entry.workload for entry in told.yields}
            gone = (case.left_out | yields) - {workload.name, *told.placed}
            assert weight(case.problem, gone) == least, case.seed
            assert yields.isdisjoint(case.left_out), case.seed
            assert set(told.placed) <= case.left_out - {workload.name}, case.seed
            spent = cost(without(case.problem, gone))
            assert spent is not None, case.seed
            assert float(told.costs.micros) == pytest.approx(
                spent - float(case.solution.paid.micros), rel=GAP, abs=ROUNDING + GAP * spent
            ), case.seed
    assert min(seen["told"], seen[Failure.IMPOSSIBLE], seen[Failure.OVER_BUDGET]) > 3, seen


def test_with_a_quota_raised_as_told_there_is_room_and_with_less_there_is_not() -> None:
    seen = 0
    for case in partial():
        for workload in case.pairs(placed=False):
            asked = without(case.problem, case.left_out - {workload.name})
            for more in more_room(case.problem, case.solution, workload):
                if isinstance(more, StillOut):
                    continue
                spent = cost(raised(asked, more.quota, more.limit).problem)
                seen += 1

                assert spent is not None, case.seed
                assert more.is_least, case.seed
                assert cost(raised(asked, more.quota, more.limit - 1).problem) is None, case.seed
                assert float(more.costs.micros) == pytest.approx(
                    spent - float(case.solution.paid.micros), rel=GAP, abs=ROUNDING + GAP * spent
                ), case.seed
    assert seen > 10


def test_what_is_outbid_is_placed_once_the_other_is_not() -> None:
    seen: Counter[bool] = Counter()
    for case in partial():
        for workload in case.pairs(placed=True):
            told = outbids(case.problem, case.solution, workload)
            rest = without(case.problem, {workload.name})
            seen[told is not None] += 1
            if told is None:
                continue
            yields = {entry.workload for entry in told.yields}
            names = {w.name for w in rest.spec.workloads}
            placed = (names - case.left_out) | yields
            assert yields, case.seed
            assert yields <= case.left_out, case.seed
            assert cost(without(rest, names - placed)) is not None, case.seed
    assert min(seen[True], seen[False]) > 5, seen


def test_of_a_large_fleet_a_quota_raised_as_told_makes_room_for_no_more_than_told() -> None:
    seen = 0
    for case in partial():
        for workload in case.pairs(placed=False):
            asked = without(case.problem, case.left_out - {workload.name})
            for more in more_room(case.problem, case.solution, workload, largest=IN_PART):
                if isinstance(more, StillOut):
                    continue
                spent = cost(raised(asked, more.quota, more.limit).problem)
                seen += 1

                assert not more.is_least, case.seed
                assert_within(case, spent, more.costs)
    assert seen > 10


def test_of_a_large_fleet_those_who_yield_as_told_make_room_for_no_more_than_told() -> None:
    seen: Counter[str] = Counter()
    for case in partial():
        for workload in case.pairs(placed=False):
            told = instead(case.problem, case.solution, workload, largest=IN_PART)
            seen[told if isinstance(told, Failure) else "told"] += 1

            if told is Failure.IMPOSSIBLE:
                assert lightest_with(case.problem, workload.name) is None, case.seed
            if isinstance(told, Failure):
                continue
            gone = (case.left_out | {entry.workload for entry in told.yields}) - {workload.name}
            assert_within(case, cost(without(case.problem, gone)), told.costs)
    assert seen["told"] > 10, seen


def test_of_a_large_fleet_what_is_outbid_has_room_once_the_other_has_not() -> None:
    seen = 0
    for case in partial():
        for workload in case.pairs(placed=True):
            told = outbids(case.problem, case.solution, workload, largest=IN_PART)
            if told is None:
                continue
            gone = (case.left_out | {workload.name}) - {entry.workload for entry in told.yields}
            seen += 1

            assert_within(case, cost(without(case.problem, gone)), told.costs)
    assert seen > 10


def assert_within(case: Partial, spent: float | None, told: Money) -> None:
    """There is such a fleet, and it costs no more than told."""
    assert spent is not None, case.seed
    most = float((case.solution.paid + told).micros)
    assert spent <= most * (1 + GAP) + ROUNDING, case.seed
