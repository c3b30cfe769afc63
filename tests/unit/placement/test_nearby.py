"""What-ifs about large fleets are answered by one look at the model, with a lawful fleet or none."""

from broker.placement.candidates import candidates
from broker.placement.counterfactual import Counterfactuals
from broker.placement.lifts import raised
from broker.placement.nearby import look_nearby
from broker.placement.outcome import Failure, Outcome
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool, buy
from broker.placement.solve import solve
from tests.fakes.problems import EAST, WEST, offer, problem, quota, workload


def nearby(asked: Problem) -> tuple[BoughtPool, ...] | None:
    found = candidates(asked).by_workload
    look = look_nearby(asked, {name: list(some) for name, some in found.items()})
    return None if look is None else buy(look.assignment)


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


def test_a_fleet_that_saves_nothing_is_no_answer_where_it_has_to_save() -> None:
    asked = two_regions(limit=1)
    whatif = Counterfactuals(asked, candidates(asked), solve(asked), largest=0)
    more = raised(whatif.problem, asked.spec.quotas[0], 2).problem
    offers = [c.offer.name for c in whatif.found["a"]]

    saving = whatif.answer(more, "a", offers, has_to_save=True)
    same = whatif.answer(whatif.problem, "a", offers, has_to_save=True)

    assert isinstance(saving, Outcome)
    assert saving.costs.total < whatif.base.costs.total
    assert same is Failure.UNDECIDED
    assert isinstance(whatif.answer(whatif.problem, "a", offers), Outcome)
