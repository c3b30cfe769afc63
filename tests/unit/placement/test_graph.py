"""Workloads that share something that costs or limits are decided together, others apart."""

from dataclasses import replace

import pytest

from broker.domain.ids import WorkloadName
from broker.domain.money import Money
from broker.domain.workloads import Nearness
from broker.placement.candidates import candidates
from broker.placement.graph import components
from broker.placement.problem import Problem
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
    quota,
    reading,
    workload,
)

H100_EAST, L4_EAST = offer(), offer("g6", accelerator=L4, count=1)
L4_WEST, L4_ABROAD = replace(L4_EAST, region=WEST), replace(L4_EAST, region=NETHERLANDS)
ONE, OTHER = workload("a"), workload("b", model="L4", count=1)


def groups(asked: Problem) -> list[list[str]]:
    found = candidates(asked).by_workload
    return [sorted(c) for c in components(asked, {n: list(cs) for n, cs in found.items()})]


def free(asked: Problem) -> Problem:
    """*asked*, with clusters that cost nothing."""
    nothing = dict.fromkeys(asked.network.overhead_hourly, Money(0))
    return replace(asked, network=replace(asked.network, overhead_hourly=nothing))


@pytest.mark.parametrize(
    "asked",
    [
        problem([H100_EAST, L4_WEST], ONE, OTHER),
        free(problem([H100_EAST, L4_EAST], ONE, OTHER)),
        free(problem([H100_EAST], workload("a", hours=1), workload("b", hours=1))),
        free(problem([H100_EAST, L4_EAST], ONE, OTHER, quotas=(quota(5, region="us-west-2"),))),
        free(problem([H100_EAST, L4_WEST], ONE, OTHER, quotas=(quota(5),))),
        free(
            problem(
                [H100_EAST, L4_EAST],
                reading(ONE, "corpus"),
                reading(OTHER, "corpus"),
                datasets=(dataset(EAST),),
            )
        ),
    ],
)
def test_those_that_share_nothing_are_decided_apart(asked: Problem) -> None:
    assert groups(asked) == [["a"], ["b"]]


@pytest.mark.parametrize(
    "asked",
    [
        problem([H100_EAST, L4_EAST], ONE, OTHER),
        free(problem([H100_EAST], ONE, workload("b"))),
        free(
            problem(
                [H100_EAST, L4_WEST], ONE, OTHER, providers=(cloud("aws", fixed="1"), cloud("gcp"))
            )
        ),
        free(problem([H100_EAST, L4_EAST], ONE, OTHER, quotas=(quota(5),))),
        free(
            problem(
                [H100_EAST, L4_EAST],
                reading(ONE, "corpus"),
                reading(OTHER, "corpus"),
                datasets=(dataset(FRANKFURT),),
            )
        ),
        problem([H100_EAST, L4_WEST], ONE, replace(OTHER, apart=frozenset({WorkloadName("a")}))),
        problem(
            [H100_EAST, L4_WEST],
            ONE,
            replace(OTHER, near=(Nearness(workload=WorkloadName("a"), round_trip_ms=99),)),
        ),
    ],
)
def test_those_that_share_something_are_decided_together(asked: Problem) -> None:
    assert groups(asked) == [["a", "b"]]


def test_sharing_goes_on_from_one_to_the_next() -> None:
    between = workload("m", model="L4", count=1)
    only = {"us": frozenset({"US"}), "nl": frozenset({"NL"})}
    asked = problem(
        [L4_EAST, L4_ABROAD],
        workload("a", model="L4", count=1, residency=only["us"]),
        between,
        workload("z", model="L4", count=1, residency=only["nl"]),
    )

    assert groups(asked) == [["a", "m", "z"]]
    without = tuple(w for w in asked.spec.workloads if w is not between)
    assert groups(replace(asked, spec=replace(asked.spec, workloads=without))) == [["a"], ["z"]]
