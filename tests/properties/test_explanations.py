"""On tiny problems, what is told of a workload is what trying everything finds."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import count, islice

import pytest

from broker.domain.errors import Denied, Infeasible
from broker.domain.workloads import Workload
from broker.placement.alternatives import Alternative, Proof
from broker.placement.candidates import candidates, exclusion
from broker.placement.explain import Explanation, explain
from broker.placement.lifts import raised
from broker.placement.moves import without_stability
from broker.placement.problem import Problem
from broker.placement.solve import solve
from broker.placement.winning import Change, Winning
from tests.fakes.brute_force import cheapest
from tests.strategies import seeded

CASES = 110
PRICES_TRIED = 2
"""Runners-up of each workload whose winning price is held to trying everything."""

GAP = Fraction(5, 100_000)
ROUNDING = 200

WHOLE, IN_PART = 500, -1
"""Sizes up to which fleets are solved as a whole: all of these, or none."""


@dataclass(frozen=True)
class Told:
    seed: int
    problem: Problem
    workload: Workload
    optimum: Fraction
    paid: int
    explanation: Explanation

    @property
    def chosen(self) -> list[str]:
        return sorted({placement.offer.name for placement in self.explanation.chosen})


@cache
def told(largest: int) -> tuple[Told, ...]:
    return tuple(_told(largest))


def is_bound(problem: Problem) -> bool:
    """Whether something beside costs decides where its workloads are."""
    return any(w.near or w.apart or w.spread_regions > 1 for w in problem.spec.workloads) or (
        bool(problem.spec.quotas) and len(problem.spec.workloads) > 1
    )


def seeds() -> Iterator[int]:
    """Those of problems where more than prices decides."""
    return islice((seed for seed in count(20_000) if is_bound(seeded(seed))), CASES)


def _told(largest: int) -> Iterator[Told]:
    for seed in seeds():
        problem = seeded(seed)
        try:
            solution = solve(problem)
        except (Infeasible, Denied):
            continue
        optimum = cheapest(problem)
        assert optimum is not None
        for workload in problem.spec.workloads:
            explanation = explain(problem, solution, workload, largest=largest)
            yield Told(seed, problem, workload, optimum, solution.paid.micros, explanation)


@cache
def with_pins(seed: int, workload: str, offers: tuple[str, ...]) -> Fraction | None:
    return cheapest(seeded(seed).pinned(workload, *offers))


def forced(problem: Problem, workload: Workload, offers: Sequence[str]) -> Fraction | None:
    return cheapest(problem.pinned(workload.name, *offers))


def without(problem: Problem, workload: Workload, offers: Sequence[str]) -> Fraction | None:
    """The least cost with the workload on none of *offers*; None if that is not possible."""
    lawful = [c.offer.name for c in candidates(problem).by_workload[workload.name]]
    others = [name for name in lawful if name not in offers]
    return forced(problem, workload, others) if others else None


def instead(case: Told, alternative: Alternative) -> list[str]:
    """The offers that the workload may use once one or all of its own are replaced."""
    left = [name for name in case.chosen if name not in alternative.instead_of]
    assert len(left) < len(case.chosen)
    assert sorted(alternative.allowed) == sorted([*left, alternative.offer.name])
    return [*left, alternative.offer.name]


def tolerance(case: Told) -> Fraction:
    return GAP * case.optimum + ROUNDING


def test_a_runner_up_costs_what_the_best_fleet_with_it_costs() -> None:
    seen: Counter[str] = Counter()
    for case in told(WHOLE):
        for move in case.explanation.runners_up:
            best = with_pins(case.seed, case.workload.name, tuple(instead(case, move)))
            assert best is not None, case.seed
            off = move.change.total.micros - (best - case.optimum)

            assert move.proof is Proof.EXACT, case.seed
            assert abs(off) <= tolerance(case), (case.seed, case.workload.name, move.offer.name)
            seen["runners-up"] += 1
            seen["with others moving"] += bool(move.others)
            seen["against a rule of the fleet"] += bool(move.obstacles)
    assert seen["runners-up"] > 50
    assert seen["with others moving"] > 3
    assert seen["against a rule of the fleet"] > 1


def test_in_part_solved_runners_up_never_cost_more_than_is_told() -> None:
    for case in told(IN_PART):
        for move in case.explanation.runners_up:
            assert_at_most(case, move)


def test_hastily_solved_runners_up_never_cost_more_than_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broker.placement.counterfactual.MUCH_WORK", -1)
    seen = 0
    for case in _told(IN_PART):
        for move in case.explanation.runners_up:
            assert_at_most(case, move)
            seen += bool(move.others)
    assert seen > 3


def assert_at_most(case: Told, move: Alternative) -> None:
    """The best fleet with the workload so moved costs no more than is told."""
    best = with_pins(case.seed, case.workload.name, tuple(instead(case, move)))

    assert move.proof is Proof.AT_MOST
    assert move.moved > 0, case.seed
    assert best is not None, case.seed
    assert best - case.optimum <= move.change.total.micros + tolerance(case), case.seed


def test_no_fleet_does_without_the_chosen_offers_for_less_than_told() -> None:
    seen: Counter[str] = Counter()
    for case in told(WHOLE):
        least = case.explanation.without_chosen
        best = without(without_stability(case.problem), case.workload, case.chosen)
        if least is not None:
            assert best is not None, case.seed
            assert best - case.paid >= least.micros - tolerance(case), case.seed
            slack = tolerance(case) + GAP * best + ROUNDING
            assert best - case.paid <= least.micros + slack, case.seed
            seen["told"] += 1
            seen["less is paid"] += best < case.paid - slack
    assert seen["told"] > 20
    assert seen["less is paid"], seen


@pytest.mark.parametrize("largest", [WHOLE, IN_PART])
def test_an_offer_is_excluded_by_the_rule_that_is_told(largest: int) -> None:
    seen: Counter[str] = Counter()
    for case in told(largest):
        for cheaper in case.explanation.cheaper:
            why = exclusion(case.workload, cheaper.offer, case.problem)
            if why is not None:
                assert (cheaper.rule, cheaper.reason) == (why.rule, why.reason)
                assert forced(case.problem, case.workload, [cheaper.offer.name]) is None
            seen[cheaper.rule] += 1
    assert len(seen) > 6, seen


def test_a_cheaper_offer_that_is_lawful_costs_the_fleet_what_is_told() -> None:
    seen: Counter[str] = Counter()
    for case in told(WHOLE):
        for cheaper in case.explanation.cheaper:
            is_lawful = exclusion(case.workload, cheaper.offer, case.problem) is None
            if len(case.chosen) > 1 or not is_lawful:
                continue
            best = with_pins(case.seed, case.workload.name, (cheaper.offer.name,))
            if cheaper.change is None:
                assert best is None, (case.seed, cheaper)
                seen["impossible"] += 1
            else:
                assert best is not None, case.seed
                off = cheaper.change.total.micros - (best - case.optimum)
                assert abs(off) <= tolerance(case), (case.seed, cheaper.offer.name)
                seen["dearer"] += 1
    assert seen["impossible"] > 1
    assert seen["dearer"] > 3


def claims(largest: int) -> Iterator[tuple[Told, list[str], str, Winning]]:
    """Every change that is told, with the offers the workload may use and the one to win."""
    for case in told(largest):
        for number, move in enumerate(case.explanation.runners_up):
            for winning in move.wins:
                if winning.kind != "price" or number < PRICES_TRIED:
                    yield case, instead(case, move), move.offer.name, winning
        if len(case.chosen) > 1:
            continue
        for cheaper in case.explanation.cheaper:
            if cheaper.winning is not None:
                yield case, [cheaper.offer.name], cheaper.offer.name, cheaper.winning


def test_with_the_least_change_the_offer_wins() -> None:
    seen: Counter[str] = Counter()
    for case, allowed, offer, winning in claims(WHOLE):
        if winning.change is not Change.LEAST:
            continue
        with_it = forced(winning.problem, case.workload, allowed)
        without_it = without(winning.problem, case.workload, [offer])

        assert with_it is not None, case.seed
        assert without_it is None or with_it <= without_it + tolerance(case), (case.seed, winning)
        seen[winning.kind] += 1
    assert seen["price"] > 20, seen
    assert seen["rules"] > 5, seen
    assert seen["quota"] + seen["apart"] + seen["near"] + seen["spread"] > 2, seen


def test_with_a_little_less_it_does_not() -> None:
    seen = 0
    for case, allowed, offer, winning in claims(WHOLE):
        if winning.loses_at is None:
            continue
        losing = replace(
            winning.problem,
            offers=tuple(
                replace(o, price=winning.loses_at) if o.name == offer else o
                for o in winning.problem.offers
            ),
        )
        with_it = forced(losing, case.workload, allowed)
        without_it = without(losing, case.workload, [offer])

        assert with_it is not None, case.seed
        assert without_it is not None, case.seed
        assert without_it <= with_it + tolerance(case), (case.seed, winning)
        seen += 1
    assert seen > 20


@pytest.mark.parametrize("largest", [WHOLE, IN_PART])
def test_a_change_comes_to_what_is_told(largest: int) -> None:
    seen: Counter[Change] = Counter()
    for case, allowed, _, winning in claims(largest):
        best = forced(winning.problem, case.workload, allowed)
        assert best is not None, case.seed
        if winning.kind == "price":
            assert best <= case.optimum + tolerance(case), (case.seed, winning)
        elif winning.is_exact:
            off = winning.costs.micros - (best - case.optimum)
            assert abs(off) <= tolerance(case), (case.seed, winning)
        else:
            assert best - case.optimum <= winning.costs.micros + tolerance(case), case.seed
        if winning.kind != "price":
            assert (winning.costs.micros >= 0) == (winning.change is Change.NOT_ENOUGH)
        seen[winning.change] += 1
    assert seen[Change.ENOUGH if largest == IN_PART else Change.OUTDONE] > 3, seen
    assert seen[Change.NOT_ENOUGH], seen


@pytest.mark.parametrize("largest", [WHOLE, IN_PART])
def test_more_of_a_quota_saves_what_is_told(largest: int) -> None:
    seen: Counter[bool] = Counter()
    for case in told(largest):
        for worth in case.explanation.worths:
            best = cheapest(
                raised(case.problem, worth.quota, worth.quota.limit + worth.more).problem
            )
            assert best is not None
            saved = case.optimum - best
            if worth.proof is Proof.EXACT:
                assert abs(saved - worth.saves.micros) <= tolerance(case), case.seed
            else:
                assert saved >= worth.saves.micros - tolerance(case), case.seed
            seen[bool(worth.saves.micros)] += 1
    if largest == WHOLE:
        assert min(seen[True], seen[False]) > 3, seen
