"""A quota counts the offers that it selects, in its unit, for each region or all that it spans."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from broker.domain.ids import ZoneId
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import QuotaUnit
from broker.placement.quotas import counts, quota_use_per_node, quotas_of
from broker.placement.solve import solve
from tests.fakes.problems import (
    A100_80,
    EAST,
    NETHERLANDS,
    WEST,
    offer,
    problem,
    quota,
    workload,
)

SPOT = CapacityType.SPOT


@pytest.mark.parametrize(
    ("narrowed", "inside", "outside"),
    [
        ({}, offer(region=WEST), offer(region=NETHERLANDS)),
        ({"region": "us-east-1"}, offer(), offer(region=WEST)),
        ({"zone": "use1-az1"}, offer(zone=ZoneId("use1-az1")), offer(zone=ZoneId("use1-az2"))),
        ({"zone": "use1-az1"}, offer(zone=ZoneId("use1-az1")), offer()),
        ({"capacity_types": frozenset({SPOT})}, offer(capacity_type=SPOT), offer()),
        ({"accelerator": "A100"}, offer(accelerator=A100_80), offer()),
        ({"accelerator": "A100-80GB"}, offer(accelerator=A100_80), offer()),
        ({"accelerator": "H100"}, offer(), offer(accelerator=A100_80)),
        ({"machine_type": "p5"}, offer("p5"), offer("p5e")),
        ({"machine_types": frozenset({"p5", "p5e"})}, offer("p5e"), offer("p4d")),
        ({"family": "P"}, offer(), offer(family="G")),
        ({"family": "P", "region": "us-east-1"}, offer(), offer(family="P", region=WEST)),
    ],
)
def test_each_selector_narrows(narrowed: dict[str, Any], inside: Offer, outside: Offer) -> None:
    made = replace(quota(1), **narrowed)

    assert counts(made, inside)
    assert not counts(made, outside)


def test_an_offer_may_fall_under_several_quotas_in_the_order_of_the_spec() -> None:
    named = [quota(1, name="b"), quota(2, name="a"), quota(3, name="g", provider="gcp")]

    assert [q.name for q in quotas_of(offer(), problem([], quotas=tuple(named)))] == ["b", "a"]


@pytest.mark.parametrize(
    ("unit", "use"),
    [(QuotaUnit.ACCELERATORS, Fraction(8)), (QuotaUnit.VCPUS, 200), (QuotaUnit.NODES, 1)],
)
def test_a_node_uses_what_the_unit_counts(unit: QuotaUnit, use: Fraction) -> None:
    assert quota_use_per_node(offer(), quota(1, unit)) == use


def test_a_slice_uses_a_share_of_an_accelerator() -> None:
    part = offer(count=Fraction(1, 6))

    assert quota_use_per_node(part, quota(1, QuotaUnit.ACCELERATORS)) == Fraction(1, 6)


def test_a_quota_holds_in_each_region_by_itself() -> None:
    found = solve(
        problem([offer(), offer(price="11", region=WEST)], workload(replicas=2), quotas=(quota(1),))
    )

    assert [(p.offer.region, p.nodes) for p in found.fleet.placements] == [(EAST, 1), (WEST, 1)]


def test_a_quota_of_a_zone_leaves_the_others_alone() -> None:
    zones = [offer("p5", price, zone=ZoneId(zone)) for price, zone in (("10", "a"), ("11", "b"))]
    limited = replace(quota(1, machine_type="p5"), region="us-east-1", zone=ZoneId("a"))

    together = problem(zones, workload(is_gang=True, replicas=2), quotas=(limited,))
    apart = problem(zones, workload(replicas=3), quotas=(limited,))

    assert [(p.offer.zone, p.nodes) for p in solve(together).fleet.placements] == [("b", 2)]
    assert [(p.offer.zone, p.nodes) for p in solve(apart).fleet.placements] == [("a", 1), ("b", 2)]


def test_a_quota_that_spans_regions_holds_for_all_of_them_together() -> None:
    offers = [offer(), offer(price="11", region=WEST), offer("p4", "12", region=WEST)]
    limit = quota(1, machine_type="p5", spans=True)
    found = solve(problem(offers, workload(replicas=2), quotas=(limit,)))

    assert [(p.offer.region, p.offer.machine_type) for p in found.fleet.placements] == [
        (EAST, "p5"),
        (WEST, "p4"),
    ]


def test_a_quota_that_spans_regions_is_of_one_cloud() -> None:
    offers = [offer("p5"), offer("a3", "11", region=NETHERLANDS)]
    found = solve(problem(offers, workload(replicas=2), quotas=(quota(1, spans=True),)))

    assert [p.offer.region for p in found.fleet.placements] == [EAST, NETHERLANDS]


def test_work_that_ends_counts_beside_work_that_does_not() -> None:
    offers = [offer("p5", "10"), offer("p4", "11")]
    limit = quota(1, machine_type="p5")
    found = solve(problem(offers, workload(), workload("burst", hours=10), quotas=(limit,)))

    assert [(p.workload, p.offer.machine_type) for p in found.fleet.placements] == [
        ("burst", "p4"),
        ("train", "p5"),
    ]
