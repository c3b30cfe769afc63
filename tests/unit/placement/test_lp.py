"""Each constraint family has its rows on paper: tests/golden/lp/<family>.lp, on a tiny problem.

BROKER_UPDATE_GOLDEN=1 writes them anew. Every file is a whole model that HiGHS reads back: the
columns, the family, and the families without which it would cost nothing to break it.
"""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from broker.domain.ids import ClientsName, TeamName, WorkloadName, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.domain.spec import Budget, Objective, QuotaUnit
from broker.domain.workloads import LargestShares, LatencyBound, Nearness, Replicas, Run
from broker.placement.candidates import candidates
from broker.placement.constraints import FAMILIES
from broker.placement.highs import solve_model
from broker.placement.model import Model
from broker.placement.problem import Problem
from broker.placement.search import build
from tests.fakes.lp_papers import GOLDEN, UPDATE, model_of, objective_of
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
    NETHERLANDS,
    NOW,
    WEST,
    clients,
    cloud,
    dataset,
    offer,
    problem,
    quota,
    reading,
    reservation,
    running,
    within,
    workload,
)
from tests.strategies import seeded

CHEAP = offer("p5", "10")
DEAR = offer("p5", "11", region=FRANKFURT)
TWO = workload("chat", replicas=2)


def near(name: str, milliseconds: float = 0.0) -> tuple[Nearness, ...]:
    return (Nearness(workload=WorkloadName(name), round_trip_ms=milliseconds),)


def evening(day: int) -> Run:
    starts = NOW + timedelta(days=day)
    return Run(hours=Fraction(10), starts=starts, ends=starts + timedelta(hours=12))


RUNNING = problem(
    [DEAR, offer("p4", "12"), offer("p3", "9")],
    workload("chat", replicas=3),
    objective=Objective(stability=Fraction(1, 5)),
)


CASES: dict[str, tuple[Problem, tuple[str, ...]]] = {
    "cover": (
        problem([CHEAP, DEAR], TWO, workload("train", hours=100, replicas=4, is_gang=True)),
        ("packing",),
    ),
    "packing": (
        problem(
            [CHEAP],
            workload("chat", count="3/5", replicas=2, vcpus=20),
            workload("search", count=3, replicas=2, memory_mib=600 * 1024),
            workload("train", replicas=2, hours=100),
        ),
        ("cover",),
    ),
    "clusters": (problem([CHEAP, DEAR], TWO, workload("train", hours=100)), ("cover",)),
    "clouds": (
        problem(
            [CHEAP, offer("a3", "10", region=NETHERLANDS)],
            TWO,
            providers=(cloud("aws", fixed="300"), cloud("gcp", fixed="500")),
        ),
        ("cover", "clusters"),
    ),
    "data": (
        problem(
            [CHEAP, DEAR, offer("p5", "9", region=WEST)],
            reading(TWO, "corpus"),
            datasets=(dataset(FRANKFURT),),
        ),
        ("cover", "packing"),
    ),
    "quotas": (
        problem(
            [CHEAP, DEAR, offer("p4", "12")],
            TWO,
            workload("train", hours=100),
            quotas=(
                quota(8, QuotaUnit.ACCELERATORS, name="p", region="us-east-1"),
                quota(2, name="all p5", machine_type="p5", spans=True),
            ),
        ),
        ("cover", "packing"),
    ),
    "reservations": (
        problem([CHEAP], workload("chat", replicas=3), reservations=(reservation(2),)),
        ("cover", "packing"),
    ),
    "growth": (
        problem(
            [CHEAP, DEAR],
            replace(
                workload("chat", count=4),
                replicas=Replicas(minimum=2, maximum=6, grows=True),
            ),
            replace(workload("train", hours=10), run=evening(1)),
            replace(workload("again", hours=10), run=evening(2)),
            quotas=(quota(3, name="p", region="us-east-1"),),
        ),
        ("cover", "packing"),
    ),
    "budgets": (
        problem(
            [CHEAP, offer("p4", "12", count=16)],
            workload("chat", count=2, replicas=2, team=TeamName("web")),
            workload("search", count=2, team=TeamName("ml")),
            workload("train", replicas=2, hours=100, team=TeamName("web")),
            budget=Budget(
                monthly=Money.parse("50000"),
                teams=(
                    (TeamName("ml"), Money.parse("1500")),
                    (TeamName("web"), Money.parse("9000")),
                ),
            ),
        ),
        ("cover", "packing"),
    ),
    "latency": (
        problem([CHEAP, DEAR], within(TWO, 20), clients=(clients(EAST, FRANKFURT),)),
        ("cover", "packing"),
    ),
    "traffic": (
        problem(
            [CHEAP, DEAR],
            replace(
                within(workload("chat", replicas=4), 20),
                latency=LatencyBound(
                    clients=ClientsName("users"),
                    round_trip_ms=20,
                    requests_per_replica=Fraction(30),
                ),
            ),
            clients=(replace(clients(EAST, FRANKFURT), requests_per_second=Fraction(100)),),
        ),
        ("cover", "packing"),
    ),
    "spread": (
        problem(
            [CHEAP, DEAR, offer("p5", "12", region=WEST)],
            replace(TWO, spread_regions=2),
            workload("search", replicas=4, spread_regions=3),
        ),
        ("cover", "packing"),
    ),
    "shares": (
        problem(
            [
                replace(CHEAP, capacity_type=CapacityType.SPOT, zone=ZoneId("z1")),
                offer("p5", "11", zone=ZoneId("z2")),
                offer("p5", "12"),
                DEAR,
            ],
            workload(
                "chat",
                replicas=4,
                capacity_types=frozenset({CapacityType.SPOT, CapacityType.ON_DEMAND}),
                at_most=LargestShares(
                    spot=Fraction(1, 2), spot_pool=Fraction(1, 3), zone=Fraction(1, 2)
                ),
            ),
        ),
        ("cover", "packing"),
    ),
    "near": (
        problem(
            [CHEAP, DEAR, offer("a3", "9", region=NETHERLANDS)],
            workload("chat", residency=frozenset({"US", "DE"})),
            workload("search", residency=frozenset({"EU"}), near=near("chat", 20)),
        ),
        ("cover", "packing"),
    ),
    "apart": (
        problem([CHEAP, DEAR], TWO, workload("replica", apart=frozenset({WorkloadName("chat")}))),
        ("cover", "packing"),
    ),
    "moves": (
        replace(
            RUNNING, offers=(CHEAP, DEAR), recorded=running(RUNNING, {"p5": 1, "p4": 2, "p3": 1})
        ),
        ("cover", "packing"),
    ),
}
"""A problem for each family, and the families that make it cost something."""


