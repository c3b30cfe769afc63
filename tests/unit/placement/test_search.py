"""Relax, pack, cut: fleets whose best packing the model alone does not see."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.workloads import Workload
from broker.placement import rounds
from broker.placement.solution import Solution, SolveStatus
from broker.placement.solve import solve
from tests.fakes.problems import H100, offer, problem, workload

SHARES = {"a": ("3/10", 30), "b": ("2/5", 25), "c": ("9/20", 20), "d": ("7/25", 10)}


def odd_services() -> list[Workload]:
    return [
        replace(
            workload(name, count=Fraction(share), replicas=replicas, vcpus=1),
            memory_mib=4096,
        )
        for name, (share, replicas) in SHARES.items()
    ]


def solved(*prices: str) -> Solution:
    """Small nodes of one device, and larger ones that hold more beside it."""
    offers = [
        replace(
            offer(f"g5-{number}", price, accelerator=H100, count=1, memory_gib=16 + 16 * number),
            vcpus=4 + 4 * number,
        )
        for number, price in enumerate(prices)
    ]
    return solve(problem(offers, *odd_services()))


def test_odd_shares_in_shared_pools_are_solved_to_the_end() -> None:
    assert solved("1.006", "1.212").status is SolveStatus.OPTIMAL


def test_a_second_kind_of_node_never_makes_it_dearer() -> None:
    assert solved("1.006", "1.212").objective <= solved("1.006").objective


def test_after_much_work_a_gap_of_a_thousandth_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    best = solved("1.006", "1.212")
    monkeypatch.setattr(rounds, "PATIENCE", 0)
    monkeypatch.setattr(rounds, "GOOD_ENOUGH", Fraction(1, 20))

    soon = solved("1.006", "1.212")

    assert soon.bound <= best.objective <= soon.objective
    assert Fraction(1, 1_000) < soon.gap <= Fraction(1, 20)
    assert soon.status is not SolveStatus.OPTIMAL
