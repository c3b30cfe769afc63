"""A fleet has names, exact shares, and every copy of data that its readers need."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.fleet import Fleet
from broker.domain.money import Money, total
from broker.domain.offers import CapacityType, Offer
from broker.placement.problem import Problem
from broker.placement.solve import solve
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
    L4,
    NETHERLANDS,
    WEST,
    cloud,
    dataset,
    offer,
    problem,
    reading,
    workload,
)


def fleet(asked: Problem) -> Fleet:
    return solve(asked).fleet


@pytest.mark.parametrize(
    ("made", "hours", "name"),
    [
        (offer("p5.48xlarge"), None, "p5-48xlarge-on-demand"),
        (offer("p5.48xlarge"), 96, "train-p5-48xlarge-on-demand"),
        (offer("Standard_ND96_v5"), None, "standard-nd96-v5-on-demand"),
        (
            offer("p5", capacity_type=CapacityType.RESERVED, term_months=36),
            None,
            "p5-reserved-36mo",
        ),
        (
            offer("p5", zone="use1-az4", capacity_type=CapacityType.SPOT),
            None,
            "p5-spot-use1-az4",
        ),
        (
            offer("p5", capacity_type=CapacityType.RESERVED, reservation="Capacity_1/gpus"),
            None,
            "p5-reserved-capacity-1-gpus-0ca5a5",
        ),
    ],
)
def test_a_pool_is_named_for_its_offer_and_for_the_work_that_owns_it(
    made: Offer, hours: int | None, name: str
) -> None:
    everything = frozenset(CapacityType)

    (pool,) = fleet(problem([made], workload(hours=hours, capacity_types=everything))).pools

    assert pool.name == name
    assert pool.cluster == "aws-us-east-1"


def test_reservations_whose_names_look_alike_have_pools_of_their_own() -> None:
    paid = [
        offer("p5", capacity_type=CapacityType.RESERVED, reservation=name)
        for name in ("a/b", "a-b", "A/b")
    ]
    everything = frozenset(CapacityType)
    works = [workload(f"w{n}", count=8, capacity_types=everything) for n in range(3)]
    pinned = problem(paid, *works)
    for work, each in zip(works, paid, strict=True):
        pinned = pinned.pinned(work.name, each.name)

    names = [pool.name for pool in fleet(pinned).pools]

    assert "p5-reserved-a-b" in names
    assert len(set(names)) == 3


def test_there_is_one_cluster_per_region_in_the_order_of_names() -> None:
    built = fleet(
        problem(
            [offer(), offer("g6", accelerator=L4, count=1), offer(region=NETHERLANDS)],
            workload("a", residency=frozenset({"EU"})),
            workload("b", residency=frozenset({"US"})),
            workload("c", model="L4", count=1),
        )
    )

    assert [cluster.name for cluster in built.clusters] == ["aws-us-east-1", "gcp-europe-west4"]
    assert [[pool.name for pool in cluster.pools] for cluster in built.clusters] == [
        ["g6-on-demand", "p5-on-demand"],
        ["p5-on-demand"],
    ]
    assert [p.workload for p in built.placements] == ["a", "b", "c"]


def test_steady_work_shares_a_pool_and_bursts_have_their_own() -> None:
    built = fleet(
        problem(
            [offer()],
            workload("chat", count=2),
            workload("search", count=2),
            workload("tune", count=2, hours=10),
        )
    )

    assert [(pool.name, pool.hours, pool.workloads) for pool in built.pools] == [
        ("p5-on-demand", 730, ("chat", "search")),
        ("tune-p5-on-demand", 10, ("tune",)),
    ]


def test_a_shared_pool_is_paid_by_dominant_shares_and_unused_room_with_them() -> None:
    """Of eight devices 2 and 4 are used: one third and two thirds of the price."""
    built = fleet(
        problem(
            [offer(price="9")], workload("chat", count=2), workload("search", count=2, replicas=2)
        )
    )

    shares = {p.workload: p.monthly for p in built.placements}
    assert shares == {"chat": Money.parse("2190"), "search": Money.parse("4380")}


def test_the_resource_of_which_most_is_taken_decides_the_share() -> None:
    """One takes 1/8 of the devices and 100/199.4 of the vCPUs, the other 1/8 of the devices."""
    built = fleet(problem([offer()], workload("cpu", count=1, vcpus=100), workload("gpu", count=1)))

    cpu, gpu = built.placements
    of_cpu, of_gpu = Fraction(100_000, 199_430), Fraction(1, 8)
    assert cpu.monthly == Money.parse("7300") * (of_cpu / (of_cpu + of_gpu))
    assert cpu.monthly + gpu.monthly == Money.parse("7300")


def test_shares_add_up_to_the_micro_dollar() -> None:
    thirds = [workload(name, count=2) for name in ("a", "b", "c")]
    built = fleet(problem([offer(price="10.000001")], *thirds))

    (pool,) = built.pools
    assert total(p.monthly for p in built.placements) == pool.monthly
    assert total(p.hourly for p in built.placements) == pool.hourly
    assert len({p.hourly for p in built.placements}) == 2  # thirds do not come out even


def test_a_placement_counts_the_nodes_on_which_it_runs() -> None:
    built = fleet(
        problem([offer()], workload("many", count=4, replicas=3), workload("one", count=4))
    )

    assert {p.workload: p.nodes for p in built.placements} == {"many": 2, "one": 1}
    assert built.pools[0].nodes == 2


def test_hours_of_a_burst_are_rounded_once_for_the_pool() -> None:
    answer = solve(problem([offer(price="0.1")], workload(replicas=3, hours=Fraction(1, 3))))

    (pool,) = answer.fleet.pools
    assert pool.monthly == Money.parse("0.1")
    assert answer.objective == Money.parse("73.1")


def test_data_is_copied_once_to_each_region_that_reads_it_elsewhere() -> None:
    us, eu = frozenset({"US"}), frozenset({"EU"})
    built = fleet(
        problem(
            [offer(), offer(region=NETHERLANDS)],
            reading(workload("a", residency=eu), "corpus"),
            reading(workload("b", residency=eu), "corpus"),
            reading(workload("c", residency=us), "corpus"),
            workload("d", residency=us),
            datasets=(dataset(EAST, size_gb=1500), dataset(WEST, name="unread")),
        )
    )

    (copy,) = built.replicas
    assert (copy.dataset, copy.source, copy.destination) == ("corpus", EAST, NETHERLANDS)
    assert copy.readers == ("a", "b")
    assert copy.egress_once == Money.parse("135")
    assert copy.storage_monthly == Money.parse("30")


def test_keeping_a_copy_is_paid_where_its_price_is_known() -> None:
    asked = problem(
        [offer(region=FRANKFURT)], reading(workload(), "corpus"), datasets=(dataset(EAST),)
    )

    (copy,) = fleet(asked).replicas
    assert (copy.egress_once, copy.storage_monthly) == (Money.parse("20"), Money.parse("23"))


def test_a_cluster_costs_what_the_spec_says_or_else_the_tables() -> None:
    stated = replace(cloud("aws"), cluster_hourly=Money.parse("0.30"))
    offers = [offer(), offer(region=NETHERLANDS)]
    european, american = (workload(law, residency=frozenset({law.upper()})) for law in ("eu", "us"))

    built = fleet(problem(offers, american, european, providers=(stated, cloud("gcp"))))

    assert [str(cluster.overhead_hourly) for cluster in built.clusters] == ["0.30", "0.10"]


def test_only_clouds_that_are_used_cost_and_only_if_they_cost() -> None:
    providers = (cloud("aws"), cloud("gcp", fixed="500"))
    offers = [offer(), offer(price="20", region=NETHERLANDS)]
    european = workload("eu", residency=frozenset({"EU"}))

    assert fleet(problem(offers, workload(), providers=providers)).cloud_fixed_monthly == ()
    assert fleet(problem(offers, european, providers=providers)).cloud_fixed_monthly == (
        ("gcp", Money.parse("500")),
    )
