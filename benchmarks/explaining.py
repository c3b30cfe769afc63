"""What `broker explain` takes beyond the plan, on made-up fleets of 100 workloads.

`python -m benchmarks.explaining 1` explains every workload of each fleet, not every fifth. Each is explained
by a child of the process that planned, as the command does both in one.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.fleets import fleet_spec_text
from benchmarks.joint import question
from benchmarks.made_fleets import made_problem
from benchmarks.measuring import print_table, timed
from broker.placement.explain import explain
from broker.placement.outcome import Failure
from broker.placement.problem import Problem
from broker.placement.raising import more_room
from broker.placement.solution import Solution
from broker.placement.solve import solve
from broker.placement.yielding import Instead, instead

SIZE, SEEDS, EVERY = 100, range(1, 7), 5
BUDGET_SECONDS = 2.0

CROWDED_SEED = 2
FEW_REGIONS = (
    "{aws: {regions: [us-east-1, us-west-2, eu-central-1, ap-northeast-1]}, "
    "azure: {regions: [eastus, westeurope]}, "
    "gcp: {regions: [us-central1, europe-west4, asia-southeast1]}}"
)
SHARE, OF_MODELS = Fraction(8, 100), ("A100", "H100", "H200")
"""A fleet in which not all has room: in few regions, with that share of its quotas for these models."""


def main(every: int) -> None:
    """Print the table, row by row of fleets."""
    print_table(
        "Explaining: CPU seconds beyond the plan",
        ["workloads, seed", "plan", "explained", "least", "middle", "most", "over 2 s", "the most"],
        [_row(seed, every) for seed in SEEDS],
    )


def left_out() -> None:
    """Print what explaining takes of work that has no room, and what it tells."""
    problem = _crowded()
    solution, planning = timed(lambda: solve(problem))
    by_name = {workload.name: workload for workload in problem.spec.workloads}
    rows = []
    for entry in solution.unplaced:
        own = by_name[entry.workload]
        more, raising = timed(lambda own=own: list(more_room(problem, solution, own)))
        other, yielding = timed(lambda own=own: instead(problem, solution, own))
        told = other.yields[0].workload if isinstance(other, Instead) else Failure(other)
        rows.append(
            [entry.workload, f"{raising:.2f}", str(len(more)), f"{yielding:.2f}", str(told)]
        )
    print_table(
        f"Left out of a crowded fleet, planned in {planning:.1f} CPU seconds",
        ["workload", "quotas", "told", "who yields", "told"],
        rows,
    )


def _crowded() -> Problem:
    text = fleet_spec_text(SIZE, CROWDED_SEED)
    everywhere = next(line for line in text.splitlines() if line.startswith("providers: "))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "fleet.yaml"
        path.write_text(text.replace(everywhere, f"providers: {FEW_REGIONS}"), encoding="utf-8")
        asked = question(path)
    quotas = tuple(
        replace(quota, limit=int(quota.limit * SHARE)) if quota.accelerator in OF_MODELS else quota
        for quota in asked.spec.quotas
    )
    return replace(asked, spec=replace(asked.spec, quotas=quotas), allow_unplaced=True)


def _row(seed: int, every: int) -> list[str]:
    problem = made_problem(SIZE, seed)
    solution, planning = timed(lambda: solve(problem))
    seconds = _explained(problem, solution, every)
    worst = max(seconds, key=lambda name: seconds[name])
    return [
        f"{SIZE}, {seed}",
        f"{planning:.1f}",
        str(len(seconds)),
        *(f"{each(seconds.values()):.2f}" for each in (min, median, max)),
        str(sum(taken > BUDGET_SECONDS for taken in seconds.values())),
        worst,
    ]


def _explained(problem: Problem, solution: Solution, every: int) -> dict[str, float]:
    return {
        workload.name: seconds_of_a_child(lambda w=workload: explain(problem, solution, w))
        for workload in problem.spec.workloads[::every]
    }


def seconds_of_a_child(work: Callable[[], object]) -> float:
    """CPU seconds that a child spends on *work*, who knows what this process knows and nothing more."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _, seconds = timed(work)
        os.write(writing, repr(seconds).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        seconds = float(told.read())
    os.waitpid(child, 0)
    return seconds


if __name__ == "__main__":
    main(*[int(number) for number in sys.argv[1:]] or [EVERY])
    print()
    left_out()
