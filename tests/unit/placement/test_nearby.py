"""What-ifs about large fleets are answered by one look at the model, with a lawful fleet or none."""

from broker.placement.candidates import candidates
from broker.placement.nearby import fleet_nearby
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool
from tests.fakes.problems import EAST, WEST, offer, problem, quota, workload


def nearby(asked: Problem) -> tuple[BoughtPool, ...] | None:
    found = candidates(asked).by_workload
    return fleet_nearby(asked, {name: list(some) for name, some in found.items()})


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
