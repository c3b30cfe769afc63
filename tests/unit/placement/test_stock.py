"""What runs of an offer that is sold out runs on, and no more nodes of it are planned."""

from dataclasses import replace

import pytest

from broker.domain.errors import Infeasible
from broker.domain.ids import ReservationName, ZoneId
from broker.domain.offers import CapacityType
from broker.domain.stock_outs import Shortage
from broker.domain.workloads import Replicas, Workload
from broker.placement.candidates import exclusion
from broker.placement.infeasible import HOW_MUCH
from broker.placement.lifts import raised
from broker.placement.problem import Problem
from broker.placement.solve import solve
from broker.placement.stated_quotas import with_recorded
from broker.placement.stock import concerning, staying, with_sold_out
from tests.fakes.problems import FRANKFURT, L4, offer, problem, quota, sold_out, workload

RESERVED = CapacityType.RESERVED
NEAR, FAR = offer("p5", "10"), offer("p5", "11", region=FRANKFURT)


def chat(least: int, most: int | None = None) -> Workload:
    size = Replicas(minimum=least, maximum=most or least, grows=most is not None)
    return replace(workload("chat"), replicas=size)


def asked(before: Workload, now: Workload) -> Problem:
    """For *now* of somebody who has *before*."""
    there = solve(problem([NEAR, FAR], before)).fleet
    return with_recorded(problem([NEAR, FAR], now), there)


def nodes(question: Problem) -> dict[str, int]:
    return {pool.offer.name: pool.nodes for pool in solve(question).fleet.pools}


def test_what_is_more_goes_elsewhere() -> None:
    grown = asked(chat(3), chat(6))

    assert nodes(grown) == {NEAR.name: 6}
    assert nodes(with_sold_out(grown, [sold_out(NEAR)])) == {NEAR.name: 3, FAR.name: 3}


def test_of_what_does_not_run_there_is_nothing() -> None:
    new = problem([NEAR, FAR], chat(2))

    assert nodes(with_sold_out(new, [sold_out(NEAR)])) == {FAR.name: 2}


def test_what_may_grow_where_it_runs_stays_there() -> None:
    same = asked(chat(2, 4), chat(2, 4))

    assert nodes(with_sold_out(same, [sold_out(NEAR)])) == {NEAR.name: 2}


def test_of_what_is_paid_already_there_are_nodes() -> None:
    mine = offer("p5", "0", reservation=ReservationName("ours"))
    new = problem([mine, NEAR, FAR], chat(2))

    assert nodes(with_sold_out(new, [sold_out(NEAR)])) == {mine.name: 2}


def test_of_another_reservation_there_are_nodes_though_one_has_no_more() -> None:
    """Ours has no more than the two that run; of theirs none does yet."""
    ours = offer("p5", "0", reservation=ReservationName("ours"))
    theirs = offer("p5", "1", reservation=ReservationName("theirs"))
    there = solve(problem([ours], chat(2))).fleet
    grown = with_recorded(problem([ours, theirs, FAR], chat(5)), there)

    assert nodes(with_sold_out(grown, [sold_out(ours)])) == {ours.name: 2, theirs.name: 3}


def test_of_a_reservation_there_are_nodes_though_commitments_have_no_more() -> None:
    ours = offer("p5", "0", capacity_type=RESERVED, reservation=ReservationName("ours"))
    year, longer = (
        offer("p5", price, capacity_type=RESERVED, term_months=months)
        for price, months in (("8", 12), ("6", 36))
    )
    both = replace(chat(5), capacity_types=frozenset({RESERVED, CapacityType.ON_DEMAND}))
    there = solve(problem([year], replace(both, replicas=chat(2).replicas))).fleet
    grown = with_recorded(problem([ours, year, longer, FAR], both), there)
    gone = with_sold_out(grown, [sold_out(year)])

    assert nodes(gone) == {ours.name: 5}
    assert sum(nodes(replace(gone, banned=frozenset({ours.name}))).values()) == 5
    assert nodes(replace(gone, banned=frozenset({ours.name})))[FAR.name] == 3


def test_over_a_quota_is_what_is_as_large_of_the_family_in_all_zones_of_the_region() -> None:
    refused = sold_out(offer("p5", zone=None), shortage=Shortage.QUOTA)
    zoned, larger = offer("p5", zone=ZoneId("b")), offer("p6", count=16)
    smaller, elsewhere = offer("p4", count=4), offer("p5", region=FRANKFURT)
    others = offer("g6", accelerator=L4, family="G")

    assert all(map(refused.covers, (NEAR, zoned, larger)))
    assert not any(map(refused.covers, (smaller, elsewhere, others)))
    assert str(refused) == "aws us-east-1 p5 and larger on-demand"


