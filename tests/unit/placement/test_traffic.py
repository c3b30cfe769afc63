"""Requests are divided over regions that answer them in time, and replicas follow them."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.errors import Infeasible
from broker.domain.geography import RegionKey
from broker.domain.ids import ClientsName
from broker.domain.money import Money
from broker.domain.workloads import LatencyBound, Workload
from broker.placement.problem import Problem
from broker.placement.rules import priced_answers
from broker.placement.solve import solve
from broker.placement.traffic import divide
from tests.fakes.problems import EAST, FRANKFURT, NETHERLANDS, clients, offer, problem, workload

CHEAP, DEAR = offer("p5", "10"), offer("p5", "11", region=FRANKFURT)


def chat(replicas: int, answered: int, milliseconds: float = 20) -> Workload:
    bound = LatencyBound(
        clients=ClientsName("users"),
        round_trip_ms=milliseconds,
        requests_per_replica=Fraction(answered),
    )
    return workload("chat", replicas=replicas, latency=bound)


def asking(work: Workload, *places: RegionKey) -> Problem:
    users = replace(clients(*places), requests_per_second=Fraction(90))
    return problem([CHEAP, DEAR], work, clients=(users,))


def replicas(asked: Problem) -> dict[RegionKey, int]:
    return {p.offer.region: p.replicas for p in solve(asked).fleet.placements}


def test_replicas_follow_the_requests_not_the_price() -> None:
    assert replicas(asking(chat(4, 23), EAST, FRANKFURT)) == {EAST: 2, FRANKFURT: 2}
    assert replicas(asking(chat(4, 45), EAST, FRANKFURT)) == {EAST: 3, FRANKFURT: 1}


def test_within_reach_of_all_the_cheapest_region_answers() -> None:
    assert replicas(asking(chat(4, 23, milliseconds=95), EAST, FRANKFURT)) == {EAST: 4}


def test_the_plan_says_who_answers_whom() -> None:
    found = solve(asking(chat(4, 45), EAST, FRANKFURT))

    assert [(f.place, f.region, f.per_second) for _, f in found.traffic] == [
        (FRANKFURT, FRANKFURT, 45),
        (EAST, EAST, 45),
    ]


def test_requests_go_the_shortest_way_that_has_room() -> None:
    work = chat(3, 40, milliseconds=95)
    flows = divide(work, {EAST: 1, FRANKFURT: 2}, asking(work, EAST, FRANKFURT))

    assert {(f.place, f.region): f.per_second for f in flows or ()} == {
        (EAST, EAST): 40,
        (EAST, FRANKFURT): 5,
        (FRANKFURT, FRANKFURT): 45,
    }


def test_parts_of_requests_are_exact() -> None:
    work = chat(3, 31)
    places = (EAST, FRANKFURT, NETHERLANDS)
    flows = divide(work, {EAST: 1, FRANKFURT: 2}, asking(work, *places))

    assert sum(f.per_second for f in flows or ()) == 90
    assert divide(work, {EAST: 1, FRANKFURT: 1}, asking(work, *places)) is None


def test_a_service_that_says_nothing_has_no_flows() -> None:
    work = workload("chat")

    assert divide(work, {EAST: 1}, asking(work, EAST)) == ()


def test_too_few_replicas_within_reach_are_named() -> None:
    with pytest.raises(Infeasible) as caught:
        solve(asking(chat(3, 30), EAST, FRANKFURT))

    (found,) = caught.value.diagnostics
    assert "too few replicas can be within reach" in found.detail


def paid(answered: int, kib: int) -> Workload:
    made = chat(4, answered, milliseconds=95)
    assert made.latency is not None
    return replace(made, latency=replace(made.latency, response_bytes=kib * 1024))


def priced(work: Workload, east: str | None, frankfurt: str) -> Problem:
    asked = asking(work, EAST, FRANKFURT)
    egress = dict(asked.network.egress_per_gb)
    egress[FRANKFURT, None] = Money.parse(frankfurt)
    egress.pop((EAST, None))
    if east is not None:
        egress[EAST, None] = Money.parse(east)
    return replace(asked, network=replace(asked.network, egress_per_gb=egress))


def test_answers_are_paid_for_by_the_gigabyte() -> None:
    found = solve(priced(paid(90, 10), "0.10", "0.10"))

    # 90 a second in 730 hours of 10,240 bytes are 2,421.96 GB
    assert [(sent.region, sent.monthly) for sent in found.fleet.answers] == [
        (EAST, Money.parse("242.196480"))
    ]
    assert found.paid == Money.parse("29515.196480")  # four nodes, a cluster, and that


def test_dear_traffic_moves_the_service() -> None:
    assert replicas(priced(paid(23, 1000), "0.10", "0.02")) == {FRANKFURT: 4}
    assert replicas(priced(paid(23, 1), "0.10", "0.02")) == {EAST: 4}


def test_no_more_replicas_than_answer_go_where_nodes_are_dear() -> None:
    assert replicas(priced(paid(90, 1000), "0.10", "0.02")) == {EAST: 3, FRANKFURT: 1}


def test_the_cheapest_region_answers_what_it_can() -> None:
    work = paid(45, 10)
    flows = divide(work, {EAST: 1, FRANKFURT: 2}, priced(work, "0.10", "0.02"))

    assert {f.region for f in flows or ()} == {FRANKFURT}


def test_a_region_without_a_price_of_traffic_is_not_used() -> None:
    asked = priced(paid(90, 1), None, "0.02")

    assert replicas(asked) == {FRANKFURT: 4}
    assert priced_answers(paid(90, 1), EAST, asked) == (
        "price of traffic from aws/us-east-1 to clients is unknown"
    )
    assert priced_answers(chat(4, 90), EAST, asked) is None
