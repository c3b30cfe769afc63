"""From a fleet that runs: prices that waver move nothing, and what can not be had moves little.

Over the bundled prices and an example of realistic size, since ties and near ties are what it is about.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from random import Random

from broker import bootstrap
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.placement.problem import Problem, problem
from broker.placement.solution import Solution
from broker.placement.solve import solve
from broker.spec.load import parse
from broker.spec.lower import lower
from tests.fakes.example_fleets import EXAMPLES

FLEET = "platform"
WOBBLE = Fraction(1, 100)
SEEDS = range(3)

Places = Mapping[str, Mapping[str, int]]
"""Replicas by workload and offer."""


@cache
def asked() -> Problem:
    """The example, which says nothing of stability, so the default holds; its budgets set aside."""
    market = bootstrap.bundled_snapshot()
    text = EXAMPLES[FLEET]
    assert "stability" not in text
    spec = lower(parse(text, FLEET), market.network.regions, bootstrap.accelerators()).spec
    return problem(replace(spec, budget=None), market)


@cache
def running() -> Solution:
    return solve(asked())


def places(solution: Solution) -> Places:
    found: dict[str, dict[str, int]] = {}
    for placement in solution.fleet.placements:
        found.setdefault(placement.workload, {})[placement.offer.name] = placement.replicas
    return found


def wavering(seed: int) -> Problem:
    """The same question at prices up to 1 % higher or lower, from the fleet that runs."""
    random = Random(seed)  # noqa: S311 - the same prices every time
    offers = tuple(_wavered(offer, random) for offer in asked().offers)
    return replace(asked(), offers=offers, recorded=running().fleet)


def _wavered(offer: Offer, random: Random) -> Offer:
    if offer.price is None:
        return offer
    times = 1 + WOBBLE * random.randint(-1000, 1000) / 1000
    return replace(offer, price=offer.price * times)


def moving_freely(question: Problem) -> Problem:
    objective = replace(question.spec.objective, stability=Fraction(0))
    return replace(question, spec=replace(question.spec, objective=objective))


def test_prices_that_waver_by_a_hundredth_move_nothing() -> None:
    for seed in SEEDS:
        found = solve(wavering(seed))

        assert places(found) == places(running()), seed
        assert found.moves == Money(0), seed


def test_without_stability_they_do() -> None:
    moved = [
        seed for seed in SEEDS if places(solve(moving_freely(wavering(seed)))) != places(running())
    ]

    assert moved


def test_where_offers_are_sold_out_the_next_best_is_taken_and_nobody_else_moves() -> None:
    for workload in sorted(places(running())):
        gone = frozenset(places(running())[workload])

        found = solve(replace(asked(), banned=gone, recorded=running().fleet))

        assert not gone & {p.offer.name for p in found.fleet.placements}, workload
        for name, homes in places(running()).items():
            assert gone & set(homes) or places(found)[name] == homes, (workload, name)
