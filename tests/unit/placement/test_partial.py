"""Where not all work can be placed, the lightest yields, the least important first."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from broker.domain.errors import Infeasible
from broker.domain.fleet import Fleet, Placement
from broker.domain.ids import ClusterName, PoolName, TeamName
from broker.domain.money import Money
from broker.domain.spec import Budget
from broker.domain.workloads import Checkpoint, Priority, Workload
from broker.placement.hitting import lightest
from broker.placement.problem import Problem
from broker.placement.solve import solve
from tests.fakes.problems import offer, problem, quota, workload

HIGH, LOW = Priority.PRODUCTION, Priority.BEST_EFFORT


def partly(*placed: Workload, nodes: int = 2) -> Problem:
    asked = problem([offer()], *placed, quotas=(quota(nodes, name="p"),))
    return replace(asked, allow_unplaced=True)


def left_out(asked: Problem) -> dict[str, str]:
    return {entry.workload: entry.reason for entry in solve(asked).unplaced}


def test_best_effort_yields_however_large_it_is() -> None:
    asked = partly(
        workload("chat", replicas=1, priority=HIGH), workload("render", replicas=2, priority=LOW)
    )

    assert left_out(asked) == {
        "render": "chat, render can not all be placed at once; without any one of them the rest can"
    }
    assert [p.workload for p in solve(asked).fleet.placements] == ["chat"]


def test_among_equals_the_fewest_accelerators_yield_then_the_first_name() -> None:
    assert set(left_out(partly(workload("a", replicas=2), workload("b"), nodes=2))) == {"b"}
    assert set(left_out(partly(workload("a"), workload("b"), nodes=1))) == {"a"}


def test_what_no_offer_may_run_is_listed_with_the_rule() -> None:
    asked = partly(workload("chat"), workload("odd", model="B200"))

    assert left_out(asked) == {"odd": "None of 1 offers may run odd"}


def test_nothing_at_all_is_a_fleet_of_nothing() -> None:
    found = solve(partly(workload("odd", model="B200")))

    assert (found.fleet.clusters, found.objective, len(found.unplaced)) == ((), Money(0), 1)


def test_without_being_asked_nothing_is_left_out() -> None:
    asked = replace(partly(workload("a"), workload("b"), nodes=1), allow_unplaced=False)

    with pytest.raises(Infeasible) as caught:
        solve(asked)
    assert caught.value.workloads == ("a", "b")


def test_everything_is_placed_where_it_can_be() -> None:
    assert left_out(partly(workload("a"), workload("b"))) == {}


def test_work_yields_to_the_budget_of_its_team() -> None:
    asked = partly(workload("a"), workload("b", replicas=2), nodes=9)
    budget = Budget(
        monthly=Money.parse("99999"), teams=((TeamName("research"), Money.parse("15000")),)
    )

    assert set(left_out(replace(asked, spec=replace(asked.spec, budget=budget)))) == {"a"}


def test_stopping_what_runs_loses_the_work_since_its_checkpoint() -> None:
    running = workload("render", hours=100, priority=LOW, restart_seconds=1800)
    now = Placement(
        workload=running.name,
        team=running.team,
        cluster=ClusterName("there"),
        pool=PoolName("pool"),
        offer=offer(),
        replicas=1,
        nodes=1,
        hourly=Money.parse("10"),
        monthly=Money.parse("1000"),
    )
    fleet = Fleet(clusters=(), placements=(now,), replicas=(), cloud_fixed_monthly=())
    asked = replace(partly(workload("chat", priority=HIGH), running, nodes=1), recorded=fleet)

    (entry,) = solve(asked).unplaced
    assert entry.preemption_cost == Money.parse("505")  # half of 100 hours, and half an hour
    assert entry.alone == Money.parse("1000")


def test_among_equals_the_one_yields_of_which_stopping_loses_least() -> None:
    def running(name: str, **options: Any) -> tuple[Workload, Placement]:
        made = workload(name, hours=100, priority=LOW, **options)
        return made, Placement(
            workload=made.name,
            team=made.team,
            cluster=ClusterName("there"),
            pool=PoolName(name),
            offer=offer(),
            replicas=1,
            nodes=1,
            hourly=Money.parse("10"),
            monthly=Money.parse("1000"),
        )

    often = Checkpoint(every_seconds=600, size_bytes=1, store="s3://x")
    (a, a_now), (b, b_now) = running("a"), running("b", checkpoint=often)
    fleet = Fleet(clusters=(), placements=(a_now, b_now), replicas=(), cloud_fixed_monthly=())

    assert set(left_out(replace(partly(a, b, nodes=1), recorded=fleet))) == {"b"}
    assert set(left_out(partly(a, b, nodes=1))) == {"a"}  # by name, where neither runs


def test_the_lightest_choice_hits_every_set() -> None:
    weights = {name: (Fraction(n),) for name, n in {"a": 3, "b": 2, "c": 2, "d": 9}.items()}

    def chosen(*sets: str) -> str:
        return "".join(sorted(lightest([frozenset(members) for members in sets], weights)))

    assert chosen() == ""
    assert chosen("ab", "ac") == "a"
    assert chosen("ab", "bc") == "b"
    assert chosen("bc") == "b"
    assert chosen("ab", "cd") == "bc"
