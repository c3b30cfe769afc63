"""Where fleets cost the same, the plan takes the one of the smallest names, whatever comes first."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from random import Random

from broker.domain.errors import Infeasible
from broker.domain.workloads import Workload
from broker.placement.problem import Problem
from broker.placement.solution import Solution
from broker.placement.solve import solve
from tests.fakes.brute_force import cheapest
from tests.fakes.other_processes import WITH_THREADS, printed
from tests.fakes.problems import EAST, FRANKFURT, WEST, offer, problem, quota, reservation, workload

SEEDS = range(200)
ROUNDING = 20


def problem_of_equals(seed: int) -> Problem:
    """Few prices, few shapes, and workloads that are often equal but for their names."""
    random = Random(seed)  # noqa: S311 - a test wants the same numbers every time
    machines = [
        offer(
            f"t{number}",
            random.choice(("4", "4", "8")),
            region=random.choice((EAST, WEST, FRANKFURT)),
            count=random.choice((4, 4, 8)),
            vcpus=64,
        )
        for number in range(random.choice((3, 4, 5)))
    ]
    work = [_workload(random, f"w{number}") for number in range(random.choice((2, 3, 3)))]
    limits = [
        quota(random.choice((1, 2, 3)), name=f"in {region}", region=region.region)
        for region in (EAST, WEST)
        if random.random() < 0.4
    ]
    return problem(machines, *work, quotas=tuple(limits))


def _workload(random: Random, name: str) -> Workload:
    return workload(
        name,
        count=random.choice((2, 2, 4)),
        replicas=random.choice((1, 1, 2)),
        hours=random.choice((None, None, 100)),
        vcpus=0,
        memory_mib=0,
    )


@cache
def answer(seed: int) -> Solution | None:
    return solution_of(problem_of_equals(seed))


def solution_of(made: Problem) -> Solution | None:
    try:
        return solve(made)
    except Infeasible:
        return None


def answered() -> Iterator[tuple[int, Problem, Solution]]:
    for seed in SEEDS:
        found = answer(seed)
        if found is not None:
            yield seed, problem_of_equals(seed), found


def places(found: Solution) -> dict[str, list[str]]:
    """The offers of each workload, once for each replica, in the order of names."""
    where: dict[str, list[str]] = {}
    for placement in found.fleet.placements:
        where.setdefault(placement.workload, []).extend([placement.offer.name] * placement.replicas)
    return {name: sorted(offers) for name, offers in sorted(where.items())}


def test_no_workload_alone_could_be_on_smaller_offers_for_the_same() -> None:
    """By trying: all others stay on their offers, this one is bound to smaller ones."""
    tried = 0
    for seed, made, found in answered():
        where = places(found)
        for name, offers in where.items():
            smaller = [o.name for o in made.offers if o.name < offers[0]]
            others = [(n, o) for n, there in where.items() if n != name for o in set(there)]
            pins = (*others, *((name, offer) for offer in smaller))
            best = cheapest(replace(made, pins=pins)) if smaller else None
            tried += best is not None

            assert best is None or best > found.objective.micros + ROUNDING, (seed, name)
    assert tried > 100


def test_names_are_the_smallest_of_all_best_fleets_workload_after_workload() -> None:
    """By trying: with those before it where they are, none could be on smaller offers."""
    tried = 0
    for seed, made, found in answered():
        before: list[tuple[str, str]] = []
        for name, offers in places(found).items():
            pins = [(name, o.name) for o in made.offers if o.name < offers[0]]
            best = cheapest(replace(made, pins=(*before, *pins))) if pins else None
            before += [(name, offer) for offer in sorted(set(offers))]
            tried += best is not None

            assert best is None or best > found.objective.micros + ROUNDING, (seed, name)
    assert tried > 150


def test_the_order_of_rows_does_not_matter() -> None:
    for seed, made, found in answered():
        shuffled = _shuffled(made, seed)

        assert repr(solution_of(shuffled)) == repr(found), seed


def _shuffled(made: Problem, seed: int) -> Problem:
    random = Random(seed + 1)  # noqa: S311 - a test wants the same numbers every time
    offers, workloads = list(made.offers), list(made.spec.workloads)
    quotas = list(made.spec.quotas)
    for rows in (offers, workloads, quotas):
        random.shuffle(rows)
    spec = replace(made.spec, workloads=tuple(workloads), quotas=tuple(quotas))
    return replace(made, offers=tuple(offers), spec=spec)


def test_equal_workloads_have_offers_in_the_order_of_their_names() -> None:
    """Two regions of one node each: the first of the two is in the first region."""
    limits = [quota(1, name=f"in {region}", region=region.region) for region in (EAST, WEST)]
    machines = [offer("t", "4", region=region, count=4) for region in (EAST, WEST)]
    work = [workload(name, count=4, vcpus=0, memory_mib=0) for name in ("beta", "alpha")]

    found = solve(problem(machines, *work, quotas=tuple(limits)))

    assert places(found) == {
        "alpha": ["aws/us-east-1/t/on-demand"],
        "beta": ["aws/us-west-2/t/on-demand"],
    }


def test_what_is_paid_already_is_shared_out_by_name_too() -> None:
    """Both would have the large node for nothing; the first has the small one, of a smaller name."""
    machines = [offer("s", "4", count=4), offer("t", "8", count=8)]
    paid = (
        reservation(name="one", machine_type="s"),
        reservation(name="two", machine_type="t"),
    )
    work = [workload(name, count=4, vcpus=0, memory_mib=0) for name in ("alpha", "beta")]

    found = solve(problem(machines, *work, reservations=paid))

    assert places(found) == {
        "alpha": ["aws/us-east-1/s/reserved:one"],
        "beta": ["aws/us-east-1/t/reserved:two"],
    }


def test_what_runs_already_stays_though_smaller_names_cost_the_same() -> None:
    machines = [offer("t", "4", region=region, count=4) for region in (EAST, WEST)]
    made = problem(machines, workload("alpha", count=4, vcpus=0, memory_mib=0))
    there = solve(replace(made, pins=(("alpha", "aws/us-west-2/t/on-demand"),)))

    again = solve(replace(made, recorded=there.fleet))

    assert places(solve(made)) == {"alpha": ["aws/us-east-1/t/on-demand"]}
    assert places(again) == {"alpha": ["aws/us-west-2/t/on-demand"]}


PRINT_ANSWERS = """
from tests.properties.test_ties import answered
for seed, _, found in answered():
    if seed < 60:
        print(seed, repr(found))
"""


def test_other_processes_and_numbers_of_threads_give_the_same_bytes() -> None:
    outputs = {
        printed(WITH_THREADS + PRINT_ANSWERS, threads, hash_seed=seed)
        for seed, threads in (("1", "1"), ("20261125", "1"), ("7", "2"))
    }

    assert len(outputs) == 1
    assert outputs.pop().count(b"Solution(") > 50
