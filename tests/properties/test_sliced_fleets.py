"""Fleets of MIG slices cost what the best one does, found by trying all splits and all places."""

from fractions import Fraction
from functools import cache
from random import Random

import pytest

from broker.domain.errors import Infeasible
from broker.domain.workloads import Workload
from broker.placement.problem import Problem
from broker.placement.solution import Solution
from broker.placement.solve import solve
from tests.fakes.brute_force import cheapest
from tests.fakes.problems import A100_80, EAST, H100, WEST, offer, problem, quota, sliced, workload

BATCHES, BATCH = 6, 50
ROUNDING = 20
PROFILES = ("1g.10gb", "1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb")


def fleet_at_random(seed: int) -> Problem:
    """Two to four workloads that ask for slices, and a few small machines of H100 and A100."""
    random = Random(seed)  # noqa: S311 - a test wants the same numbers every time
    machines = [
        offer(
            f"t{number}",
            str(round(random.uniform(0.8, 1.2) * devices, 3)),
            region=random.choice((EAST, WEST)),
            accelerator=random.choice((H100, A100_80)),
            count=devices,
            vcpus=random.choice((16, 64)),
        )
        for number, devices in enumerate(random.choices((1, 1, 2), k=3))
    ]
    work = [_workload(random, f"w{number}") for number in range(random.choice((2, 3, 3, 4)))]
    limits = [quota(random.choice((1, 2)), name="few")] if random.random() < 0.3 else []
    return problem(machines, *work, quotas=tuple(limits))


def _workload(random: Random, name: str) -> Workload:
    made = workload(
        name,
        model="H100",
        count=random.choice((1, 1, 1, 2)),
        replicas=random.choice((1, 1, 2, 3)),
        vcpus=random.choice((0, 0, 4)),
        memory_mib=0,
    )
    profile = random.choice(PROFILES)
    return sliced(made, profile, "A100") if random.random() < 0.7 else sliced(made, profile)


@cache
def solved(seed: int) -> tuple[Fraction | None, Solution | None]:
    made = fleet_at_random(seed)
    try:
        return cheapest(made), solve(made)
    except Infeasible:
        return cheapest(made), None


@pytest.mark.parametrize("number", range(BATCHES))
def test_fleets_of_slices_cost_what_the_best_one_does(number: int) -> None:
    for seed in range(number * BATCH, (number + 1) * BATCH):
        optimum, found = solved(seed)

        assert (optimum is None) == (found is None), seed
        if optimum is not None and found is not None:
            assert found.bound.micros <= optimum + ROUNDING, seed
            assert abs(found.objective.micros - optimum) <= ROUNDING + optimum / 100_000, seed


def test_places_decide_for_many_of_these_fleets() -> None:
    """A rule of sums, the larger of compute and memory, would have bought more devices."""
    decided = 0
    for seed in range(BATCHES * BATCH):
        _, found = solved(seed)
        work = {w.name: w for w in fleet_at_random(seed).spec.workloads}
        for pool in found.fleet.pools if found else ():
            held = sum(
                (
                    share * w.accelerators.count * placement.replicas
                    for placement in (found.fleet.placements if found else ())
                    if placement.pool == pool.name and placement.cluster == pool.cluster
                    for w in [work[placement.workload]]
                    for profile in [w.accelerators.any_of[0].mig_profile]
                    for share in [profile.share_of(pool.offer.accelerator) if profile else None]
                    if share is not None
                ),
                Fraction(0),
            )
            decided += held > pool.nodes * pool.offer.count
    assert decided > 5