def golden_model(family: str) -> Model:
    asked, needed = CASES[family]
    return model_of(asked, {family, *needed})


@pytest.fixture(autouse=True, scope="module")
def update() -> None:
    if UPDATE:
        for family in CASES:
            (GOLDEN / f"{family}.lp").write_text(golden_model(family).lp())


def test_every_family_has_its_paper() -> None:
    assert list(CASES) == list(FAMILIES)
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(FAMILIES)


@pytest.mark.parametrize("family", CASES)
def test_the_rows_are_as_written_down(family: str) -> None:
    path = GOLDEN / f"{family}.lp"

    assert golden_model(family).lp() == path.read_text()


@pytest.mark.parametrize("family", CASES)
def test_the_paper_says_what_is_solved(family: str) -> None:
    ours = solve_model(golden_model(family))

    assert ours.values is not None
    assert objective_of(GOLDEN / f"{family}.lp") == pytest.approx(ours.objective, rel=1e-5)


@pytest.mark.parametrize("family", CASES)
def test_the_family_decides_in_its_problem(family: str) -> None:
    asked, needed = CASES[family]

    without = solve_model(model_of(asked, set(needed) - {family}))
    assert without.objective < solve_model(golden_model(family)).objective


def test_any_model_can_be_read_back(tmp_path: Path) -> None:
    solved = 0
    for seed in range(100):
        asked = seeded(seed)
        found = {name: list(cs) for name, cs in candidates(asked).by_workload.items()}
        if not all(found.values()):
            continue
        model = build(asked, found).model
        path = tmp_path / f"{seed}.lp"
        path.write_text(model.lp())
        ours = solve_model(model)
        solved += ours.values is not None

        assert len({column.name for column in model.columns}) == len(model.columns), seed
        assert len({row.name for row in model.rows}) == len(model.rows), seed
        assert objective_of(path) == pytest.approx(ours.objective, rel=2e-5), seed
    assert solved > 20
