"""What would make an offer win, what it would not take, and what limits are worth."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.fleet import Fleet
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.domain.spec import Budget, Objective, OnBreach, QuotaUnit
from broker.placement.alternatives import Proof
from broker.placement.explain import Explanation, explain
from broker.placement.problem import Problem
from broker.placement.solve import solve
from broker.placement.winning import Change, Winning
from tests.fakes.problems import (
    EAST,
    L4,
    NETHERLANDS,
    WEST,
    clients,
    offer,
    problem,
    quota,
    within,
    workload,
)

SPOT = CapacityType.SPOT


def explained(asked: Problem, name: str = "train", *, largest: int = 500) -> Explanation:
    own = next(w for w in asked.spec.workloads if w.name == name)
    return explain(asked, solve(asked), own, largest=largest)


def the_change(told: Explanation) -> Winning:
    """What would make the only cheaper offer win."""
    (cheaper,) = told.cheaper
    assert cheaper.winning is not None
    return cheaper.winning


def test_an_offer_wins_just_below_the_price_at_which_it_draws_level() -> None:
    (move,) = explained(problem([offer("p5", "10"), offer("p4", "12")], workload())).runners_up

    (winning,) = move.wins
    assert (winning.kind, winning.change) == ("price", Change.LEAST)
    assert winning.price is not None
    assert winning.loses_at is not None
    assert Money.parse("9.99") <= winning.price < Money.parse("10") < winning.loses_at
    assert winning.words.startswith("a price of 9.99")


def test_a_price_makes_up_for_all_that_is_dearer_about_an_offer() -> None:
    """A cluster of its own, 73 dollars a month for 730 hours, is 0.10 an hour."""
    asked = problem(
        [offer("p5", "10"), offer("a3", "10", region=WEST), offer("l4", "1", accelerator=L4)],
        workload(),
        workload("other", model="L4", count=1),
    )

    (move,) = explained(asked).runners_up

    (winning,) = move.wins
    assert winning.price is not None
    assert winning.price.to_float() == pytest.approx(9.9, abs=0.01)


def test_an_offer_that_does_not_win_even_for_nothing_has_no_price() -> None:
    asked = problem(
        [offer("p5", "0.05"), offer("a3", "1", region=WEST), offer("l4", "1", accelerator=L4)],
        workload(),
        workload("other", model="L4", count=1),
    )

    (move,) = explained(asked).runners_up

    assert move.wins == ()


def test_a_lifted_rule_saves_what_the_cheaper_offer_saves() -> None:
    asked = problem([offer("p5", "10"), offer("p4", "2", capacity_type=SPOT)], workload())

    winning = the_change(explained(asked))

    assert (winning.words, winning.change) == ("spot accepted", Change.LEAST)
    assert (winning.costs, winning.is_exact) == (Money.parse("-5840"), True)


def test_a_limit_that_rises_twice_is_told_once_with_what_it_is_now() -> None:
    """For the offer alone one place in reach is enough; the workload has to reach the other one too."""
    asked = problem(
        [offer("a3", "10", region=NETHERLANDS), offer("p4", "1", region=WEST)],
        within(workload(replicas=2), 5),
        clients=(clients(EAST, NETHERLANDS),),
    )
    times = {(EAST, WEST): 30.0, (EAST, NETHERLANDS): 4.0, (WEST, NETHERLANDS): 90.0}
    times = {(min(pair), max(pair)): time for pair, time in times.items()}
    asked = replace(asked, network=replace(asked.network, round_trips_ms=times))

    winning = the_change(explained(asked))

    assert winning.words == "latency.round-trip-ms 90 (now 5)"


def test_a_lifted_rule_that_another_offer_gains_more_by_is_told_as_outdone() -> None:
    offers = [
        offer("p5", "10"),
        offer("p4", "2", capacity_type=SPOT),
        offer("p3", "1", capacity_type=SPOT),
    ]

    told = explained(problem(offers, workload()))

    assert [(c.offer.machine_type, c.winning and c.winning.change) for c in told.cheaper] == [
        ("p3", Change.LEAST),
        ("p4", Change.OUTDONE),
    ]


def test_a_lifted_rule_that_does_not_suffice_is_told_with_what_is_still_lacking() -> None:
    asked = problem(
        [
            offer("p5", "10"),
            offer("a3", "9.95", region=WEST, capacity_type=SPOT),
            offer("l4", "1", accelerator=L4),
        ],
        workload(),
        workload("other", model="L4", count=1),
    )

    winning = the_change(explained(asked))

    assert (winning.words, winning.change) == ("spot accepted", Change.NOT_ENOUGH)
    assert winning.costs.to_float() == pytest.approx(73 - 0.05 * 730)


def test_a_quota_that_others_use_up_has_to_rise_by_what_is_lacking() -> None:
    """Two workloads, one of them of two nodes, on an offer of which there may be two nodes."""
    asked = problem(
        [offer("p5", "10"), offer("p4", "2")],
        workload("a", replicas=2, is_gang=True),
        workload("b"),
        quotas=(quota(2, machine_type="p4"),),
    )

    told = explained(asked, "b")

    (quotas,) = told.runners_up[0].wins  # no price would do: it draws in the other one
    assert (quotas.kind, quotas.words) == ("quota", "quota q of 3 nodes (now 2)")
    assert quotas.change is Change.LEAST
    assert quotas.costs == Money.parse("-5840")


def test_one_more_of_a_quota_that_is_used_up_saves_what_the_dearer_offer_costs_more() -> None:
    asked = problem(
        [offer("p5", "10"), offer("p4", "2"), offer("p3", "9", region=WEST)],
        workload(),
        workload("other"),
        quotas=(quota(1, machine_type="p4"), quota(5, name="ample")),
    )

    (worth,) = explained(asked).worths

    assert (worth.quota.name, worth.used, worth.more) == ("q", 1, 1)
    assert worth.saves.to_float() == pytest.approx((9 - 2) * 730 + 73)
    assert worth.proof is Proof.EXACT


def test_a_unit_that_is_less_than_a_node_saves_nothing_and_a_whole_node_does() -> None:
    asked = problem(
        [offer("p5", "10"), offer("p4", "2")],
        workload(),
        workload("other"),
        quotas=(quota(8, QuotaUnit.ACCELERATORS, machine_type="p4"),),
    )

    one, node = explained(asked).worths

    assert (one.more, one.saves) == (1, Money(0))
    assert (node.more, node.saves) == (8, Money.parse("5840"))


def test_of_a_large_fleet_only_bounds_are_told() -> None:
    asked = problem(
        [offer("p5", "10"), offer("p4", "2"), offer("p3", "1", capacity_type=SPOT)],
        workload(),
        workload("other"),
        quotas=(quota(1, machine_type="p4"),),
    )

    told = explained(asked, largest=0)

    assert told.without_chosen is None
    assert {move.proof for move in told.runners_up} == {Proof.AT_MOST}
    assert {w.change for m in told.runners_up for w in m.wins} == {Change.ENOUGH}
    assert {worth.proof for worth in told.worths} <= {Proof.AT_LEAST}
    changes = [c.winning.change for c in told.cheaper if c.winning and c.rule == "capacity-type"]
    assert changes == [Change.ENOUGH]


@pytest.mark.parametrize("on_breach", list(OnBreach))
def test_what_is_left_of_a_budget_is_told(on_breach: OnBreach) -> None:
    budget = Budget(monthly=Money.parse("8000"), on_breach=on_breach)

    told = explained(problem([offer("p5", "10")], workload(), budget=budget)).budget

    assert told is not None
    assert (told.monthly, told.denies) == (Money.parse("8000"), on_breach is OnBreach.DENY)
    assert told.left == Money.parse("627")


def test_a_move_from_what_runs_is_weighed_and_told_apart_from_what_is_paid() -> None:
    """It stays on the dearer offer, since a move would have to save a tenth."""
    first = problem([offer("p5", "10")], workload())
    running: Fleet = solve(first).fleet
    asked = problem([offer("p5", "10"), offer("p4", "9.5")], workload())
    spec = replace(asked.spec, objective=Objective(stability=Fraction(1, 10)))
    asked = replace(asked, spec=spec, recorded=running)

    told = explained(asked)
    (move,) = told.runners_up

    assert told.without_chosen is not None
    assert told.without_chosen.to_float() == pytest.approx(-365, abs=0.1)
    assert move.change.paid == Money.parse("-365")
    assert move.change.moves == Money.parse("730")
    assert move.change.total == Money.parse("365")
    (winning,) = move.wins
    assert winning.price is not None
    assert winning.price.to_float() == pytest.approx(9, abs=0.01)


def test_what_a_change_saves_is_told_as_paid_and_as_weighed() -> None:
    """Half the price is lawful once there is quota, or spot is accepted; leaving weighs a tenth."""
    first = problem([offer("p5", "10")], workload(replicas=2))
    spot = offer("p5", "5", capacity_type=CapacityType.SPOT)
    asked = problem(
        [offer("p5", "10"), offer("p4", "5"), spot],
        workload(replicas=2),
        quotas=(quota(0, machine_type="p4"),),
    )
    spec = replace(asked.spec, objective=Objective(stability=Fraction(1, 10)))

    told = explained(replace(asked, spec=spec, recorded=solve(first).fleet))

    (win,) = [c.winning for c in told.cheaper if c.rule == "capacity-type"]
    assert win is not None
    assert (win.paid, win.moves) == (Money.parse("-7300"), Money.parse("1460"))
    assert win.costs == win.paid + win.moves
    (worth,) = told.worths
    assert (worth.more, worth.paid, worth.moves) == (1, Money.parse("3650"), Money.parse("730"))
    assert worth.saves == worth.paid - worth.moves


def test_a_team_budget_that_keeps_the_fleet_from_being_cheaper_is_told_with_its_worth() -> None:
    """The big node is cheaper for both teams together, and too dear for the one that would hold it.

    A burst is charged all of its nodes, so one dear node costs its team more than the cluster that
    it would save the fleet.
    """
    asked = problem(
        [offer("p5", "12"), offer("p4", "11.99", region=WEST), offer("l4", "1", accelerator=L4)],
        workload(hours=100),
        workload("other", model="L4", count=1),
        budget=Budget(
            monthly=Money.parse("9000"), teams=((workload().team, Money.parse("1290.75")),)
        ),
    )

    told = explained(asked)

    assert told.chosen[0].offer.machine_type == "p4"
    one, enough = told.team_worths
    assert (one.more, one.saves.to_float()) == (Money.parse("0.50"), pytest.approx(72))
    assert enough.more == Money.parse("1")
    assert told.worths == ()
