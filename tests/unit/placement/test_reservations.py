"""What is paid already is used first, no further than it goes, and not beyond its end."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from broker.domain.errors import Infeasible, SpecInvalid
from broker.domain.ids import ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.domain.workloads import Workload
from broker.placement.lifts import raised
from broker.placement.solution import Solution
from broker.placement.solve import solve
from tests.fakes.problems import FRANKFURT, NOW, offer, problem, reservation, workload

LATER = NOW + timedelta(hours=731)


def nodes_of(solution: Solution) -> dict[str, int]:
    return {pool.offer.name: pool.nodes for pool in solution.fleet.pools}


def test_paid_nodes_are_used_first_and_the_rest_is_bought() -> None:
    asked = problem([offer()], workload(replicas=3), reservations=(reservation(2),))

    found = solve(asked)

    assert nodes_of(found) == {
        "aws/us-east-1/p5/reserved:block": 2,
        "aws/us-east-1/p5/on-demand": 1,
    }
    assert found.objective == Money.parse("7373")  # one node at 10, one cluster at 0.10, 730 h


def test_a_reservation_elsewhere_is_used_where_a_cluster_there_costs_less_than_nodes() -> None:
    asked = problem(
        [offer(price="0.50")], workload(), reservations=(reservation(region=FRANKFURT),)
    )

    assert nodes_of(solve(asked)) == {"aws/eu-central-1/p5/reserved:block": 1}


def test_it_is_used_even_where_nobody_states_a_price() -> None:
    asked = problem([offer(price=None)], workload(), reservations=(reservation(),))

    assert nodes_of(solve(asked)) == {"aws/us-east-1/p5/reserved:block": 1}


def test_work_that_only_takes_spot_leaves_it_alone() -> None:
    spot = offer(capacity_type=CapacityType.SPOT)
    work = workload(capacity_types=frozenset({CapacityType.SPOT}))

    found = solve(problem([spot], work, reservations=(reservation(),)))

    assert nodes_of(found) == {"aws/us-east-1/p5/spot": 1}


@pytest.mark.parametrize(
    ("work", "ends", "is_used"),
    [
        (workload(), LATER, True),
        (workload(), NOW + timedelta(hours=729), False),
        (workload(hours=100), NOW + timedelta(hours=100), True),
        (workload(hours=100), NOW + timedelta(hours=99), False),
    ],
)
def test_it_must_last_until_the_work_is_done(work: Workload, ends: datetime, is_used: bool) -> None:  # noqa: FBT001 - a column of the table
    asked = problem([offer()], work, reservations=(reservation(ends=ends),))

    assert any("reserved" in name for name in nodes_of(solve(asked))) is is_used


@pytest.mark.parametrize(
    ("accepted", "is_used"),
    [
        (CapacityType.ON_DEMAND, True),
        (CapacityType.CAPACITY_BLOCK, True),
        (CapacityType.SPOT, False),
        (CapacityType.RESERVED, False),
    ],
)
def test_a_capacity_block_that_is_paid_is_used_as_what_it_is(
    accepted: CapacityType,
    is_used: bool,  # noqa: FBT001 - a column of the table
) -> None:
    work = replace(workload(hours=100), capacity_types=frozenset({accepted}))
    block = reservation(
        zone=ZoneId("use1-az4"),
        capacity_type=CapacityType.CAPACITY_BLOCK,
        ends=NOW + timedelta(hours=100),
    )
    dear = replace(offer(), capacity_type=accepted)
    name = "aws/us-east-1/use1-az4/p5/capacity-block:block"

    assert (name in nodes_of(solve(problem([dear], work, reservations=(block,))))) is is_used


def test_a_deadline_before_its_end_is_early_enough_whatever_the_hours() -> None:
    work = workload(hours=100)
    work = replace(work, run=replace(work.run, ends=NOW + timedelta(hours=500)))
    asked = problem([offer()], work, reservations=(reservation(ends=NOW + timedelta(hours=499)),))

    assert nodes_of(solve(asked)) == {"aws/us-east-1/p5/on-demand": 1}


def test_too_few_nodes_are_named_where_there_is_nothing_else() -> None:
    asked = problem([offer(price=None)], workload(replicas=3), reservations=(reservation(2),))

    with pytest.raises(Infeasible) as caught:
        solve(asked)

    (found,) = caught.value.diagnostics
    assert found.code == "no-joint-placement"
    assert "reservation block (2 nodes)" in found.detail
    assert "Reserve more nodes" in found.hint


def test_a_machine_type_that_nobody_describes_is_refused() -> None:
    with pytest.raises(SpecInvalid) as caught:
        problem([offer()], workload(), reservations=(reservation(machine_type="p9"),))

    (found,) = caught.value.diagnostics
    assert (found.code, found.subject) == (
        "reservation-unknown",
        "reservations[block].machine-type",
    )


def test_one_name_in_two_zones_is_two_reservations_with_their_own_nodes_and_ends() -> None:
    zones = [ZoneId("use1-az1"), ZoneId("use1-az2")]
    paid = (
        reservation(1, zone=zones[0], ends=NOW + timedelta(hours=10)),
        reservation(2, zone=zones[1]),
    )

    found = solve(problem([offer()], workload(replicas=4), reservations=paid))

    assert nodes_of(found) == {
        "aws/us-east-1/use1-az2/p5/reserved:block": 2,
        "aws/us-east-1/p5/on-demand": 2,
    }


def test_one_name_for_two_machine_types_is_two_reservations() -> None:
    paid = (reservation(1), reservation(2, machine_type="p6"))

    asked = problem([offer(), offer("p6", price="20")], workload(replicas=4), reservations=paid)

    assert nodes_of(solve(asked)) == {
        "aws/us-east-1/p5/reserved:block": 1,
        "aws/us-east-1/p6/reserved:block": 2,
        "aws/us-east-1/p5/on-demand": 1,
    }


def test_more_is_asked_of_that_one_of_a_name_which_is_short() -> None:
    paid = (reservation(1), reservation(1, machine_type="p6"))
    asked = problem([offer("p5", None), offer("p6", None)], workload(), reservations=paid)
    small, other = asked.spec.quotas

    more = raised(asked, other, 5).problem.spec

    assert [q.name for q in asked.spec.quotas] == [
        "reservation block (p5, aws/us-east-1)",
        "reservation block (p6, aws/us-east-1)",
    ]
    assert [r.nodes for r in more.reservations] == [1, 5]
    assert [q.limit for q in more.quotas] == [small.limit, 5]
