"""What a rule without rows of its own takes away, it only takes away: dropping it costs no more.

Families of rows are held to the same in `test_placement_relations`.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import count, islice
from typing import Any

import pytest

from broker.domain.errors import Denied, Infeasible
from broker.domain.money import Money
from broker.domain.offers import Window
from broker.domain.spec import Budget
from broker.domain.workloads import Priority
from broker.placement import overlap
from broker.placement.candidates import candidates
from broker.placement.highs import solve_model
from broker.placement.model import INFINITY
from broker.placement.problem import Problem
from broker.placement.rules import OFFER_RULES, REGION_RULES
from broker.placement.search import build
from broker.placement.solution import Solution
from broker.placement.solve import solve
from tests.fakes.problems import NOW, quota
from tests.strategies import seeded

FIRST, CASES, MOST = 30_000, 60, 2_000
"""The first seed, how many problems a rule is dropped from, and how many are looked through."""

GAP = 1e-5

NEEDED = {"price", "overhead", "data", "traffic-price"}
"""Rules without which nobody could say what a fleet costs."""

SAVING_WORK = {"latency", "quota"}
"""What these take of single offers the rows forbid as well."""

OF_OFFERS = sorted({*REGION_RULES, *OFFER_RULES} - NEEDED)


@cache
def drawn(seed: int) -> Problem:
    """A problem at random, some of its offers old, not for sale, or sold ahead for a day."""
    made = seeded(seed)
    names = [offer.name for offer in made.offers]
    offers = tuple(
        replace(offer, window=Window(NOW, NOW + timedelta(hours=24)))
        if number % 6 == seed % 6 and not offer.reservation
        else offer
        for number, offer in enumerate(made.offers)
    )
    return replace(
        made,
        offers=offers,
        aged=dict.fromkeys(names[seed % 7 :: 7], "is old"),
        restricted=dict.fromkeys(names[seed % 5 :: 5], "is not for sale"),
    )


def cost(problem: Problem) -> float:
    """The least cost of all that is lawful; infinity where nothing is possible."""
    found = {name: list(cs) for name, cs in candidates(problem).by_workload.items()}
    if not all(found.values()):
        return INFINITY
    return solve_model(build(problem, found).model).objective


def held(pairs: Iterable[tuple[int, float, float]]) -> int:
    """How often the second cost is below the first; it must never be above."""
    lowered = 0
    for seed, with_it, without_it in pairs:
        assert without_it <= with_it + GAP * abs(with_it), seed
        lowered += without_it < with_it * (1 - 1e-3)
    return lowered


def seeds(matters: Callable[[Problem], bool]) -> Iterator[int]:
    """Those of the first problems for which the rule may matter."""
    found = (seed for seed in range(FIRST, FIRST + MOST) if matters(drawn(seed)))
    return islice(found, CASES)


@contextmanager
def without(rule: str) -> Iterator[None]:
    """The rules but that one; afterwards all of them, in the order in which they are told."""
    rules: dict[str, Any] = REGION_RULES if rule in REGION_RULES else OFFER_RULES  # type: ignore[assignment]
    kept = dict(rules)
    del rules[rule]
    try:
        yield
    finally:
        rules.clear()
        rules.update(kept)


@pytest.mark.parametrize("rule", OF_OFFERS)
def test_without_a_rule_about_offers_no_fleet_is_dearer(rule: str) -> None:
    def takes_some(problem: Problem) -> bool:
        return any(taken[rule] for taken in candidates(problem).excluded.values())

    chosen = list(seeds(takes_some))
    before = [cost(drawn(seed)) for seed in chosen]

    with without(rule):
        after = [cost(drawn(seed)) for seed in chosen]
    lowered = held(zip(chosen, before, after, strict=True))

    assert (lowered == 0) is (rule in SAVING_WORK)


def changed(problem: Problem, **changes: Any) -> Problem:
    """*problem* with the same changes to every workload."""
    workloads = tuple(replace(w, **changes) for w in problem.spec.workloads)
    return replace(problem, spec=replace(problem.spec, workloads=workloads))


def test_gangs_that_need_no_fabric_cost_no_more() -> None:
    chosen = seeds(lambda p: any(w.is_gang and w.replicas.minimum > 1 for w in p.spec.workloads))

    assert held((s, cost(drawn(s)), cost(changed(drawn(s), is_gang=False))) for s in chosen)


def test_spot_that_is_never_taken_back_costs_no_more() -> None:
    def kept(problem: Problem) -> Problem:
        offers = tuple(replace(offer, reclaims_per_hour=None) for offer in problem.offers)
        return replace(problem, offers=offers)

    chosen = seeds(lambda p: any(o.reclaims_per_hour for o in p.offers))

    assert held((s, cost(drawn(s)), cost(kept(drawn(s)))) for s in chosen)


def test_windows_that_tell_bursts_apart_only_allow_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else all work would count as running at once."""
    chosen = [seed for seed in range(FIRST, FIRST + MOST // 4) if len(bursts(seeded(seed))) > 1]
    problems = {seed: one_after_another(seeded(seed)) for seed in chosen}
    told_apart = [cost(problem) for problem in problems.values()]
    monkeypatch.setattr(overlap, "_may_run_at", lambda _run, _instant: True)
    together = [cost(problem) for problem in problems.values()]

    assert held(zip(chosen, together, told_apart, strict=True))


def bursts(problem: Problem) -> list[str]:
    return [w.name for w in problem.spec.workloads if w.run.is_burst]


def one_after_another(problem: Problem) -> Problem:
    """*problem*, its bursts in windows of their own, and few nodes of each cloud at a time."""
    workloads = tuple(
        replace(
            w,
            run=replace(
                w.run,
                starts=NOW + timedelta(hours=1000 * number),
                ends=NOW + timedelta(hours=1000 * number + 500),
            ),
        )
        if w.run.is_burst
        else w
        for number, w in enumerate(problem.spec.workloads)
    )
    few = tuple(quota(3, name=f"few {cloud}", provider=cloud) for cloud in ("aws", "gcp"))
    spec = replace(problem.spec, workloads=workloads, quotas=(*problem.spec.quotas, *few))
    return replace(problem, spec=spec)


def answer(problem: Problem) -> Solution | None:
    try:
        return solve(problem)
    except (Denied, Infeasible):
        return None


def test_a_fleet_that_no_budget_bounds_costs_what_one_within_its_budget_does() -> None:
    """The cheapest fleet is the first to be within it: a budget only denies."""
    seen = {"kept": 0, "denied": 0}
    for seed in range(FIRST, FIRST + CASES):
        spec = replace(drawn(seed).spec, budget=None)
        asked = replace(drawn(seed), recorded=None, spec=spec)
        free = answer(asked)
        if free is None:
            continue
        for verdict, most in (("kept", free.paid), ("denied", free.paid - Money(1))):
            bound = answer(replace(asked, spec=replace(spec, budget=Budget(monthly=most))))
            seen[verdict] += 1

            assert (bound is None) is (verdict == "denied"), seed
            assert bound is None or bound.fleet == free.fleet, seed
    assert min(seen.values()) > 10, seen


def test_without_priorities_no_more_accelerators_are_left_out() -> None:
    """And with them no more of the higher ones."""
    fewer = 0
    for seed in islice(count(FIRST), 300):
        problem = drawn(seed)
        mixed = tuple(
            replace(w, priority=list(Priority)[(seed + n) % 3])
            for n, w in enumerate(problem.spec.workloads)
        )
        ranked = replace(problem, spec=replace(problem.spec, workloads=mixed), allow_unplaced=True)
        equal = changed(ranked, priority=Priority.STANDARD)
        one, other = answer(ranked), answer(equal)
        if one is None or other is None or not one.unplaced:
            continue
        left_out, left_out_of_equals = accelerators(ranked, one), accelerators(equal, other)

        assert sum(left_out_of_equals.values()) <= sum(left_out.values()), seed
        by_rank = accelerators(ranked, other)
        assert left_out[Priority.PRODUCTION] <= by_rank[Priority.PRODUCTION], seed
        fewer += sum(left_out_of_equals.values()) < sum(left_out.values())
    assert fewer > 0


def accelerators(problem: Problem, solution: Solution) -> dict[Priority, Any]:
    """What is left out, by priority."""
    names = {entry.workload for entry in solution.unplaced}
    return {
        priority: sum(
            w.accelerators.count * w.replicas.minimum
            for w in problem.spec.workloads
            if w.name in names and w.priority is priority
        )
        for priority in Priority
    }
