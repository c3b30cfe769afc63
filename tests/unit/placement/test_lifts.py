"""How each rule gives way for an offer, and by how little."""

from dataclasses import replace

import pytest

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import QuotaUnit, Replication
from broker.domain.workloads import Checkpoint, Nearness, Workload, WorkloadKind
from broker.placement.candidates import exclusion
from broker.placement.lifts import LIFTS, Case, Step, lifted, raised
from broker.placement.problem import Problem
from broker.placement.stock import with_sold_out
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
    sold_out,
    within,
    workload,
)

ELSEWHERE = RegionKey.parse("aws/nowhere")


def case(asked: Problem, there: Offer, **regions: RegionKey) -> Case:
    """The first workload on *there*, others being in *regions*."""
    return Case(
        problem=asked,
        workload=asked.spec.workloads[0].name,
        offer=there,
        regions={name: {region} for name, region in regions.items()},
    )


def asking(there: Offer, *workloads: Workload, **changes: object) -> Problem:
    return problem([there], *workloads, **changes)


SPOT = offer(capacity_type=CapacityType.SPOT)
ABROAD = offer(region=NETHERLANDS)
AFAR = offer(region=FRANKFURT)


@pytest.mark.parametrize(
    ("asked", "there", "words"),
    [
        (asking(SPOT, workload()), SPOT, "spot accepted"),
        (
            asking(ABROAD, workload(), providers=(cloud("aws"),)),
            ABROAD,
            "gcp among the providers, without a fixed cost",
        ),
        (
            asking(
                AFAR,
                workload(),
                providers=(replace(cloud("aws"), regions=frozenset({"us-east-1"})),),
            ),
            AFAR,
            "aws/eu-central-1 among the fleet's regions",
        ),
        (
            asking(AFAR, workload(residency=frozenset({"US"}))),
            AFAR,
            "DE under residency",
        ),
        (
            asking(AFAR, within(workload(), 20), clients=(clients(EAST, NETHERLANDS, WEST),)),
            offer(region=EAST),
            "",
        ),
        (
            asking(AFAR, within(workload(), 20.5), clients=(clients(WEST),)),
            AFAR,
            "latency.round-trip-ms 90 (now 20.5)",
        ),
        (
            asking(
                AFAR,
                reading(workload(), "corpus"),
                datasets=(dataset(EAST, replication=Replication.FORBIDDEN),),
            ),
            AFAR,
            "copies of corpus allowed",
        ),
        (
            asking(
                AFAR,
                workload(replicas=3, is_gang=True),
                quotas=(quota(2), quota(16, QuotaUnit.ACCELERATORS, name="more")),
            ),
            AFAR,
            "quota q of 3 nodes (now 2) and quota more of 24 accelerators (now 16)",
        ),
        (
            replace(asking(AFAR, workload()), banned=frozenset({AFAR.name})),
            AFAR,
            "it to be had again",
        ),
        (
            with_sold_out(asking(AFAR, workload()), [sold_out(AFAR)]),
            AFAR,
            "it in stock again",
        ),
    ],
)
def test_rules_of_a_single_offer_give_way_as_little_as_they_can(
    asked: Problem, there: Offer, words: str
) -> None:
    step = lifted(case(asked, there))

    assert step is not None
    assert step.words == words
    assert exclusion(step.problem.spec.workloads[0], there, step.problem) is None


@pytest.mark.parametrize(
    "there",
    [
        offer(price=None),
        offer(zone="lax", zone_kind=ZoneKind.LOCAL_ZONE),
        offer(count=1),
        offer(region=ELSEWHERE),
    ],
)
def test_what_the_user_can_not_change_does_not_give_way(there: Offer) -> None:
    assert lifted(case(asking(there, workload(residency=frozenset({"US"}))), there)) is None


RESERVED = offer(capacity_type=CapacityType.RESERVED)
SAVED = Checkpoint(every_seconds=600, size_bytes=1, store="s3://bucket/folder")


@pytest.mark.parametrize(
    ("there", "wanting"),
    [
        (RESERVED, workload(hours=40)),
        (SPOT, workload(replicas=2, is_gang=True)),
        (SPOT, workload(replicas=2, is_gang=True, kind=WorkloadKind.HPC)),
    ],
)
def test_a_capacity_type_that_a_spec_may_not_name_is_not_accepted(
    there: Offer, wanting: Workload
) -> None:
    assert lifted(case(asking(there, wanting), there)) is None


