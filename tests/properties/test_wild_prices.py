"""Prices from a micro-dollar to a billion in one question: what is told of the answer is still true."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from random import Random

from broker.domain.errors import Denied, Infeasible
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.placement.problem import Problem
from broker.placement.solution import Solution
from broker.placement.solve import solve
from tests.fakes.brute_force import cheapest
from tests.strategies import seeded

SEEDS = range(1_300, 1_420)  # in one of them the solver lost its way among costs of 10^12
GAP, ROUNDING = Fraction(1, 100_000), 20
MAGNITUDES = (-6, -4, 0, 0, 3, 6, 8)


def wild(seed: int) -> Problem:
    """A problem at random, the price of each of its offers of a magnitude of its own."""
    random = Random(seed)  # noqa: S311 - the same numbers every time
    made = seeded(seed)
    offers = tuple(
        priced(offer, 10 ** Fraction(random.choice(MAGNITUDES))) for offer in made.offers
    )
    return replace(made, offers=offers, spec=replace(made.spec, budget=None))


def priced(offer: Offer, times: Fraction) -> Offer:
    """At *times* its price, but for nothing where it is for nothing."""
    if offer.price is None or not offer.price.micros:
        return offer
    return replace(offer, price=Money(max(1, int(offer.price.micros * times))))


def answer(problem: Problem) -> Solution | None:
    try:
        return solve(problem)
    except (Denied, Infeasible):
        return None


def test_the_bound_and_the_gap_are_true_and_the_answer_is_the_best() -> None:
    seen: Counter[bool] = Counter()
    for seed in SEEDS:
        problem = wild(seed)
        found, best = answer(problem), cheapest(problem)
        seen[best is not None] += 1

        assert (found is None) is (best is None), seed
        if found is None or best is None:
            continue
        assert found.bound.micros <= best + ROUNDING, seed
        assert found.objective.micros >= best - ROUNDING, seed
        assert found.objective.micros <= best * (1 + GAP) + ROUNDING, seed
        is_left_open = found.objective.micros - best
        assert is_left_open <= found.gap * found.objective.micros + ROUNDING, seed
    assert min(seen.values()) > 25, seen
