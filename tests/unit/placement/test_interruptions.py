"""Spot that is taken back is paid for the hours that it wastes."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.workloads import Checkpoint, Workload
from broker.placement.interruptions import paid_hours, with_reclaims
from broker.placement.solve import solve
from tests.fakes.problems import offer, problem, workload

BOTH = frozenset({CapacityType.SPOT, CapacityType.ON_DEMAND})
SPOT = offer(price="7", capacity_type=CapacityType.SPOT, reclaims_per_hour=Fraction(1, 10))
FIRM = offer(price="10")
HOURLY = Checkpoint(every_seconds=3600, size_bytes=0, store="s3://store/x")


def work(
    hours: int | None = 100, checkpoint: Checkpoint | None = HOURLY, **changes: int
) -> Workload:
    made = workload(hours=hours, replicas=changes.pop("replicas", 1), capacity_types=BOTH)
    return replace(made, checkpoint=checkpoint, restart_seconds=1800, **changes)


@pytest.mark.parametrize(
    ("placed", "sold", "hours"),
    [
        (work(), SPOT, 110),  # a reclaim in ten hours loses half an hour twice
        (work(checkpoint=None), SPOT, 605),  # half of all hours, and the restart
        (work(hours=None), SPOT, Fraction("766.5")),  # a service loses the restart alone
        (work(replicas=4), SPOT, 110),
        (work(replicas=4, is_gang=True), SPOT, 140),  # any of its four nodes stops it
        (work(), FIRM, 100),
        (work(), replace(SPOT, reclaims_per_hour=None), 100),
    ],
)
def test_hours_lost_are_paid_too(placed: Workload, sold: Offer, hours: Fraction) -> None:
    assert paid_hours(placed, sold, 1) == hours


def test_a_short_run_loses_no_more_than_it_has() -> None:
    assert work(hours=1, checkpoint=replace(HOURLY, every_seconds=36_000)).lost_hours == 1


def test_frequent_reclaims_make_the_firm_node_the_cheaper_one() -> None:
    def chosen(checkpoint: Checkpoint | None) -> CapacityType:
        (only,) = solve(problem([SPOT, FIRM], work(checkpoint=checkpoint))).fleet.placements
        return only.offer.capacity_type

    assert chosen(HOURLY) is CapacityType.SPOT
    assert chosen(None) is CapacityType.ON_DEMAND


def test_the_pool_is_paid_for_all_its_hours() -> None:
    (pool,) = solve(problem([SPOT], work())).fleet.pools

    assert (pool.hours, pool.monthly) == (110, Money.parse("770"))


def test_the_stated_rate_is_for_spot_of_which_no_source_says() -> None:
    told = with_reclaims((SPOT, replace(SPOT, reclaims_per_hour=None), FIRM), Fraction(1, 2))

    assert [sold.reclaims_per_hour for sold in told] == [Fraction(1, 10), Fraction(1, 2), None]
    assert with_reclaims((FIRM,), Fraction(0)) == (FIRM,)
