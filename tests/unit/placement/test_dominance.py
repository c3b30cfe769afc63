"""Offers and regions that others beat in every respect are left out, and only those."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.ids import ProviderName, WorkloadName
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.spec import Objective
from broker.domain.workloads import Nearness
from broker.placement.candidates import candidates
from broker.placement.dominance import undominated
from broker.placement.problem import Problem
from broker.placement.solve import solve
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
    L4,
    NETHERLANDS,
    WEST,
    clients,
    cloud,
    dataset,
    offer,
    problem,
    quota,
    reading,
    within,
    workload,
)


def kept(asked: Problem, name: str = "train") -> list[str]:
    found = candidates(asked).by_workload
    return [
        f"{c.offer.region.region}/{c.offer.machine_type}" for c in undominated(asked, found)[name]
    ]


GOOD, DEAR = offer("p5", "10"), offer("p6", "11")


def test_a_dearer_offer_of_the_same_shape_is_left_out() -> None:
    assert kept(problem([GOOD, DEAR], workload())) == ["us-east-1/p5"]


def test_of_equals_the_smaller_name_stays() -> None:
    assert kept(problem([offer("b"), offer("a")], workload())) == ["us-east-1/a"]


@pytest.mark.parametrize(
    "better",
    [
        offer("p6", "11", vcpus=300),
        offer("p6", "11", memory_gib=3000),
        offer("p6", "11", count=16),
    ],
)
def test_a_dearer_offer_with_more_room_stays_for_steady_work(better: Offer) -> None:
    assert len(kept(problem([GOOD, better], workload()))) == 2


def test_room_that_a_burst_can_not_use_does_not_keep_an_offer() -> None:
    assert kept(problem([GOOD, offer("p6", "11", vcpus=300)], workload(hours=10))) == [
        "us-east-1/p5"
    ]


def test_a_gang_is_compared_as_a_whole() -> None:
    """Eight members of 3: four nodes of 8 devices, or two of 16 at less than twice the price."""
    gang = workload(count=3, replicas=8, is_gang=True, hours=10)

    assert kept(problem([GOOD, offer("p6", "19", count=16)], gang)) == ["us-east-1/p6"]
    assert kept(problem([GOOD, offer("p6", "21", count=16)], gang)) == ["us-east-1/p5"]


def test_small_nodes_stay_beside_large_ones_that_cost_less_each() -> None:
    """Three replicas: one large and one small node are best, so neither beats the other."""
    offers = [offer("large", "10"), offer("small", "6", count=4)]

    assert len(kept(problem(offers, workload(count=4, replicas=3, hours=10)))) == 2


def test_an_offer_under_a_quota_does_not_beat_one_without() -> None:
    limit = quota(1, machine_type="p5")

    assert len(kept(problem([GOOD, DEAR], workload(replicas=2), quotas=(limit,)))) == 2


def test_an_offer_without_quota_beats_one_with() -> None:
    limit = quota(5, machine_type="p6")

    assert kept(problem([GOOD, DEAR], workload(), quotas=(limit,))) == ["us-east-1/p5"]


def test_an_offer_serves_all_that_another_serves_or_does_not_beat_it() -> None:
    both = workload("both")
    spot = replace(DEAR, accelerator=L4)
    choice = replace(both.accelerators.any_of[0], model="L4")
    either = replace(
        both,
        accelerators=replace(both.accelerators, any_of=(*both.accelerators.any_of, choice)),
    )

    asked = problem([GOOD, spot], either, workload("other", model="L4"))

    assert len(kept(asked, "both")) == 2


def test_where_a_workload_runs_now_is_kept() -> None:
    asked = problem([GOOD, DEAR], workload(), objective=Objective(stability=Fraction(1, 2)))
    there = solve(replace(asked, offers=(DEAR,))).fleet

    assert kept(replace(asked, recorded=there)) == ["us-east-1/p5", "us-east-1/p6"]


ABROAD = offer("p5", "11", region=WEST)


def test_a_region_that_is_dearer_in_every_respect_is_left_out() -> None:
    assert kept(problem([GOOD, ABROAD], workload())) == ["us-east-1/p5"]


def test_of_equal_regions_the_smaller_name_stays() -> None:
    assert kept(problem([offer(region=WEST), offer()], workload())) == ["us-east-1/p5"]


@pytest.mark.parametrize(
    "asked",
    [
        problem([GOOD, ABROAD], workload(replicas=2, spread_regions=2)),
        problem([GOOD, ABROAD], workload(), quotas=(quota(9, region="us-east-1"),)),
        problem(
            [GOOD, replace(ABROAD, region=FRANKFURT)],
            within(workload(replicas=2), 20),
            clients=(clients(EAST, FRANKFURT),),
        ),
        problem([GOOD, ABROAD], reading(workload(), "corpus"), datasets=(dataset(WEST),)),
        problem(
            [GOOD, offer("a3", "11", region=NETHERLANDS)],
            workload(),
            providers=(cloud("aws", fixed="1"), cloud("gcp")),
        ),
        problem(
            [GOOD, ABROAD],
            workload(),
            workload("other", apart=frozenset({WorkloadName("train")})),
        ),
        problem(
            [GOOD, ABROAD],
            workload(),
            workload(
                "other",
                near=(Nearness(workload=WorkloadName("train"), round_trip_ms=0),),
            ),
        ),
    ],
)
def test_a_dearer_region_stays_where_it_may_be_needed(asked: Problem) -> None:
    assert len(kept(asked)) == 2


def test_a_region_with_a_dearer_cluster_does_not_beat_another() -> None:
    asked = problem([offer("a", "10", region=NETHERLANDS), offer("b", "11")], workload())
    free = {ProviderName("aws"): Money(0), ProviderName("gcp"): Money.parse("1")}
    asked = replace(asked, network=replace(asked.network, overhead_hourly=free))

    assert len(kept(asked)) == 2


def test_slices_compare_by_the_share_that_a_replica_takes() -> None:
    whole = offer("whole", "1", accelerator=L4, count=1)
    half = offer("half", "2", accelerator=L4, count=Fraction(1, 2))

    assert kept(problem([whole, half], workload(model="L4", count="1/4"))) == ["us-east-1/whole"]
