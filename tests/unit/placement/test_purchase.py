"""An assignment is judged without the model: each rule of the whole fleet is seen when broken."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from broker.domain.ids import WorkloadName
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.spec import QuotaUnit
from broker.domain.workloads import Nearness
from broker.placement.candidates import candidates
from broker.placement.problem import Problem
from broker.placement.purchase import Assignment, broken_rules, buy, costs
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
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

HERE, THERE, ABROAD = offer(), offer(region=WEST), offer(region=NETHERLANDS)


def assigned(asked: Problem, units: Iterable[tuple[str, Offer, int]]) -> Assignment:
    found = candidates(asked).by_workload
    return [
        (candidate, number)
        for name, made, number in units
        for candidate in found[name]
        if candidate.offer == made
    ]


def broken(asked: Problem, *units: tuple[str, Offer, int]) -> list[str]:
    return list(broken_rules(asked, buy(assigned(asked, units))))


def test_a_lawful_assignment_breaks_nothing() -> None:
    asked = problem([HERE], workload(replicas=2), quotas=(quota(2),))

    assert broken(asked, ("train", HERE, 2)) == []


def test_too_few_replicas_are_seen() -> None:
    asked = problem([HERE, THERE], workload(replicas=3))

    assert broken(asked, ("train", HERE, 1), ("train", THERE, 1)) == [
        "2 of 3 units of train are placed"
    ]


def test_quotas_of_one_name_are_counted_apart() -> None:
    asked = problem([HERE], workload(replicas=2), quotas=(quota(2), quota(3)))

    assert broken(asked, ("train", HERE, 2)) == []


def test_quotas_are_counted_on_packed_nodes_of_one_region() -> None:
    asked = problem(
        [HERE, THERE],
        workload(count=5, replicas=4),
        quotas=(quota(16, QuotaUnit.ACCELERATORS, name="p"),),
    )

    assert broken(asked, ("train", HERE, 2), ("train", THERE, 2)) == []
    assert broken(asked, ("train", HERE, 3), ("train", THERE, 1)) == [
        "quota p in aws/us-east-1: 24 of 16 accelerators would be used"
    ]


def test_a_quota_that_spans_regions_is_counted_over_all_of_them() -> None:
    asked = problem([HERE, THERE], workload(replicas=4), quotas=(quota(3, name="p", spans=True),))

    each = replace(asked, spec=replace(asked.spec, quotas=(quota(3),)))

    assert broken(each, ("train", HERE, 2), ("train", THERE, 2)) == []
    assert broken(asked, ("train", HERE, 2), ("train", THERE, 2)) == [
        "quota p in aws: 4 of 3 nodes would be used"
    ]


def test_spread_is_even_and_over_enough_regions() -> None:
    asked = problem([HERE, THERE], workload(replicas=4, spread_regions=2))
    uneven = ["train is not spread evenly over 2 regions"]

    assert broken(asked, ("train", HERE, 2), ("train", THERE, 2)) == []
    assert broken(asked, ("train", HERE, 3), ("train", THERE, 1)) == uneven
    assert broken(asked, ("train", HERE, 4)) == uneven


def test_each_place_of_clients_has_a_replica_within_reach() -> None:
    asked = problem(
        [HERE, ABROAD],
        within(workload(replicas=2), 20),
        clients=(clients(EAST, FRANKFURT),),
    )

    assert broken(asked, ("train", HERE, 1), ("train", ABROAD, 1)) == []
    assert broken(asked, ("train", HERE, 2)) == [
        "no replica of train is within reach of aws/eu-central-1"
    ]


def test_neighbours_are_near_and_apart() -> None:
    near = Nearness(workload=WorkloadName("a"), round_trip_ms=20)
    asked = problem(
        [HERE, ABROAD],
        workload("a"),
        workload("b", near=(near,)),
        workload("c", apart=frozenset({WorkloadName("a")})),
    )

    assert broken(asked, ("a", HERE, 1), ("b", HERE, 1), ("c", ABROAD, 1)) == []
    assert broken(asked, ("a", HERE, 1), ("b", ABROAD, 1), ("c", HERE, 1)) == [
        "b in gcp/europe-west4 is not near a",
        "c and a are both in aws/us-east-1",
    ]


def test_costs_are_told_by_what_they_are_for() -> None:
    asked = problem(
        [HERE, ABROAD],
        reading(workload("a"), "corpus"),
        workload("b", hours=100),
        providers=(cloud("aws"), cloud("gcp", fixed="500")),
        datasets=(dataset(EAST, size_gb=1000),),
    )

    told = costs(asked, buy(assigned(asked, [("a", ABROAD, 1), ("b", HERE, 1)])))

    assert told.nodes == Money.parse("8300")
    assert told.clusters == Money.parse("146")
    assert told.clouds == Money.parse("500")
    assert told.data == Money.parse("110")
    assert told.paid == Money.parse("9056")


def test_what_has_no_known_price_is_no_part_of_a_cost() -> None:
    asked = problem([ABROAD], reading(workload(), "corpus"), datasets=(dataset(EAST),))
    assignment = assigned(asked, [("train", ABROAD, 1)])

    for unknown in ("overhead_hourly", "storage_per_gb_month"):
        network = replace(asked.network, **{unknown: {}})
        with pytest.raises(ValueError, match="no known price"):
            costs(replace(asked, network=network), buy(assignment))
