"""Work with a deadline runs where its data is early enough."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from broker.domain.errors import Infeasible
from broker.domain.spec import Dataset
from broker.domain.workloads import Run, Workload
from broker.placement.problem import Problem
from broker.placement.rules import copy_hours, done_in_time
from broker.placement.solve import solve
from tests.fakes.problems import EAST, FRANKFURT, NOW, dataset, offer, problem, reading, workload

CORPUS = dataset(FRANKFURT, size_gb=4500)  # ten hours at 1 Gbps


def work(hours: int, *, until: int, starts: int | None = None) -> Workload:
    run = Run(
        hours=Fraction(hours),
        starts=None if starts is None else NOW + timedelta(hours=starts),
        ends=NOW + timedelta(hours=until),
    )
    return replace(reading(workload(hours=hours), "corpus"), run=run)


def asked(placed: Workload, corpus: Dataset = CORPUS) -> Problem:
    return problem([offer(), offer(price="30", region=FRANKFURT)], placed, datasets=(corpus,))


def test_a_copy_takes_its_bits_over_the_throughput() -> None:
    assert copy_hours(CORPUS) == 10
    assert copy_hours(replace(CORPUS, copy_gbps=Fraction(10))) == 1


@pytest.mark.parametrize(
    ("placed", "reason"),
    [
        (work(90, until=100), None),
        (work(91, until=100), "would be done 1.0 h late after 10.0 h of copying"),
        (work(91, until=100, starts=5), "would be done 1.0 h late after 10.0 h of copying"),
        (work(50, until=100, starts=50), None),  # copied before it may start
        (work(51, until=100, starts=50), "would be done 1.0 h late after 10.0 h of copying"),
    ],
)
def test_hours_and_copying_must_fit(placed: Workload, reason: str | None) -> None:
    assert done_in_time(placed, EAST, asked(placed)) == reason


def test_where_the_data_lives_only_the_hours_count() -> None:
    placed = work(100, until=100)

    assert done_in_time(placed, FRANKFURT, asked(placed)) is None
    assert (
        done_in_time(work(101, until=100), FRANKFURT, asked(placed)) == "would be done 1.0 h late"
    )


def test_a_deadline_moves_the_work_to_its_data() -> None:
    def region(placed: Workload) -> str:
        (only,) = solve(asked(placed)).fleet.placements
        return only.offer.region.region

    assert region(work(80, until=100)) == "us-east-1"
    assert region(work(95, until=100)) == "eu-central-1"


def test_a_deadline_that_can_not_be_kept_is_named() -> None:
    with pytest.raises(Infeasible) as caught:
        solve(asked(work(120, until=100)))

    (found,) = caught.value.diagnostics
    assert "deadline 2" in found.detail
    assert "later until" in found.hint
