"""Each rule passes what it should, refuses what it should, and says why."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import ProviderName, WorkloadName
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.domain.spec import ProviderScope, QuotaUnit, Replication
from broker.domain.workloads import AcceleratorChoice, Nearness, Workload
from broker.placement.candidates import candidates, exclusion, exclusions
from broker.placement.problem import Problem
from broker.placement.rules import (
    HARDWARE_RULES,
    OFFER_RULES,
    REGION_RULES,
    firm_enough,
    fits_one_node,
    in_scope,
    is_near,
    known_overhead,
    known_price,
    lawful_residency,
    near_clients,
    not_banned,
    ordinary_zone,
    reachable_data,
    right_accelerator,
    within_quota,
)
from tests.fakes.problems import (
    A100,
    A100_80,
    EAST,
    FRANKFURT,
    L4,
    NETHERLANDS,
    WEST,
    clients,
    dataset,
    network,
    offer,
    problem,
    quota,
    reading,
    sliced,
    within,
    workload,
)

ANY = problem([])
UNKNOWN = RegionKey.parse("aws/mars-1")


def accepting(*choices: AcceleratorChoice) -> Workload:
    made = workload(count=1)
    return replace(made, accelerators=replace(made.accelerators, any_of=choices))


def test_a_model_means_all_its_variants_and_a_full_name_that_one() -> None:
    either, large = workload(model="A100"), workload(model="A100-80GB")

    for accelerator in (A100, A100_80):
        assert right_accelerator(either, offer(accelerator=accelerator), ANY) is None
    assert right_accelerator(large, offer(accelerator=A100_80), ANY) is None
    assert right_accelerator(large, offer(accelerator=A100), ANY) == "has A100, not A100-80GB"


def test_memory_is_asked_for_per_device() -> None:
    choice = AcceleratorChoice(model="A100", minimum_memory_mib=80 * 1024)

    assert right_accelerator(accepting(choice), offer(accelerator=A100_80), ANY) is None
    assert right_accelerator(accepting(choice), offer(accelerator=A100), ANY) == (
        "has A100, not A100 >= 80 GiB"
    )


def test_all_choices_are_named_when_none_is_there() -> None:
    wanted = accepting(AcceleratorChoice(model="L4"), AcceleratorChoice(model="T4"))

    assert right_accelerator(wanted, offer(), ANY) == "has H100, not L4 or T4"


def test_a_slice_that_the_device_does_not_have_is_refused() -> None:
    wanted = sliced(workload(model="A100", count=1), "1g.5gb")

    assert right_accelerator(wanted, offer(accelerator=A100), ANY) is None
    assert right_accelerator(wanted, offer(accelerator=A100_80), ANY) == (
        "has A100-80GB, not A100 1g.5gb"
    )


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (workload(count=8), None),
        (workload(count=9), "has 8 accelerators per node, 9 wanted"),
        (workload(vcpus=199), None),
        (workload(vcpus=200), "has 199.4 vCPUs to give per node, 200 wanted"),
        (workload(memory_mib=1900 * 1024), None),
        (
            workload(memory_mib=2000 * 1024),
            "has 1953.1 GiB of memory to give per node, 2000 wanted",
        ),
        (workload(model="L4", count=99), None),  # another accelerator: not this rule's business
    ],
)
def test_one_replica_must_fit_on_one_node(wanted: Workload, reason: str | None) -> None:
    assert fits_one_node(wanted, offer(), ANY) == reason


def test_a_slice_of_a_device_does_not_hold_a_larger_share() -> None:
    half = offer(count=Fraction(1, 2))

    assert fits_one_node(workload(count="1/2"), half, ANY) is None
    assert fits_one_node(workload(count="3/5"), half, ANY) == (
        "has 1/2 accelerators per node, 3/5 wanted"
    )


def scoped(**changes: Any) -> Problem:
    scope = ProviderScope(
        provider=ProviderName("aws"), **{"regions": None, "fixed_monthly": Money(0), **changes}
    )
    return problem([], providers=(scope,))


def test_a_cloud_that_is_not_named_is_out_of_scope() -> None:
    assert in_scope(workload(), EAST, scoped()) is None
    assert in_scope(workload(), NETHERLANDS, scoped()) == (
        "cloud gcp is not among the fleet's providers"
    )


@pytest.mark.parametrize(
    "limits", [{"regions": frozenset({"us-east-1"})}, {"excluded": frozenset({"us-west-2"})}]
)
def test_a_region_that_is_left_out_is_out_of_scope(limits: dict[str, frozenset[str]]) -> None:
    assert in_scope(workload(), EAST, scoped(**limits)) is None
    assert in_scope(workload(), WEST, scoped(**limits)) == (
        "region aws/us-west-2 is not among the fleet's regions"
    )


def test_a_closed_partition_that_is_left_out_says_how_to_have_it() -> None:
    known = {key: replace(r, partition="gov") for key, r in network().regions.items()}
    for excluded, reason in (
        (
            frozenset({"us-east-1"}),
            "region aws/us-east-1 is of the gov partition, not listed by name",
        ),
        (frozenset[str](), None),
    ):
        asked = scoped(excluded=excluded)
        asked = replace(asked, network=replace(asked.network, regions=known))

        assert in_scope(workload(), EAST, asked) == reason


def test_residency_is_any_of_the_jurisdictions_asked_for() -> None:
    european = workload(residency=frozenset({"EU", "CH"}))

    assert lawful_residency(workload(), EAST, ANY) is None
    assert lawful_residency(european, FRANKFURT, ANY) is None
    assert lawful_residency(european, EAST, ANY) == "aws/us-east-1 is in US, not in CH or EU"
    assert lawful_residency(european, UNKNOWN, ANY) == "jurisdiction of aws/mars-1 is unknown"
    assert lawful_residency(workload(), UNKNOWN, ANY) is None


def test_some_client_must_be_near() -> None:
    served = within(workload(), 20)
    asked = problem([], clients=(clients(FRANKFURT, EAST),))

    assert near_clients(workload(), WEST, asked) is None
    assert near_clients(served, FRANKFURT, asked) is None
    assert near_clients(served, NETHERLANDS, asked) is None
    assert near_clients(served, WEST, asked) == "round trip to users 90.0 ms, bound 20 ms"
    assert near_clients(within(workload(), 90), WEST, asked) is None


def test_a_distance_that_nobody_measured_is_too_far() -> None:
    asked = problem([], clients=(clients(FRANKFURT),))

    assert near_clients(within(workload(), 20), UNKNOWN, asked) == (
        "round trip to users was never measured; bound 20 ms"
    )


def test_neighbours_are_near_within_the_bound_and_always_in_one_region() -> None:
    def near(milliseconds: float) -> Nearness:
        return Nearness(workload=WorkloadName("other"), round_trip_ms=milliseconds)

    assert is_near(FRANKFURT, NETHERLANDS, near(10), ANY)
    assert not is_near(FRANKFURT, NETHERLANDS, near(9), ANY)
    assert is_near(FRANKFURT, FRANKFURT, near(0), ANY)
    assert not is_near(FRANKFURT, UNKNOWN, near(1000), ANY)


def test_data_must_be_there_or_may_be_copied_at_a_known_price() -> None:
    reader = reading(workload(), "corpus")
    copied = problem([], datasets=(dataset(EAST),))
    kept = problem([], datasets=(dataset(EAST, replication=Replication.FORBIDDEN),))

    assert reachable_data(reader, WEST, copied) is None
    assert reachable_data(reader, EAST, kept) is None
    assert reachable_data(workload(), WEST, kept) is None
    assert reachable_data(reader, WEST, kept) == (
        "corpus is in aws/us-east-1 and must not be copied"
    )
    assert reachable_data(reader, UNKNOWN, copied) == (
        "price of moving corpus from aws/us-east-1 to aws/mars-1 is unknown"
    )


def test_a_copy_of_unknown_price_is_not_made() -> None:
    reader = reading(workload(), "corpus")
    asked = problem([], datasets=(dataset(EAST),))
    asked = replace(asked, network=replace(asked.network, storage_per_gb_month={}))

    assert reachable_data(reader, EAST, asked) is None
    assert reachable_data(reader, WEST, asked) == (
        "price of keeping a copy of corpus in aws/us-west-2 is unknown"
    )


def test_a_cluster_of_unknown_price_is_never_ranked() -> None:
    known, unknown = scoped(), scoped()
    unknown = replace(unknown, network=replace(unknown.network, overhead_hourly={}))
    stated = scoped(cluster_hourly=Money(0))
    stated = replace(stated, network=unknown.network)

    assert known_overhead(workload(), EAST, known) is None
    assert known_overhead(workload(), EAST, stated) is None
    assert known_overhead(workload(), EAST, unknown) == (
        "price of a cluster in aws/us-east-1 is unknown"
    )


def test_the_capacity_type_must_be_accepted() -> None:
    firm = workload(capacity_types=frozenset({CapacityType.ON_DEMAND, CapacityType.CAPACITY_BLOCK}))

    assert firm_enough(firm, offer(), ANY) is None
    assert firm_enough(firm, offer(capacity_type=CapacityType.SPOT), ANY) == (
        "is spot, the workload accepts capacity-block or on-demand"
    )


@pytest.mark.parametrize("kind", [k for k in ZoneKind if k is not ZoneKind.AVAILABILITY_ZONE])
def test_only_ordinary_zones_hold_nodes(kind: ZoneKind) -> None:
    odd = offer(zone="use1-lax1", zone_kind=kind)

    assert ordinary_zone(workload(), offer(zone="use1-az1"), ANY) is None
    assert ordinary_zone(workload(), odd, ANY) == f"use1-lax1 is a {kind}"


def test_an_unknown_price_is_never_ranked() -> None:
    assert known_price(workload(), offer(), ANY) is None
    assert known_price(workload(), offer(price=None), ANY) == "price is unknown"


def test_banned_offers_and_other_than_pinned_ones_are_refused() -> None:
    here, there = offer(), offer(region=WEST)
    asked = replace(ANY, banned=frozenset({there.name})).pinned("train", here.name)

    assert not_banned(workload(), here, asked) is None
    assert not_banned(workload(), there, asked) == "can not be had now"
    assert not_banned(workload(), offer("p4"), asked) == (
        "the workload is pinned to aws/us-east-1/p5/on-demand"
    )
    assert not_banned(workload("other"), offer("p4"), asked) is None


@pytest.mark.parametrize(
    ("wanted", "limit", "unit", "reason"),
    [
        (workload(), 8, QuotaUnit.ACCELERATORS, None),
        (workload(), 7, QuotaUnit.ACCELERATORS, "needs 8 accelerators of quota q, the limit is 7"),
        (workload(), 199, QuotaUnit.VCPUS, "needs 200 vcpus of quota q, the limit is 199"),
        (workload(), 0, QuotaUnit.NODES, "needs 1 node of quota q, the limit is 0"),
        (
            workload(replicas=3),  # a price of it on the offer is of all three
            0,
            QuotaUnit.NODES,
            "needs 3 nodes of quota q, 1 node for its first replica, the limit is 0",
        ),
        (workload(replicas=5), 1, QuotaUnit.NODES, None),
        (workload(count=4, replicas=5, is_gang=True), 3, QuotaUnit.NODES, None),
        (
            workload(count=4, replicas=5, is_gang=True),
            2,
            QuotaUnit.NODES,
            "needs 3 nodes of quota q, the limit is 2",
        ),
        (workload(count=9), 0, QuotaUnit.NODES, None),  # no room anyway: another rule says so
    ],
)
def test_the_least_that_is_placed_must_be_within_quota(
    wanted: Workload, limit: int, unit: QuotaUnit, reason: str | None
) -> None:
    assert within_quota(wanted, offer(), problem([], quotas=(quota(limit, unit),))) == reason


def test_the_first_rule_in_order_is_the_one_that_is_told() -> None:
    wrong = offer(price=None, region=WEST, count=4, capacity_type=CapacityType.SPOT)
    wanted = workload(residency=frozenset({"EU"}))

    assert [e.rule for e in exclusions(wanted, wrong, ANY)] == [
        "node-size",
        "residency",
        "capacity-type",
        "price",
    ]
    told = exclusion(wanted, wrong, ANY)
    assert told is not None
    assert (told.rule, told.offer) == ("node-size", wrong)
    assert exclusion(workload(), offer(), ANY) is None


def test_every_offer_is_lawful_or_counted_under_its_first_rule() -> None:
    spot = CapacityType.SPOT
    offers = [
        offer("a"),
        offer("b", accelerator=L4),
        offer("c", count=4),
        offer("d", region=WEST),
        offer("e", capacity_type=spot),
        offer("f", None),
        offer("g", accelerator=L4, capacity_type=spot),
        offer("h", zone="lax", zone_kind=ZoneKind.LOCAL_ZONE),
    ]
    aws = ProviderScope(
        provider=ProviderName("aws"),
        regions=None,
        excluded=frozenset({"us-west-2"}),
        fixed_monthly=Money(0),
    )

    found = candidates(problem(offers, workload(count=5), providers=(aws,)))

    assert [c.offer.machine_type for c in found.by_workload["train"]] == ["a"]
    assert found.excluded["train"] == {
        "accelerator": 2,
        "node-size": 1,
        "scope": 1,
        "capacity-type": 1,
        "price": 1,
        "zone-kind": 1,
    }


def test_a_candidate_knows_its_room() -> None:
    gang = workload(count=2, replicas=9, is_gang=True)
    single = workload("single", count=2, replicas=9)
    found = candidates(problem([offer()], gang, single)).by_workload

    (of_gang,), (of_single,) = found["train"], found["single"]
    assert (of_gang.per_node, of_gang.units, of_gang.replicas_per_unit) == (4, 1, 9)
    assert (of_single.per_node, of_single.units, of_single.replicas_per_unit) == (4, 9, 1)
    assert of_gang.nodes_alone == of_single.nodes_alone == 3


@pytest.mark.parametrize("rules", [HARDWARE_RULES, REGION_RULES, OFFER_RULES])
def test_each_rule_says_what_it_is_for(rules: dict[str, Callable[..., str | None]]) -> None:
    for name, rule in rules.items():
        assert name == name.lower()
        assert rule.__doc__
