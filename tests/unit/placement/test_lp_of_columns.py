"""Rules that have no rows of their own are on paper too: tests/golden/lp/columns/<rule>.lp.

They decide which columns there are, what these cost, and which rows meet: a gang is one column, a
place that is too late has none, a reclaim is in the price, work in other windows is in another row,
and what yields to higher priorities is not in the model. BROKER_UPDATE_GOLDEN=1 writes them anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

import pytest

from broker.domain.errors import Denied
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import Budget
from broker.domain.workloads import Checkpoint, Priority, Run, Workload
from broker.placement.highs import solve_model
from broker.placement.model import Model
from broker.placement.partial import without
from broker.placement.problem import Problem
from broker.placement.solve import solve
from tests.fakes.lp_papers import GOLDEN, UPDATE, model_of, objective_of
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
    NOW,
    WEST,
    dataset,
    offer,
    problem,
    quota,
    reading,
    workload,
)

PAPERS = GOLDEN / "columns"
SPOT = CapacityType.SPOT


@dataclass(frozen=True)
class Case:
    """A problem in which a rule decides, the same without the rule, and the rows that it takes.

    *lowers* is whether the rule allows more than there would be without it.
    """

    asked: Problem
    dropped: Problem
    families: tuple[str, ...]
    lowers: bool = False


def gangs() -> Case:
    """Two nodes of each region are to be had: four in one fabric are only where they are dear."""
    offers = [
        offer("p5", "10"),
        offer("p5", "11", region=FRANKFURT),
        offer("p5", "15", region=WEST),
    ]
    limits = tuple(
        quota(nodes, name=region.region, region=region.region)
        for region, nodes in ((EAST, 2), (FRANKFURT, 2), (WEST, 4))
    )
    gang = workload("train", replicas=4, hours=100, is_gang=True)
    return Case(
        problem(offers, gang, quotas=limits),
        problem(offers, replace(gang, is_gang=False), quotas=limits),
        ("cover", "packing", "quotas"),
    )


def deadlines() -> Case:
    """The copy takes ten hours and the run ninety-five: a hundred are too few but for where it is."""
    run = Run(hours=Fraction(95), ends=NOW + timedelta(hours=100))
    late = replace(reading(workload("train", hours=95), "corpus"), run=run)

    def asked(work: Workload) -> Problem:
        home = dataset(FRANKFURT, size_gb=4500)
        return problem([offer(), offer(price="30", region=FRANKFURT)], work, datasets=(home,))

    whenever = replace(late, run=replace(run, ends=None))
    return Case(asked(late), asked(whenever), ("cover", "packing", "data"))


def windows() -> Case:
    """One node is to be had in the east, and two bursts that never run at the same time."""
    works = [
        replace(
            workload(name, hours=10),
            run=Run(
                hours=Fraction(10),
                starts=NOW + timedelta(days=day),
                ends=NOW + timedelta(days=day, hours=12),
            ),
        )
        for day, name in enumerate(("early", "late"))
    ]
    always = [replace(work, run=replace(work.run, starts=None)) for work in works]
    offers = [offer("p5", "10"), offer("p5", "14", region=FRANKFURT)]
    limits = (quota(1, name="east", region="us-east-1"),)
    return Case(
        problem(offers, *works, quotas=limits),
        problem(offers, *always, quotas=limits),
        ("cover", "packing", "quotas"),
        lowers=True,
    )


def interruptions() -> Case:
    """Spot is taken back every twenty hours, and half of four hours between checkpoints is lost."""
    work = workload(
        "train",
        replicas=2,
        hours=100,
        is_gang=True,
        checkpoint=Checkpoint(every_seconds=4 * 3600, size_bytes=10**9, store="corpus"),
        capacity_types=frozenset(CapacityType),
    )
    firm = offer("p5", "11")

    def asked(spot: Offer) -> Problem:
        return problem([firm, spot], work)

    kept = offer("p5", "10", capacity_type=SPOT)
    taken = replace(kept, reclaims_per_hour=Fraction(1, 20))
    return Case(asked(taken), asked(kept), ("cover", "packing"))


def preemption() -> Case:
    """Two nodes are to be had: the one of production stays, though best-effort work would take both."""
    offers = [offer("p5", "10")]
    limits = (quota(2, name="east", region="us-east-1"),)
    works = [
        workload("serve", count=8, replicas=1, priority=Priority.PRODUCTION),
        workload("sweep", count=8, replicas=2, priority=Priority.BEST_EFFORT),
    ]
    equal = [replace(work, priority=Priority.STANDARD) for work in works]
    return Case(
        _rest(problem(offers, *works, quotas=limits)),
        _rest(problem(offers, *equal, quotas=limits)),
        ("cover", "packing", "quotas"),
        lowers=True,
    )


def _rest(asked: Problem) -> Problem:
    """*asked*, without the work that is left out."""
    found = solve(replace(asked, allow_unplaced=True))
    return without(asked, [entry.workload for entry in found.unplaced])


CASES: Mapping[str, Case] = {
    "gangs": gangs(),
    "deadlines": deadlines(),
    "windows": windows(),
    "interruptions": interruptions(),
    "preemption": preemption(),
}


def paper(rule: str) -> Model:
    return model_of(CASES[rule].asked, CASES[rule].families)


@pytest.fixture(autouse=True, scope="module")
def update() -> None:
    if UPDATE:
        PAPERS.mkdir(exist_ok=True)
        for rule in CASES:
            (PAPERS / f"{rule}.lp").write_text(paper(rule).lp())


def test_every_rule_has_its_paper_and_no_other_is_kept() -> None:
    assert {path.stem for path in PAPERS.glob("*.lp")} == set(CASES)


@pytest.mark.parametrize("rule", CASES)
def test_the_columns_are_as_written_down(rule: str) -> None:
    assert paper(rule).lp() == (PAPERS / f"{rule}.lp").read_text()


@pytest.mark.parametrize("rule", CASES)
def test_the_paper_says_what_is_solved(rule: str) -> None:
    ours = solve_model(paper(rule))

    assert ours.values is not None
    assert objective_of(PAPERS / f"{rule}.lp") == pytest.approx(ours.objective, rel=1e-5)


@pytest.mark.parametrize("rule", CASES)
def test_the_rule_decides_in_its_problem(rule: str) -> None:
    case = CASES[rule]
    with_it = solve_model(paper(rule)).objective
    without_it = solve_model(model_of(case.dropped, case.families)).objective

    assert without_it != pytest.approx(with_it, rel=1e-3)
    assert (with_it < without_it) is case.lowers


def test_a_budget_of_the_fleet_adds_nothing_to_the_model_and_denies_its_answer() -> None:
    """The objective is the cost: a row could not lead to a cheaper fleet."""
    asked = problem([offer("p5", "10")], workload("chat", replicas=2))
    tight = Budget(monthly=Money.parse("100"))
    bound = replace(asked, spec=replace(asked.spec, budget=tight))
    families = ("cover", "packing", "clusters", "budgets")

    assert model_of(bound, families).lp() == model_of(asked, families).lp()
    assert solve(asked).paid > tight.monthly
    with pytest.raises(Denied):
        solve(bound)
