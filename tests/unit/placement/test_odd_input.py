"""Questions at the edge: ties, nothing allowed, circles, contradictions, and very unequal sizes."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.errors import Infeasible, Unsolved
from broker.domain.ids import TeamName, WorkloadName
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.domain.spec import Budget, QuotaUnit
from broker.domain.workloads import LargestShares, Nearness, Replicas, Workload
from broker.placement.highs import Answer, SolverFailed
from broker.placement.problem import Problem
from broker.placement.solution import SolveStatus
from broker.placement.solve import solve
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
    WEST,
    clients,
    offer,
    problem,
    quota,
    reservation,
    within,
    workload,
)

BOTH = frozenset({CapacityType.SPOT, CapacityType.ON_DEMAND})


def near(*names: str) -> tuple[Nearness, ...]:
    return tuple(Nearness(workload=WorkloadName(name), round_trip_ms=0.0) for name in names)


def places(asked: Problem) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for placement in solve(asked).fleet.placements:
        found.setdefault(placement.workload, set()).add(placement.offer.name)
    return found


def test_of_equals_the_smaller_name_is_taken_each_time() -> None:
    twins = [offer(f"t{n}") for n in range(6)]
    asked = problem(twins, *(workload(f"w{n}") for n in range(4)))

    first = places(asked)
    assert first == {f"w{n}": {"aws/us-east-1/t0/on-demand"} for n in range(4)}
    assert places(replace(asked, offers=asked.offers[::-1])) == first


@pytest.mark.parametrize("unit", QuotaUnit)
def test_a_quota_of_nothing_leaves_other_places(unit: QuotaUnit) -> None:
    asked = problem(
        [offer(), offer(price="50", region=FRANKFURT)],
        workload(),
        quotas=(quota(0, unit, region="us-east-1"),),
    )

    assert places(asked) == {"train": {"aws/eu-central-1/p5/on-demand"}}
    with pytest.raises(Infeasible):
        solve(replace(asked, spec=replace(asked.spec, quotas=(quota(0, unit),))))


def test_a_circle_of_near_is_one_place() -> None:
    asked = problem(
        [offer(), offer(price="9", region=WEST)],
        workload("a", near=near("b")),
        workload("b", near=near("c")),
        workload("c", near=near("a"), residency=frozenset({"US"})),
    )

    assert places(asked) == {name: {"aws/us-west-2/p5/on-demand"} for name in "abc"}


def test_near_and_apart_from_two_sides_is_a_conflict_of_both() -> None:
    asked = problem(
        [offer(), offer(region=FRANKFURT)],
        workload("a", near=near("b")),
        workload("b", apart=frozenset({WorkloadName("a")})),
    )

    with pytest.raises(Infeasible) as caught:
        solve(asked)
    assert caught.value.workloads == ("a", "b")
    assert "Leave out apart" in caught.value.diagnostics[0].hint


def test_one_of_a_hundred_that_nobody_can_host_is_named_alone() -> None:
    many = [workload(f"w{n:02}", count=1) for n in range(99)]
    asked = problem([offer()], *many, workload("odd", model="B200"))

    with pytest.raises(Infeasible) as caught:
        solve(asked)
    assert [told.subject for told in caught.value.diagnostics] == ["workloads.odd"]
    found = solve(replace(asked, allow_unplaced=True))
    assert [entry.workload for entry in found.unplaced] == ["odd"]
    assert len(found.fleet.placements) == 99


def test_huge_and_tiny_amounts_in_one_question_are_counted_to_the_micro_dollar() -> None:
    asked = problem(
        [offer("dear", "900000"), offer("cheap", "0.000001", count=1)],
        workload("large", count=8),
        workload("small", count=1, replicas=3),
    )

    found = solve(asked)
    assert found.status is SolveStatus.OPTIMAL
    assert found.bound <= found.objective
    assert found.objective == Money.parse("657000073.002190")


def everything() -> Problem:
    """A little of each family at once."""
    team = TeamName("research")
    return problem(
        [
            offer("p5", "10"),
            offer("p5", "4", capacity_type=CapacityType.SPOT, reclaims_per_hour=Fraction(1, 50)),
            offer("p4", "9", region=WEST),
            offer("p5", "12", region=FRANKFURT),
        ],
        _growing(workload("chat", count=2, replicas=4, capacity_types=BOTH, restart_seconds=600)),
        workload("train", hours=50, replicas=2, is_gang=True, near=near("chat")),
        workload("again", hours=70, apart=frozenset({WorkloadName("train")})),
        reservations=(reservation(1, region=WEST, machine_type="p4"),),
        quotas=(quota(4, region="us-east-1"),),
        budget=Budget(monthly=Money.parse("90000"), teams=((team, Money.parse("40000")),)),
    )


def _growing(work: Workload) -> Workload:
    return replace(
        work,
        replicas=Replicas(minimum=4, maximum=8, grows=True),
        at_most=LargestShares(spot=Fraction(1, 2)),
    )


def test_all_families_at_once_have_an_answer_that_keeps_each() -> None:
    found = solve(everything())

    chat = [p for p in found.fleet.placements if p.workload == "chat"]
    on_spot = sum(p.replicas for p in chat if p.offer.capacity_type is CapacityType.SPOT)
    train, again = (
        {p.offer.region for p in found.fleet.placements if p.workload == name}
        for name in ("train", "again")
    )
    assert found.status is SolveStatus.OPTIMAL
    assert on_spot <= 2
    assert train <= {p.offer.region for p in chat}
    assert not train & again
    assert dict(found.charges)[TeamName("research")] <= Money.parse("40000")


@pytest.mark.parametrize("time", [float("nan"), float("inf")])
def test_a_distance_that_is_no_number_is_out_of_reach(time: float) -> None:
    asked = problem(
        [offer(price="9", region=FRANKFURT), offer(price="99")],
        within(workload(), 100),
        clients=(clients(EAST),),
    )
    pair = (min(EAST, FRANKFURT), max(EAST, FRANKFURT))
    network = replace(asked.network, round_trips_ms={**asked.network.round_trips_ms, pair: time})

    assert places(asked) == {"train": {"aws/eu-central-1/p5/on-demand"}}
    assert places(replace(asked, network=network)) == {"train": {"aws/us-east-1/p5/on-demand"}}


@pytest.mark.parametrize("price", ["nan", "NaN", "inf", "-Infinity", "sNaN"])
def test_a_price_that_is_no_number_never_becomes_money(price: str) -> None:
    with pytest.raises(ValueError, match="not a finite amount"):
        Money.parse(price)


def test_a_search_that_ends_without_any_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = everything()
    stopped = Answer(values=None, objective=float("inf"), bound=0.0, ended=False)
    monkeypatch.setattr("broker.placement.rounds.solve_model", lambda *_, **__: stopped)

    with pytest.raises(Unsolved) as caught:
        solve(asked)
    (told,) = caught.value.diagnostics
    assert told.code == "solver-stopped"
    assert told.subject == "again, chat, train"
    assert told.hint


def test_a_solver_that_gives_up_is_told_as_a_search_that_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gives_up(*_: object, **__: object) -> Answer:
        message = "the solver refused the search"
        raise SolverFailed(message)

    monkeypatch.setattr("broker.placement.rounds.solve_model", gives_up)

    with pytest.raises(Unsolved) as caught:
        solve(everything())
    assert caught.value.diagnostics[0].code == "solver-stopped"


def test_a_solver_that_gives_up_leaves_the_fleet_that_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What runs already is a fleet: nothing better is known, and no more is said."""
    asked = problem([offer(), offer("p4", "30")], workload("chat"))
    there = solve(asked.pinned("chat", "aws/us-east-1/p4/on-demand"))

    def gives_up(*_: object, **__: object) -> Answer:
        message = "the solver refused the search"
        raise SolverFailed(message)

    monkeypatch.setattr("broker.placement.rounds.solve_model", gives_up)
    kept = solve(replace(asked, recorded=there.fleet))

    assert [p.offer.machine_type for p in kept.fleet.placements] == ["p4"]
    assert kept.status is SolveStatus.STOPPED
    assert kept.bound < kept.objective


