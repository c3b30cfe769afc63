"""Quotas that the clouds state: what is left of them, and which could matter."""

from dataclasses import replace

import pytest

from broker.domain.geography import RegionKey
from broker.domain.ids import ProviderName
from broker.domain.offers import CapacityType
from broker.domain.spec import Quota, QuotaUnit
from broker.placement.solve import solve
from broker.placement.stated_quotas import binding_quotas, with_recorded, with_stated_quotas
from broker.ports.progress import Silence
from tests.fakes.problems import EAST, WEST, offer, problem, workload

EIGHT = offer("p5", "80")
ELSEWHERE = offer("p5", "90", region=WEST)


def stated(limit: int, used: int | None = None, **changes: object) -> Quota:
    made = Quota(
        name="Running On-Demand P instances",
        provider=ProviderName("aws"),
        region="us-east-1",
        family="P",
        unit=QuotaUnit.VCPUS,
        limit=limit,
        used=used,
        stated_by="aws",
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("quota", "left"),
    [
        (stated(0), [0]),
        (stated(399), [399]),
        (stated(400), []),
        (stated(1000, used=700), [300]),
        (stated(1000, used=2000), [0]),
        (stated(1000, used=600), []),
        (stated(100, region=None), [100]),
        (stated(100, region="us-west-2"), []),
        (stated(0, family="G and VT"), []),
        (stated(0, provider=ProviderName("gcp")), []),
        (stated(0, capacity_types=frozenset({CapacityType.SPOT})), []),
    ],
)
def test_a_quota_that_no_fleet_can_exceed_is_left_out(quota: Quota, left: list[int]) -> None:
    """Two replicas, on nodes with 200 vCPUs each."""
    asked = problem([EIGHT], workload(replicas=2))

    assert [q.limit for q in binding_quotas([quota], asked.spec, asked.offers)] == left


def test_the_plan_stays_within_what_the_cloud_says_is_left() -> None:
    asked = problem([EIGHT, ELSEWHERE], workload(replicas=3))
    free = solve(asked, Silence())
    bound = solve(with_stated_quotas(asked, [stated(1000, used=600)]), Silence())

    assert {pool.offer.region: pool.nodes for pool in free.fleet.pools} == {EAST: 3}
    assert {pool.offer.region: pool.nodes for pool in bound.fleet.pools} == {EAST: 2, WEST: 1}


def test_what_the_fleet_uses_itself_is_given_back() -> None:
    """All that the cloud says is used is the recorded fleet: it may stay where it is."""
    asked = problem([EIGHT, ELSEWHERE], workload(replicas=3))
    there = solve(asked, Silence()).fleet
    bound = with_stated_quotas(asked, [stated(700, used=650)])

    again = with_recorded(bound, there)

    assert [quota.limit for quota in again.spec.quotas] == [50 + 600]
    assert {pool.offer.region: pool.nodes for pool in solve(again, Silence()).fleet.pools} == {
        EAST: 3
    }
    assert with_recorded(bound, None) is bound


def test_no_more_is_given_back_than_the_cloud_says_is_used() -> None:
    asked = problem([EIGHT], workload(replicas=3))
    there = solve(asked, Silence()).fleet
    bound = with_stated_quotas(asked, [stated(300, used=100)])

    assert [quota.limit for quota in with_recorded(bound, there).spec.quotas] == [300]


def test_a_quota_that_spans_regions_is_stated_by_each_and_holds_once() -> None:
    asked = problem([EIGHT, ELSEWHERE], workload(replicas=3))
    heard = [
        stated(700, used=100, region=None, spans=True, machine_types=frozenset({name}))
        for name in ("p5", "p4d")
    ]
    other = replace(heard[1], limit=600, used=50)

    (held,) = binding_quotas([*heard, other], asked.spec, asked.offers)

    assert (held.limit, held.used) == (500, 100)
    assert held.machine_types == {"p5", "p4d"}


def test_a_quota_of_a_region_that_is_not_in_scope_is_left_out() -> None:
    asked = problem([EIGHT, ELSEWHERE], workload(replicas=3))
    scope = replace(asked.spec.providers[0], regions=frozenset({"us-west-2"}))
    spec = replace(asked.spec, providers=(scope,))

    assert list(binding_quotas([stated(0)], spec, asked.offers)) == []
    assert RegionKey("aws", "us-east-1") == EAST
