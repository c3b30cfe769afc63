"""What-ifs about large fleets are answered by one look at the model, with a lawful fleet or none."""

from typing import Any

from broker.placement.candidates import candidates
from broker.placement.counterfactual import Counterfactuals
from broker.placement.lifts import raised
from broker.placement.nearby import Look, look_nearby
from broker.placement.outcome import Failure, Outcome
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool, buy
from broker.placement.solve import solve
from tests.fakes.problems import EAST, WEST, offer, problem, quota, workload


def looked(asked: Problem, **limits: Any) -> Look:
    found = candidates(asked).by_workload
    return look_nearby(asked, {name: list(some) for name, some in found.items()}, **limits)


def nearby(asked: Problem) -> tuple[BoughtPool, ...] | None:
    look = looked(asked)
    return buy(look.assignment) or None


def two_regions(*, limit: int) -> Problem:
    machines = [offer("t", price, region=region) for price, region in (("4", EAST), ("5", WEST))]
    return problem(
        machines, workload("a"), workload("b"), quotas=(quota(limit, region="us-east-1"),)
    )


def test_it_is_the_cheapest_where_packing_takes_what_the_model_believes() -> None:
    found = nearby(two_regions(limit=2))

    assert found is not None
    assert [(pool.offer.region, pool.packing.nodes) for pool in found] == [(EAST, 2)]


def test_it_keeps_the_rules_of_the_fleet() -> None:
    found = nearby(two_regions(limit=1))

    assert found is not None
    assert sum(pool.packing.nodes for pool in found if pool.offer.region == EAST) <= 1


def test_where_there_is_none_none_is_told() -> None:
    machines = [offer("t", "4", region=EAST)]

    assert nearby(problem(machines, workload("a"), workload("b"), quotas=(quota(1),))) is None


def test_none_is_told_that_costs_as_much_as_is_too_much() -> None:
    asked = two_regions(limit=2)
    best = looked(asked)

    assert looked(asked, below=best.least + 1).assignment == best.assignment
    assert looked(asked, below=best.least).assignment == []


def test_an_offer_that_has_to_be_used_is_used_by_no_more_than_one_replica() -> None:
    asked = problem([offer("p4", "2"), offer("p5", "5")], workload(replicas=3))
    dear = next(o.name for o in asked.offers if o.machine_type == "p5")

    look = looked(asked, using=("train", dear))

    units = {candidate.offer.machine_type: n for candidate, n in look.assignment}
    assert units == {"p4": 2, "p5": 1}


def test_an_offer_that_the_workload_may_not_have_is_not_used() -> None:
    assert looked(two_regions(limit=2), using=("a", "elsewhere")).assignment == []


def test_a_hasty_look_begins_with_what_an_earlier_one_found() -> None:
    asked = two_regions(limit=1)
    seen = looked(asked)
    like = {(c.workload.name, c.offer.name): units for c, units in seen.assignment}
    gone = {("a", "elsewhere"): 1}

    assert looked(asked, like=like).assignment == seen.assignment
    assert looked(asked, like=gone).least == seen.least


def test_a_fleet_that_saves_nothing_is_no_answer_where_it_has_to_save() -> None:
    asked = two_regions(limit=1)
    whatif = Counterfactuals(asked, candidates(asked), solve(asked), largest=0)
    more = raised(whatif.problem, asked.spec.quotas[0], 2).problem
    offers = [c.offer.name for c in whatif.found["a"]]

    saving = whatif.answer(more, "a", offers, below=whatif.base.costs.total)
    same = whatif.answer(whatif.problem, "a", offers, below=whatif.base.costs.total)

    assert isinstance(saving, Outcome)
    assert saving.costs.total < whatif.base.costs.total
    assert same is Failure.UNDECIDED
    assert isinstance(whatif.answer(whatif.problem, "a", offers), Outcome)