def test_nobody_asks_for_anything_and_nothing_is_bought() -> None:
    found = solve(problem([offer()]))

    assert found.fleet.placements == ()
    assert found.objective == Money(0)


def test_no_offers_at_all_name_each_workload() -> None:
    with pytest.raises(Infeasible) as caught:
        solve(problem([], workload("a"), workload("b")))
    assert [told.subject for told in caught.value.diagnostics] == ["workloads.a", "workloads.b"]
    assert {told.code for told in caught.value.diagnostics} == {"no-lawful-offer"}
    assert all("broker refresh" in told.hint for told in caught.value.diagnostics)


def test_a_million_replicas_are_counted_exactly() -> None:
    asked = problem([offer("a", "10")], workload(count=1, replicas=1_000_000))

    found = solve(asked)

    assert [placement.replicas for placement in found.fleet.placements] == [1_000_000]
    assert found.objective == Money.parse("10") * (125_000 * 730) + Money.parse("0.10") * 730


def test_thousands_of_tiny_shares_are_packed_in_a_moment() -> None:
    tiny = [workload(f"w{n}", count=f"{n + 1}/997", replicas=100 * (n + 1)) for n in range(4)]

    found = solve(problem([offer("a", "10")], *tiny))

    assert found.status is SolveStatus.OPTIMAL
    assert [pool.nodes for pool in found.fleet.pools] == [1]  # 3000/997 of eight devices
