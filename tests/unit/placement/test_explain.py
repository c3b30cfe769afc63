"""Why a workload is where it is: the chosen, the next best, and the cheaper that may not be."""

from collections import Counter
from dataclasses import replace
from math import inf

import pytest

from broker.domain.geography import ZoneKind
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.domain.spec import QuotaUnit, Replication
from broker.domain.workloads import Nearness
from broker.placement.alternatives import Proof
from broker.placement.explain import RUNNERS_UP, Explanation, explain
from broker.placement.nearby import Look
from broker.placement.problem import Problem
from broker.placement.solve import solve
from broker.placement.stock import with_sold_out
from tests.fakes.problems import (
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

SPOT = CapacityType.SPOT
CLUSTER = 73  # dollars a month, of each cluster of these problems


def explained(asked: Problem, name: str = "train") -> Explanation:
    workload = next(w for w in asked.spec.workloads if w.name == name)
    return explain(asked, solve(asked), workload)


def dollars(amount: Money) -> float:
    return amount.micros / 1_000_000


def test_the_chosen_offer_is_told_with_its_share() -> None:
    told = explained(problem([offer("p5", "10"), offer("p4", "12")], workload(count=4, replicas=2)))

    (chosen,) = told.chosen
    assert (chosen.offer.machine_type, chosen.replicas, chosen.nodes) == ("p5", 2, 1)
    assert dollars(told.chosen_alone) == dollars(chosen.monthly) == 7300
    assert told.lawful == 2
    assert told.excluded == {}
    assert told.cheaper == ()


def test_runners_up_are_sorted_by_what_the_fleet_would_cost_more() -> None:
    offers = [
        offer("best", "10"),
        offer("second", "10.2"),
        offer("abroad", "10.15", region=WEST),
        offer("third", "11"),
    ]

    told = explained(problem(offers, workload()))

    assert [(m.offer.machine_type, dollars(m.change.total)) for m in told.runners_up] == [
        ("abroad", pytest.approx(0.15 * 730)),
        ("second", pytest.approx(0.2 * 730)),
        ("third", pytest.approx(730)),
    ]
    abroad = told.runners_up[0]
    assert abroad.change.clusters == Money(0)
    assert dollars(abroad.alone) == pytest.approx(10.15 * 730)
    assert (abroad.moved, abroad.obstacles, abroad.others) == (1, (), ())
    assert abroad.proof is Proof.EXACT
    assert told.without_chosen is not None
    assert dollars(told.without_chosen) == pytest.approx(0.15 * 730, abs=0.1)


def test_only_so_many_runners_up_are_kept_and_equals_go_by_name() -> None:
    offers = [offer(f"t{number}", "11") for number in range(9)]

    told = explained(problem([offer("p5", "10"), *offers], workload()))

    assert [m.offer.machine_type for m in told.runners_up] == [f"t{n}" for n in range(RUNNERS_UP)]


def test_zones_of_one_machine_type_are_one_runner_up() -> None:
    zones = [offer("p4", price, zone=f"z{price}") for price in ("12", "11", "13")]

    told = explained(problem([offer("p5", "10"), *zones], workload()))

    assert [m.offer.zone for m in told.runners_up] == ["z11"]


def test_the_fleet_is_solved_anew_with_a_runner_up() -> None:
    """Both fit on one node, which moving one away does not save: then the other moves along."""
    offers = [offer("p5", "10"), offer("small", "6", count=4)]
    told = explained(problem(offers, workload(count=4), workload("chat", count=4)))

    (move,) = told.runners_up
    assert move.offer.machine_type == "small"
    assert move.others == ("chat",)
    assert dollars(move.change.nodes) == dollars(move.change.total) == (2 * 6 - 10) * 730
    assert dollars(told.chosen_alone) == 7300
    assert dollars(told.chosen[0].monthly) == 3650


def test_a_move_into_room_that_is_paid_already_costs_no_node() -> None:
    offers = [offer("p5", "10"), offer("l4", "4", accelerator=L4, count=2)]
    either = workload("either", model="L4", count=1, residency=frozenset({"US"}))
    told = explained(problem(offers, either, workload("other", model="L4", count=1)), "either")

    assert told.runners_up == ()
    assert dollars(told.chosen[0].monthly) == 4 * 730 / 2


def test_a_move_abroad_counts_its_cluster_cloud_and_copy() -> None:
    offers = [offer("p5", "10"), offer("a3", "9.99", region=NETHERLANDS)]
    asked = problem(
        offers,
        reading(workload(), "corpus"),
        workload("anchor", residency=frozenset({"US"})),
        providers=(cloud("aws"), cloud("gcp", fixed="500")),
        datasets=(dataset(offer().region, size_gb=1000),),
    )

    (move,) = explained(asked).runners_up

    assert dollars(move.change.nodes) == pytest.approx(-0.01 * 730)
    assert dollars(move.change.clusters) == CLUSTER
    assert dollars(move.change.clouds) == 500
    assert dollars(move.change.data) == 110
    assert move.change.total == (
        move.change.nodes + move.change.clusters + move.change.clouds + move.change.data
    )


@pytest.mark.parametrize(
    ("asked", "rule", "reason"),
    [
        (
            problem([offer("p5", "10"), offer("p5", "2", capacity_type=SPOT)], workload()),
            "capacity-type",
            "is spot, the workload accepts on-demand",
        ),
        (
            problem(
                [offer("p5", "10", region=FRANKFURT), offer("p5", "2")],
                workload(residency=frozenset({"EU"})),
            ),
            "residency",
            "aws/us-east-1 is in US, not in EU",
        ),
        (
            problem(
                [offer("p5", "10", region=FRANKFURT), offer("p5", "2")],
                within(workload(), 20),
                clients=(clients(FRANKFURT),),
            ),
            "latency",
            "round trip to users 90.0 ms, bound 20 ms",
        ),
        (
            problem(
                [offer("p5", "10"), offer("p5", "2", region=WEST)],
                reading(workload(), "corpus"),
                datasets=(dataset(offer().region, replication=Replication.FORBIDDEN),),
            ),
            "data",
            "corpus is in aws/us-east-1 and must not be copied",
        ),
        (
            problem(
                [offer("p5", "10"), offer("p5", "2", region=NETHERLANDS)],
                workload(),
                providers=(cloud("aws"),),
            ),
            "scope",
            "cloud gcp is not among the fleet's providers",
        ),
        (
            problem(
                [offer("p5", "10"), offer("p5", "2", zone="lax", zone_kind=ZoneKind.LOCAL_ZONE)],
                workload(),
            ),
            "zone-kind",
            "lax is a local-zone",
        ),
        (
            problem(
                [offer("p5", "10"), offer("p4", "2")],
                workload(),
                quotas=(quota(7, QuotaUnit.ACCELERATORS, machine_type="p4"),),
            ),
            "quota",
            "needs 8 accelerators of quota q, the limit is 7",
        ),
        (
            replace(
                problem([offer("p5", "10"), offer("p4", "2")], workload()),
                banned=frozenset({offer("p4").name}),
            ),
            "banned",
            "can not be had now",
        ),
        (
            with_sold_out(
                problem([offer("p5", "10"), offer("p4", "2")], workload()),
                [sold_out(offer("p4"))],
            ),
            "stock",
            "sold out at 00:00, remembered until 01:00 UTC",
        ),
    ],
)
def test_a_cheaper_offer_is_told_with_the_rule_against_it(
    asked: Problem, rule: str, reason: str
) -> None:
    told = explained(asked)

    (cheaper,) = told.cheaper
    assert (cheaper.rule, cheaper.reason) == (rule, reason)
    assert dollars(cheaper.alone) == 2 * 730
    assert told.excluded == {rule: 1}
    assert told.lawful == 1
    assert told.runners_up == ()


def test_dearer_offers_and_those_it_could_not_run_on_are_not_among_the_cheaper() -> None:
    offers = [
        offer("p5", "10"),
        offer("dear", "11", capacity_type=SPOT),
        offer("other", "1", accelerator=L4),
        offer("small", "1", count=1),
        offer("unpriced", None),
    ]

    told = explained(problem(offers, workload()))

    assert told.cheaper == ()
    assert told.excluded == {"capacity-type": 1, "accelerator": 1, "node-size": 1, "price": 1}


def test_what_is_paid_for_months_is_not_cheaper_for_work_that_ends() -> None:
    offers = [offer("p5", "10"), offer("p5", "6", capacity_type=CapacityType.RESERVED)]

    (always,) = explained(problem(offers, workload())).cheaper
    told = explained(problem(offers, workload(hours=40)))

    assert always.rule == "capacity-type"
    assert told.cheaper == ()
    assert told.excluded == {"capacity-type": 1}


def test_it_is_told_that_a_gang_without_checkpoints_may_not_be_on_spot() -> None:
    offers = [offer("p5", "10"), offer("p5", "2", capacity_type=SPOT)]

    (cheaper,) = explained(problem(offers, workload(replicas=2, is_gang=True))).cheaper

    assert cheaper.reason == (
        "is spot, the workload accepts on-demand; a training gang on spot needs a checkpoint"
    )
    assert cheaper.winning is None


def test_a_cheap_node_that_is_needed_many_times_is_not_cheaper() -> None:
    offers = [offer("p5", "10"), offer("p4", "6", count=4, capacity_type=SPOT)]

    assert explained(problem(offers, workload(count=4, replicas=2))).cheaper == ()


def test_quota_that_others_use_is_a_rule_of_the_fleet() -> None:
    """Both would be cheaper on p4, of which there may be one node: one of them has to yield."""
    asked = problem(
        [offer("p5", "10"), offer("p4", "2")],
        workload("a"),
        workload("b"),
        quotas=(quota(1, machine_type="p4"),),
    )
    placed = {p.workload: p.offer.machine_type for p in solve(asked).fleet.placements}
    yielding = next(name for name, machine_type in placed.items() if machine_type == "p5")

    (cheaper,) = explained(asked, yielding).cheaper
    assert sorted(placed.values()) == ["p4", "p5"]
    assert cheaper.rule == "quota"
    assert cheaper.reason == "quota q in aws/us-east-1: 2 of 1 nodes would be used"
    assert cheaper.change is not None
    assert (dollars(cheaper.change.total), cheaper.proof) == (0, Proof.EXACT)


def test_a_split_workload_is_compared_as_a_whole_and_moved_in_part() -> None:
    """Two of three replicas fit within the quota of p4; the third has to run on p5."""
    asked = problem(
        [offer("p5", "10"), offer("p4", "2"), offer("p3", "3", capacity_type=SPOT)],
        workload(replicas=3),
        quotas=(quota(2, machine_type="p4"),),
    )

    told = explained(asked)

    assert [(p.offer.machine_type, p.replicas) for p in told.chosen] == [("p4", 2), ("p5", 1)]
    assert dollars(told.chosen_alone) == (2 * 2 + 10) * 730
    (cheaper,) = told.cheaper
    assert (cheaper.offer.machine_type, dollars(cheaper.alone)) == ("p3", 3 * 3 * 730)


def test_a_gang_moves_as_a_whole() -> None:
    asked = problem(
        [offer("p5", "10"), offer("p4", "5.5", count=4)],
        workload(count=4, replicas=4, is_gang=True, hours=100),
    )

    told = explained(asked)

    (move,) = told.runners_up
    assert (told.chosen[0].replicas, move.moved) == (4, 4)
    assert dollars(move.change.total) == (4 * 5.5 - 2 * 10) * 100


def test_a_cheaper_offer_that_is_lawful_is_told_with_what_the_fleet_would_cost_more() -> None:
    """The other workload keeps its cluster open, so a second one has to be paid."""
    asked = problem(
        [offer("p5", "10"), offer("a3", "9.95", region=WEST), offer("l4", "1", accelerator=L4)],
        workload(),
        workload("other", model="L4", count=1),
    )

    (cheaper,) = explained(asked).cheaper

    assert (cheaper.offer.machine_type, cheaper.rule) == ("a3", "cost")
    assert cheaper.change is not None
    assert dollars(cheaper.change.nodes) == pytest.approx(-0.05 * 730)
    assert dollars(cheaper.change.clusters) == CLUSTER
    assert dollars(cheaper.change.total) == pytest.approx(CLUSTER - 0.05 * 730)


def test_an_offer_that_apart_rules_out_is_named_with_that_rule() -> None:
    """`web` can run in one region only: where it is, `far` can not be at all."""
    offers = [
        offer("p5", "10", region=WEST),
        offer("p4", "8"),
        offer("l4", "1", accelerator=L4),
    ]
    web = workload("web", model="L4", count=1)
    asked = problem(offers, web, workload("far", apart=frozenset({web.name})))

    told = explained(asked, "far")

    (cheaper,) = told.cheaper
    assert told.chosen[0].offer.machine_type == "p5"
    assert told.runners_up == ()
    assert (cheaper.offer.machine_type, cheaper.rule, cheaper.change) == ("p4", "apart", None)
    assert cheaper.reason == "far and web are both in aws/us-east-1"


def test_an_offer_that_others_would_have_to_leave_is_told_with_the_rule_and_the_cost() -> None:
    offers = [
        offer("p5", "10", region=WEST),
        offer("p4", "9"),
        offer("l4", "1", accelerator=L4),
        offer("g6", "3", accelerator=L4, region=WEST),
    ]
    web = workload("web", model="L4", count=1)
    asked = problem(offers, web, workload("far", apart=frozenset({web.name})))

    told = explained(asked, "far")

    (move,) = told.runners_up
    assert [(o.rule, o.reason) for o in move.obstacles] == [
        ("apart", "far and web are both in aws/us-east-1")
    ]
    assert move.others == ("web",)
    assert dollars(move.change.total) == (9 + 3 - 10 - 1) * 730


def test_a_runner_up_that_is_not_near_enough_is_named_with_that_rule() -> None:
    offers = [offer("p5", "10"), offer("p4", "8", region=WEST), offer("l4", "1", accelerator=L4)]
    web = workload("web", model="L4", count=1)
    near = Nearness(workload=web.name, round_trip_ms=20.0)

    (cheaper,) = explained(problem(offers, web, workload("cache", near=(near,))), "cache").cheaper

    assert (cheaper.rule, cheaper.reason) == ("near", "cache in aws/us-west-2 is not near web")


def test_runners_up_are_of_several_types_and_regions() -> None:
    offers = [
        offer("p5", "10"),
        *(offer("p5", f"10.{n}", region=WEST, zone=f"z{n}") for n in range(1, 4)),
        *(offer("p5", f"11.{n}", region=region) for n, region in enumerate((FRANKFURT, WEST))),
        *(offer(f"t{n}", f"12.{n}", region=FRANKFURT) for n in range(9)),
        offer("p5", "13", region=NETHERLANDS),
        offer("last", "14", region=NETHERLANDS),
    ]

    shown = [move.offer for move in explained(problem(offers, workload())).runners_up]

    assert len(shown) == RUNNERS_UP
    assert {offer.region for offer in shown} == {WEST, FRANKFURT, NETHERLANDS}
    assert max(Counter(offer.region for offer in shown).values()) <= 3
    assert [offer.zone for offer in shown if offer.region == WEST] == ["z1"]


def test_in_a_large_fleet_the_difference_is_an_upper_bound() -> None:
    asked = problem([offer("p5", "10"), offer("p4", "12")], workload(), workload("other"))
    train = asked.spec.workloads[0]

    (whole,) = explain(asked, solve(asked), train).runners_up
    (part,) = explain(asked, solve(asked), train, largest=0).runners_up

    assert (whole.proof, part.proof) == (Proof.EXACT, Proof.AT_MOST)
    assert part.change.total >= whole.change.total


def test_in_a_large_fleet_a_part_is_on_the_other_offer_though_the_rest_has_room_for_it() -> None:
    """Eight of nine replicas fill a node of p5. A second such node costs less than one of p3."""
    asked = problem(
        [offer("p5", "8"), offer("p4", "1.5", count=1), offer("p3", "9", count=1)],
        workload(count=1, replicas=9),
    )
    train = asked.spec.workloads[0]

    told = explain(asked, solve(asked), train, largest=0)

    (move,) = (each for each in told.runners_up if each.offer.machine_type == "p3")
    assert (move.moved, dollars(move.change.total)) == (1, 7.5 * 730)


def test_in_a_large_fleet_a_lawful_move_is_told_though_nothing_cheaper_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = problem([offer("p5", "10"), offer("p4", "12")], workload(), workload("other"))
    solution = solve(asked)
    monkeypatch.setattr(
        "broker.placement.counterfactual.look_nearby", lambda *_, **__: Look([], inf, 0)
    )

    (move,) = explain(asked, solution, asked.spec.workloads[0], largest=0).runners_up

    assert dollars(move.change.total) == 2 * 730
    assert move.others == ()