def test_only_what_work_could_run_on_is_told() -> None:
    other = offer("g6", "1", accelerator=L4)
    gone = [sold_out(NEAR), sold_out(other), sold_out(offer("p9"))]
    new = problem([NEAR, FAR, other], chat(2))

    assert concerning(gone, with_sold_out(new, gone)) == (sold_out(NEAR),)


def test_of_what_runs_and_is_sold_out_is_told() -> None:
    grown = asked(chat(3), chat(6))

    assert concerning([sold_out(NEAR)], with_sold_out(grown, [sold_out(NEAR)])) == (sold_out(NEAR),)


def test_more_of_what_is_out_of_stock_is_no_question_of_quota() -> None:
    there = solve(problem([NEAR], chat(3))).fleet
    grown = with_sold_out(with_recorded(problem([NEAR], chat(6)), there), [sold_out(NEAR)])
    (stock,) = grown.spec.quotas

    with pytest.raises(Infeasible) as refused:
        solve(grown)

    (told,) = refused.value.diagnostics
    assert f"stock of {NEAR.name} (3 nodes)" in told.detail
    assert told.hint == "-forget-stock-outs asks again for what was out of stock."
    assert raised(grown, stock, 6).words == f"stock of {NEAR.name} of 6 nodes (now 3)"


def test_what_there_is_of_it_is_called_no_quota() -> None:
    before, now = (replace(chat(nodes), is_gang=True) for nodes in (2, 3))
    grown = with_sold_out(asked(before, now), [sold_out(NEAR)])

    why = exclusion(grown.spec.workloads[0], NEAR, grown)

    assert why is not None
    assert why.reason == f"needs 3 nodes of stock of {NEAR.name}, the limit is 2"


def test_beside_a_quota_that_is_in_the_way_too_both_are_told_how_to_be_had() -> None:
    there = solve(problem([NEAR, FAR], chat(3))).fleet
    few = quota(2, region=FRANKFURT.region)
    grown = with_recorded(problem([NEAR, FAR], chat(6), quotas=(few,)), there)

    with pytest.raises(Infeasible) as refused:
        solve(with_sold_out(grown, [sold_out(NEAR)]))

    assert refused.value.diagnostics[0].hint == (
        f"Ask the cloud for more quota. {HOW_MUCH} "
        "-forget-stock-outs asks again for what was out of stock."
    )


def test_commitments_of_every_length_buy_the_same_nodes() -> None:
    one, three = (
        offer("p5", price, capacity_type=CapacityType.RESERVED, term_months=months)
        for price, months in (("8", 12), ("6", 36))
    )

    assert all(sold_out(three).covers(each) for each in (one, three))
    assert not any(sold_out(three).covers(each) for each in (NEAR, FAR))


def test_other_zones_of_the_region_are_not_sold_out() -> None:
    here, beside = (
        offer("p5", price, zone=ZoneId(zone)) for price, zone in (("10", "a"), ("10.5", "b"))
    )
    there = solve(problem([here, beside, FAR], chat(3))).fleet
    grown = with_recorded(problem([here, beside, FAR], chat(6)), there)

    assert nodes(grown) == {here.name: 6}
    assert nodes(with_sold_out(grown, [sold_out(here)])) == {here.name: 3, beside.name: 3}


def test_what_is_sold_out_in_a_region_is_in_all_of_its_zones() -> None:
    zoned = offer("p5", "10.5", zone=ZoneId("b"))
    there = solve(problem([NEAR, zoned, FAR], chat(3))).fleet
    grown = with_recorded(problem([NEAR, zoned, FAR], chat(6)), there)

    assert nodes(with_sold_out(grown, [sold_out(NEAR)])) == {NEAR.name: 3, FAR.name: 3}


def test_with_nothing_sold_out_nothing_is_asked_otherwise() -> None:
    same = asked(chat(2), chat(2))

    assert with_sold_out(same, ()) is same


def test_what_stays_moves_for_no_price_and_where_it_must() -> None:
    there = asked(chat(2), chat(2))
    cheaper = replace(there, offers=(NEAR, replace(FAR, price=FAR.price and FAR.price / 5)))

    assert nodes(cheaper) == {FAR.name: 2}
    assert nodes(staying(cheaper)) == {NEAR.name: 2}
    assert nodes(staying(replace(cheaper, banned=frozenset({NEAR.name})))) == {FAR.name: 2}
