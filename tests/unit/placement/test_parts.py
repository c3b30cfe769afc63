"""Parts of a fleet that share nothing are the same whoever solves them."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pytest

from broker.domain.errors import Denied, Infeasible
from broker.placement import parts
from broker.placement.problem import Problem
from broker.placement.solution import Solution
from broker.placement.solve import solve
from broker.ports.progress import Silence
from broker.ports.workers import InTurn, Workers
from broker.storage.worker_processes import WorkerProcesses
from tests.fakes.problems import EAST, FRANKFURT, offer, problem, quota, workload
from tests.strategies import seeded

Task = TypeVar("Task")
Done = TypeVar("Done")


class Counting:
    """Works in turn, and counts what it is asked for."""

    def __init__(self) -> None:
        self.tasks = 0

    def each(self, work: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
        """As promised."""
        self.tasks += len(tasks)
        return InTurn().each(work, tasks)


@pytest.fixture
def tiny_is_big(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "BIG", 1)


def in_two_parts() -> Iterator[tuple[Problem, Solution]]:
    for seed in range(10_000, 10_400):
        made = seeded(seed)
        try:
            found = solve(made)
        except (Denied, Infeasible):
            continue
        if len(found.components) > 1:
            yield made, found


@pytest.mark.usefixtures("tiny_is_big")
def test_processes_give_the_same_bytes() -> None:
    some = [case for case, _ in zip(in_two_parts(), range(4), strict=False)]

    for made, found in some:
        assert repr(solve(made, Silence(), WorkerProcesses(2))) == repr(found)
    assert len(some) == 4


def two_parts(*, devices: int = 8) -> Problem:
    machines = [offer("t", "4", region=region, count=8) for region in (EAST, FRANKFURT)]
    west, east = (
        workload(name, count=devices, residency=frozenset({place}))
        for name, place in (("a", "US"), ("b", "DE"))
    )
    return problem(machines, west, east)


def test_small_parts_are_solved_here() -> None:
    workers = Counting()

    found = solve(two_parts(), Silence(), workers)

    assert len(found.components) == 2
    assert workers.tasks == 0


@pytest.mark.usefixtures("tiny_is_big")
def test_big_parts_are_solved_at_the_same_time() -> None:
    workers = Counting()

    assert solve(two_parts(), Silence(), workers) == solve(two_parts())
    assert workers.tasks == 2


@pytest.mark.usefixtures("tiny_is_big")
@pytest.mark.parametrize("workers", [InTurn(), WorkerProcesses(2)])
def test_a_part_without_an_answer_is_told_of_in_the_same_words(workers: Workers) -> None:
    made = two_parts()
    few = [quota(0, name="none", region="eu-central-1")]
    asked = problem(list(made.offers), *made.spec.workloads, quotas=tuple(few))

    with pytest.raises(Infeasible) as expected:
        solve(asked)
    with pytest.raises(Infeasible) as told:
        solve(asked, Silence(), workers)

    assert told.value.diagnostics == expected.value.diagnostics
