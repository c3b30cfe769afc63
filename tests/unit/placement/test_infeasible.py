"""Where there is no answer, the workloads concerned and the rules that decide are named."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Infeasible
from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import WorkloadName, ZoneId
from broker.domain.offers import CapacityType
from broker.domain.spec import Replication
from broker.domain.workloads import Nearness
from broker.placement.infeasible import HOW_MUCH
from broker.placement.problem import Problem
from broker.placement.solve import solve
from broker.placement.stated_quotas import with_recorded
from broker.placement.stock import with_sold_out
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
    sold_out,
    within,
    workload,
)


def findings(asked: Problem) -> tuple[Diagnostic, ...]:
    with pytest.raises(Infeasible) as caught:
        solve(asked)
    return caught.value.diagnostics


def finding(asked: Problem) -> Diagnostic:
    (only,) = findings(asked)
    return only


def without_overheads(asked: Problem) -> Problem:
    return replace(asked, network=replace(asked.network, overhead_hourly={}))


def test_a_gang_larger_than_any_offer_is_told_by_the_size_of_nodes() -> None:
    told = finding(problem([offer("p5"), offer("p5", region=WEST)], workload(count=16)))

    assert told.code == "no-lawful-offer"
    assert told.subject == "workloads.train"
    assert told.summary == "None of 2 offers may run train"
    assert told.detail.splitlines() == [
        "excluded by rule: node-size 2",
        "fails only node-size: aws/us-east-1/p5/on-demand has 8 accelerators per node, 16 wanted",
        "fails only node-size: aws/us-west-2/p5/on-demand has 8 accelerators per node, 16 wanted",
    ]
    assert told.hint == "Ask for fewer accelerators, vCPUs or less memory per replica."


def test_every_workload_without_an_offer_is_told_at_once() -> None:
    told = findings(
        problem([offer()], workload("a", model="A100"), workload("b"), workload("c", model="L4"))
    )

    assert [d.subject for d in told] == ["workloads.a", "workloads.c"]
    assert all(d.code == "no-lawful-offer" for d in told)


def test_rules_are_tallied_the_most_frequent_first() -> None:
    spot = CapacityType.SPOT
    offers = [
        offer("g6", accelerator=L4, count=1),
        offer("p5", capacity_type=spot),
        offer("p5", region=WEST, capacity_type=spot),
        offer("small", count=1),
    ]

    told = finding(problem(offers, workload()))

    assert told.detail.splitlines()[0] == (
        "excluded by rule: capacity-type 2, accelerator 1, node-size 1"
    )
    assert told.hint == "Accept more types under capacity."


def test_what_is_out_of_stock_comes_first_and_can_be_asked_for_again() -> None:
    offers = [
        offer("a", "1", capacity_type=CapacityType.SPOT),
        offer("b", "2", capacity_type=CapacityType.SPOT),
        offer("c", "3", capacity_type=CapacityType.SPOT),
        offer("p5", "9"),
    ]

    told = finding(with_sold_out(problem(offers, workload()), [sold_out(offers[-1])]))

    assert told.detail.splitlines()[1] == (
        "fails only stock: aws/us-east-1/p5/on-demand ($6,570.00 a month) "
        "sold out at 00:00, remembered until 01:00 UTC"
    )
    assert "-forget-stock-outs" in told.hint


def test_more_of_what_runs_and_is_out_of_stock_is_no_question_of_quota() -> None:
    there = solve(problem([offer()], workload(replicas=2, is_gang=True))).fleet
    grown = with_recorded(problem([offer()], workload(replicas=3, is_gang=True)), there)

    told = finding(with_sold_out(grown, [sold_out(offer())]))

    assert told.detail.splitlines()[1].startswith("fails only stock: aws/us-east-1/p5/on-demand ")
    assert "-forget-stock-outs" in told.hint


def test_a_region_that_nothing_but_scope_is_against_is_named() -> None:
    aws = replace(cloud("aws"), regions=frozenset({"us-east-1"}))
    offers = [
        *(offer(f"p{n}", str(n)) for n in range(1, 5)),
        offer("a3", "20", region=NETHERLANDS),
        offer("p5", "30", region=FRANKFURT),
    ]

    told = finding(problem(offers, workload(residency=frozenset({"EU"})), providers=(aws,)))

    assert [line.split(" (")[0] for line in told.detail.splitlines()[1:]] == [
        "fails only residency: aws/us-east-1/p1/on-demand",
        "fails only scope: aws/eu-central-1/p5/on-demand",
        "fails only residency: aws/us-east-1/p2/on-demand",
    ]
    assert told.hint.splitlines() == [
        "Widen residency, or use a cloud with regions there.",
        "Or name aws/eu-central-1 under providers, where nothing else is in the way.",
    ]


def test_of_places_too_far_from_clients_the_nearest_comes_first() -> None:
    offers = [offer("near", "9", region=EAST), offer("far", "1", region=WEST)]
    here, there = {(FRANKFURT, EAST): 80.0}, {(FRANKFURT, WEST): 140.0}
    asked = problem(offers, within(workload(), 20), clients=(clients(FRANKFURT),))
    network = replace(
        asked.network, round_trips_ms={**asked.network.round_trips_ms, **here, **there}
    )

    told = finding(replace(asked, network=network))

    assert [line.split("/")[2] for line in told.detail.splitlines()[1:3]] == ["near", "far"]


def test_what_is_paid_for_months_is_no_miss_of_work_that_ends() -> None:
    offers = [
        offer("p5", "1", capacity_type=CapacityType.RESERVED),
        offer("p5", "9", capacity_type=CapacityType.SPOT),
    ]

    told = finding(problem(offers, workload(hours=40)))

    assert told.detail.splitlines() == [
        "excluded by rule: capacity-type 2",
        (
            "fails only capacity-type: aws/us-east-1/p5/spot ($360.00 a month) "
            "is spot, the workload accepts on-demand"
        ),
    ]


def test_the_nearest_misses_fail_one_rule_and_are_the_cheapest() -> None:
    spot = CapacityType.SPOT
    offers = [
        offer("a", "9", capacity_type=spot),
        offer("h", "8", capacity_type=spot),
        offer("b", "5", capacity_type=spot),
        offer("b", "4", capacity_type=spot, zone=ZoneId("z1")),
        offer("c", "7", count=4),
        offer("d", "1", count=4, capacity_type=spot),
        offer("e", None),
        offer("f", "0.1", accelerator=L4),
    ]

    told = finding(problem(offers, workload()))

    reason = "is spot, the workload accepts on-demand"
    assert told.detail.splitlines()[1:] == [
        f"fails only capacity-type: aws/us-east-1/z1/b/spot ($2,920.00 a month) {reason}",
        f"fails only capacity-type: aws/us-east-1/h/spot ($5,840.00 a month) {reason}",
        f"fails only capacity-type: aws/us-east-1/a/spot ($6,570.00 a month) {reason}",
    ]


def test_of_nodes_that_are_too_small_the_largest_are_nearest() -> None:
    offers = [
        offer("one", "1", count=1),
        offer("eight", "9"),
        offer("many-vcpus", "10", vcpus=400),
        offer("four", "4", count=4),
        offer("other", "1", accelerator=L4, count=16),
    ]

    told = finding(problem(offers, workload(count=16)))

    assert [line.split("/")[2] for line in told.detail.splitlines()[1:]] == [
        "many-vcpus",
        "eight",
        "four",
    ]


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        (problem([offer(accelerator=L4)], workload()), "Accept another model"),
        (problem([offer(count=1)], workload()), "Ask for fewer accelerators"),
        (problem([offer()], workload(), providers=()), "Name more clouds or regions"),
        (problem([offer()], workload(residency=frozenset({"EU"}))), "Widen residency"),
        (
            problem([offer()], within(workload(), 20), clients=(clients(FRANKFURT),)),
            "Raise latency.round-trip-ms",
        ),
        (
            problem(
                [offer()],
                reading(workload(), "corpus"),
                datasets=(dataset(WEST, replication=Replication.FORBIDDEN),),
            ),
            "Allow the data set to be copied",
        ),
        (without_overheads(problem([offer()], workload())), "State what a cluster costs there"),
        (problem([offer(capacity_type=CapacityType.SPOT)], workload()), "Accept more types"),
        (
            problem([offer(zone="lax-1", zone_kind=ZoneKind.LOCAL_ZONE)], workload()),
            "Only local zones",
        ),
        (problem([offer(price=None)], workload()), "No source states a price"),
        (problem([offer()], workload(), quotas=(quota(0),)), "Ask the cloud for more quota"),
        (
            replace(problem([offer()], workload()), banned=frozenset({offer().name})),
            "Wait until the offers can be had again",
        ),
    ],
)
def test_the_rule_that_took_the_last_offers_gives_the_hint(asked: Problem, advice: str) -> None:
    assert finding(asked).hint.startswith(advice)


CROWDED = problem(
    [offer(), offer("g6", accelerator=L4, count=4)],
    workload("alone", model="L4", count=4),
    *(workload(name, count=4) for name in ("a", "b", "c")),
    quotas=(quota(1, name="p-family", machine_type="p5"),),
)
"""Two of a, b and c fit on the one node of p5 that there may be; all share a cluster."""


def test_a_cluster_of_unknown_price_is_a_nearest_miss() -> None:
    told = finding(without_overheads(problem([offer()], workload())))

    miss = "aws/us-east-1/p5/on-demand ($7,300.00 a month) price of a cluster in aws/us-east-1 is unknown"
    assert told.detail.splitlines() == [
        "excluded by rule: overhead 1",
        f"fails only overhead: {miss}",
    ]


def test_a_joint_conflict_names_the_quota_and_leaves_out_who_is_not_concerned() -> None:
    told = finding(CROWDED)

    assert told.code == "no-joint-placement"
    assert told.summary == (
        "a, b, c can not all be placed at once; without any one of them the rest can"
    )
    assert told.detail.splitlines() == [
        "a: 1 replica, 1 offer in 1 region",
        "b: 1 replica, 1 offer in 1 region",
        "c: 1 replica, 1 offer in 1 region",
        "quotas that they meet: p-family (1 node)",
    ]
    assert told.hint == f"Ask the cloud for more quota. {HOW_MUCH}"


def test_a_joint_conflict_is_gone_without_any_one_of_its_workloads() -> None:
    for pair in combinations("abc", 2):
        kept = tuple(w for w in CROWDED.spec.workloads if w.name in (*pair, "alone"))
        answer = solve(replace(CROWDED, spec=replace(CROWDED.spec, workloads=kept)))

        assert {p.workload for p in answer.fleet.placements} == {*pair, "alone"}


def test_a_conflict_that_only_packing_sees_is_as_small_and_named_for_its_quota() -> None:
    """Five shares of 0.21 and four of 0.22 are less than two devices, and lie on three."""
    told = finding(
        problem(
            [offer("small", count=2), offer("g6", accelerator=L4, count=4)],
            workload("a", count="21/100", replicas=5),
            workload("b", count="22/100", replicas=4),
            workload("c", model="L4", count=4),
            quotas=(quota(1, machine_type="small"),),
        )
    )

    assert told.summary.startswith("a, b can not all be placed at once")
    assert told.detail.splitlines()[-1] == "quotas that they meet: q (1 node)"
    assert told.hint == f"Ask the cloud for more quota. {HOW_MUCH}"


def test_one_workload_may_be_too_large_for_its_quota_as_a_whole() -> None:
    told = finding(problem([offer()], workload(replicas=3), quotas=(quota(2),)))

    assert told.code == "no-joint-placement"
    assert told.summary == "train can not be placed whole on the offers that it may use"
    assert told.hint == f"Ask the cloud for more quota. {HOW_MUCH}"


def test_a_place_that_nothing_can_reach_is_named() -> None:
    served = within(workload(replicas=2), 20)
    told = finding(problem([offer()], served, clients=(clients(EAST, FRANKFURT),)))

    assert told.detail.splitlines()[-1] == (
        "no offer that train may use is within 20 ms of aws/eu-central-1"
    )
    assert told.hint == "Raise latency.round-trip-ms."


@pytest.mark.parametrize(
    ("regions", "changes", "hint"),
    [
        (
            (EAST, FRANKFURT),
            {},
            "Ask for replicas: 2 or more, or raise latency.round-trip-ms.",
        ),
        (
            (EAST,),
            {},
            (
                "Ask for replicas: 2 or more and name more regions under providers, "
                "or raise latency.round-trip-ms."
            ),
        ),
        (
            (EAST, FRANKFURT),
            {"replicas": 2, "is_gang": True},
            "Raise latency.round-trip-ms, or move the clients' places: a gang is in one region.",
        ),
    ],
)
def test_places_that_no_single_region_reaches_ask_for_a_replica_each(
    regions: tuple[RegionKey, ...], changes: dict[str, Any], hint: str
) -> None:
    offers = [offer(region=region) for region in regions]
    served = within(workload(**changes), 20)
    told = finding(problem(offers, served, clients=(clients(EAST, FRANKFURT),)))

    assert told.code == "no-joint-placement"
    assert told.detail.splitlines()[-1].startswith(
        "each place of users needs a replica of train within 20 ms, which takes 2 regions at the least"
    )
    assert told.hint == hint


def test_a_region_is_advised_only_with_the_replicas_that_make_it_help() -> None:
    offers = [offer(region=region) for region in (WEST, EAST, FRANKFURT)]
    here = replace(cloud("aws"), regions=frozenset({"us-west-2"}))

    def hint(replicas: int) -> str | None:
        served = within(workload(replicas=replicas), 20)
        places = (clients(EAST, FRANKFURT),)
        return finding(problem(offers, served, clients=places, providers=(here,))).hint

    both = "Or name aws/eu-central-1 and aws/us-east-1 under providers, where nothing else is in the way"
    assert (hint(1) or "").splitlines()[1:] == [
        f"{both}, and ask for replicas: 2 or more: each place of its clients needs one within reach."
    ]
    assert (hint(2) or "").splitlines()[1:] == [f"{both}."]


def test_a_spread_over_more_regions_than_there_are_is_named() -> None:
    told = finding(problem([offer()], workload(replicas=2, spread_regions=2)))

    assert told.hint == "Spread over fewer regions."


def test_neighbours_that_can_not_be_near_are_named() -> None:
    here = workload("here", residency=frozenset({"US"}))
    near = Nearness(workload=WorkloadName("here"), round_trip_ms=20)
    there = workload("there", residency=frozenset({"EU"}), near=(near,))
    told = finding(problem([offer(), offer(region=NETHERLANDS)], here, there))

    assert told.summary.startswith("here, there can not all be placed at once")
    assert told.detail.splitlines()[-1] == (
        "no region in which there may be is within 20 ms of one in which here may be; "
        "the nearest are gcp/europe-west4 and aws/us-east-1, 90 ms apart"
    )
    assert told.hint == (
        "Allow a longer round-trip-ms under near. Or widen residency of here or there."
    )


def test_neighbours_that_could_be_near_but_for_others_are_told_so() -> None:
    """a in the region of b, b in that of c, and c not in that of a."""
    a, b = (
        workload(name, near=(Nearness(workload=WorkloadName(other), round_trip_ms=0),))
        for name, other in ("ab", "bc")
    )
    c = workload("c", apart=frozenset({WorkloadName("a")}))
    told = finding(problem([offer(), offer(region=NETHERLANDS)], a, b, c))

    assert told.detail.splitlines()[3:] == [
        "apart leaves no region for one of them where the others may be",
        "each could be near those that it asks for, but not all of them at once",
    ]
    assert told.hint == "Allow a longer round-trip-ms under near. Leave out apart."


def test_neighbours_that_can_not_be_apart_are_named() -> None:
    alone = workload("alone", apart=frozenset({WorkloadName("other")}))
    told = finding(problem([offer()], alone, workload("other")))

    assert told.summary.startswith("alone, other can not all be placed at once")
    assert told.hint == "Leave out apart."


def test_of_many_workloads_the_few_that_are_in_each_others_way_are_named() -> None:
    scarce = quota(3, machine_type="p5")
    crowd = [workload(f"w{n:02}", model="L4", count=1) for n in range(30)]
    in_the_way = [workload(name, replicas=2) for name in ("w07b", "w21b")]
    machines = [offer("p5", "10"), offer("g6", "1", accelerator=L4)]

    with pytest.raises(Infeasible) as refused:
        solve(problem(machines, *crowd, *in_the_way, quotas=(scarce,)))

    assert refused.value.workloads == ("w07b", "w21b")
