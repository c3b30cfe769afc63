"""What runs already moves only if that pays."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.errors import Denied
from broker.domain.money import Money
from broker.domain.spec import Budget, Objective
from broker.placement.solution import Solution
from broker.placement.solve import solve
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
    dataset,
    offer,
    problem,
    reading,
    running,
    workload,
)

STABLE = Objective(stability=Fraction(2, 100))


def again(prices: dict[str, str], before: Solution, objective: Objective = STABLE) -> Solution:
    """Solve with new prices, from the fleet of *before*."""
    offers = [offer(name, price) for name, price in prices.items()]
    asked = problem(offers, workload(replicas=2), objective=objective)
    return solve(replace(asked, recorded=before.fleet))


@pytest.fixture
def before() -> Solution:
    offers = [offer("a", "10"), offer("b", "10.5")]
    return solve(problem(offers, workload(replicas=2), objective=STABLE))


def replicas(solution: Solution) -> dict[str, int]:
    return {p.offer.machine_type: p.replicas for p in solution.fleet.placements}


def machine(solution: Solution) -> str:
    return solution.fleet.placements[0].offer.machine_type


def test_a_wobble_of_prices_moves_nothing(before: Solution) -> None:
    after = again({"a": "10.1", "b": "10.0"}, before)

    assert machine(after) == "a"
    assert after.moves == Money(0)


def test_it_is_told_that_the_bound_weighs_moves_though_there_are_none(before: Solution) -> None:
    after = again({"a": "10.1", "b": "10.0"}, before)
    free = again({"a": "10.1", "b": "10.0"}, before, Objective(stability=Fraction(0)))

    assert after.weighs_moves
    assert after.bound > free.objective  # which is paid less than the bound: no proof of costs
    assert not free.weighs_moves
    assert not before.weighs_moves


def test_a_move_that_saves_more_than_the_share_is_made(before: Solution) -> None:
    after = again({"a": "10", "b": "9.5"}, before)

    assert machine(after) == "b"
    assert after.moves == Money.parse("292")  # 2 % of what the two replicas cost a month
    assert after.paid == Money.parse("9.5") * (2 * 730) + Money.parse("0.10") * 730
    assert after.objective == after.paid + after.moves


def test_without_stability_the_cheapest_wins(before: Solution) -> None:
    after = again({"a": "10", "b": "9.99"}, before, Objective(stability=Fraction(0)))

    assert machine(after) == "b"
    assert after.moves == Money(0)


def test_going_from_one_recorded_offer_to_another_is_a_move() -> None:
    both = [offer("a", "10"), offer("b", "10")]
    asked = problem(both, workload(replicas=4, count=8), objective=STABLE)
    divided = running(asked, {"a": 2, "b": 2})

    after = solve(replace(asked, offers=(offer("a", "9.9"), both[1]), recorded=divided))
    cheap = solve(replace(asked, offers=(offer("a", "9.7"), both[1]), recorded=divided))

    assert replicas(after) == {"a": 2, "b": 2}
    assert after.moves == Money(0)
    assert replicas(cheap) == {"a": 4}
    assert cheap.moves == Money.parse("10") * 730 * Fraction(2 * 2, 100)


def test_replicas_that_are_new_leave_nothing() -> None:
    offers = [offer("a", "10"), offer("b", "9.9")]
    asked = problem(offers, workload(replicas=3), objective=STABLE)

    after = solve(replace(asked, recorded=running(asked, {"a": 1})))

    assert replicas(after) == {"a": 1, "b": 2}
    assert after.moves == Money(0)


def test_replicas_that_are_not_wanted_any_more_do_not_move() -> None:
    asked = problem([offer("a", "10"), offer("b", "9.9")], workload(), objective=STABLE)

    after = solve(replace(asked, recorded=running(asked, {"a": 3})))

    assert replicas(after) == {"a": 1}
    assert after.moves == Money(0)


def test_an_offer_that_is_gone_is_left_whatever_it_costs(before: Solution) -> None:
    after = again({"b": "30"}, before)

    assert machine(after) == "b"


def test_a_budget_that_staying_would_breach_makes_the_move(before: Solution) -> None:
    cheaper = [offer("a", "10"), offer("b", "9.9")]
    limit = Money.parse("9.95") * (2 * 730) + Money.parse("0.10") * 730
    asked = problem(cheaper, workload(replicas=2), objective=STABLE, budget=Budget(monthly=limit))

    after = solve(replace(asked, recorded=before.fleet))

    assert machine(after) == "b"
    assert after.paid <= limit
    with pytest.raises(Denied):
        solve(replace(asked, recorded=before.fleet, banned=frozenset({cheaper[1].name})))


def test_a_copy_that_is_there_is_not_moved_again() -> None:
    asked = problem(
        [offer(region=EAST)],
        reading(workload(), "corpus"),
        datasets=(dataset(FRANKFURT),),
        objective=STABLE,
    )
    first = solve(asked)

    second = solve(replace(asked, recorded=first.fleet))

    assert first.fleet.replicas[0].egress_once > Money(0)
    assert second.fleet.replicas[0].egress_once == Money(0)
    assert second.paid == first.paid - first.fleet.replicas[0].egress_once