@pytest.mark.parametrize(
    ("there", "wanting", "words"),
    [
        (RESERVED, workload(), "reserved accepted"),
        (SPOT, workload(replicas=2, is_gang=True, checkpoint=SAVED), "spot accepted"),
        (SPOT, workload(replicas=2, is_gang=True, kind=WorkloadKind.RENDER), "spot accepted"),
    ],
)
def test_a_capacity_type_that_a_spec_may_name_is_accepted(
    there: Offer, wanting: Workload, words: str
) -> None:
    step = lifted(case(asking(there, wanting), there))

    assert step is not None
    assert step.words == words


def test_several_rules_give_way_together() -> None:
    there = offer(region=FRANKFURT, capacity_type=CapacityType.SPOT)

    step = lifted(case(asking(there, workload(residency=frozenset({"US"}))), there))

    assert step is not None
    assert step.words == "DE under residency and spot accepted"


def steps(rule: str, asked: Case) -> list[Step]:
    return list(LIFTS[rule](asked))


def test_a_bound_on_clients_rises_place_by_place_by_tenths() -> None:
    asked = problem([AFAR], within(workload(), 5), clients=(clients(NETHERLANDS, WEST),))
    network = replace(
        asked.network,
        round_trips_ms={**asked.network.round_trips_ms, (FRANKFURT, NETHERLANDS): 10.01},
    )

    told = steps("latency", case(replace(asked, network=network), AFAR))

    bounds = [step.problem.spec.workloads[0].latency for step in told]
    less = [step.less.spec.workloads[0].latency for step in told if step.less]
    assert [bound.round_trip_ms for bound in bounds if bound] == [10.1, 90.0]
    assert [bound.round_trip_ms for bound in less if bound] == pytest.approx([10.0, 89.9])


def test_apart_gives_way_for_one_neighbour_then_for_all() -> None:
    far = workload("far", apart=frozenset({workload("a").name, workload("c").name}))
    b = workload("b", apart=frozenset({far.name}))
    asked = problem([AFAR], far, workload("a"), b, workload("c"))

    told = steps("apart", case(asked, AFAR, a=FRANKFURT, b=FRANKFURT, c=WEST))

    assert [step.words for step in told] == [
        "far not apart from a",
        "far not apart from b",
        "far not apart from a and b",
    ]
    last = {w.name: w.apart for w in told[-1].problem.spec.workloads}
    assert last == {"far": {"c"}, "a": frozenset(), "b": frozenset(), "c": frozenset()}


def test_near_gives_way_by_the_round_trip_in_both_directions() -> None:
    web = workload("web", near=(Nearness(workload=workload("db").name, round_trip_ms=0.0),))
    db = workload("db")
    log = workload("log", near=(Nearness(workload=web.name, round_trip_ms=20.0),))
    asked = problem([AFAR], web, db, log)

    (step,) = steps("near", case(asked, AFAR, db=NETHERLANDS, log=WEST))

    assert step.words == ("web within 10 ms of db (now 0) and log within 90 ms of web (now 20)")
    assert step.less is not None
    assert [n.round_trip_ms for w in step.less.spec.workloads for n in w.near] == pytest.approx(
        [9.9, 89.9]
    )


def test_nothing_gives_way_where_nothing_is_in_the_way() -> None:
    asked = case(problem([AFAR], workload("far"), workload("a")), AFAR, a=FRANKFURT)

    assert steps("apart", asked) == steps("near", asked) == steps("shares", asked) == []
    assert steps("spread", asked) == steps("latency", asked) == steps("data", asked) == []


def test_spread_gives_way_region_by_region() -> None:
    told = steps("spread", case(problem([AFAR], workload(spread_regions=3)), AFAR))

    assert [step.words for step in told] == ["spread over 2 (now 3)", "spread over 1 (now 3)"]


def test_one_of_several_quotas_is_raised() -> None:
    asked = problem([AFAR], workload(), quotas=(quota(1), quota(5, name="other")))

    step = raised(asked, asked.spec.quotas[1], 7)

    assert step.words == "quota other of 7 nodes (now 5)"
    assert [q.limit for q in step.problem.spec.quotas] == [1, 7]
    assert step.less is not None
    assert [q.limit for q in step.less.spec.quotas] == [1, 6]
