"""Parts of a fleet that share nothing, searched one after the other and in processes of their own.

`python -m benchmarks.parts` takes 30 workloads for each part: a made-up fleet, once more for each
jurisdiction, whose regions are all that it may use.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.made_fleets import made_problem
from benchmarks.measuring import print_table
from broker.domain.ids import WorkloadName
from broker.domain.workloads import Workload
from broker.placement.candidates import candidates
from broker.placement.problem import Problem
from broker.placement.solution import Solution
from broker.placement.solve import solve
from broker.ports.workers import InTurn, Workers
from broker.storage.worker_processes import WorkerProcesses

SEEDS = (1, 3, 5)
LAWS = ("EU", "US")


def main(size: int) -> None:
    """Print the table, one row a fleet."""
    print_table(
        "Parts that share nothing: seconds of the clock",
        ["workloads, seed", "parts", "one by one", "at once", "less", "same answer"],
        [_row(size, seed) for seed in SEEDS],
    )


def _row(size: int, seed: int) -> list[str]:
    problem = kept_apart(made_problem(size, seed))
    one_by_one, seconds = _timed(problem, InTurn())
    at_once, seconds_at_once = _timed(problem, WorkerProcesses())
    return [
        f"{len(problem.spec.workloads)}, {seed}",
        str(len(one_by_one.components)),
        f"{seconds:.1f}",
        f"{seconds_at_once:.1f}",
        f"{1 - seconds_at_once / seconds:.0%}",
        "yes" if one_by_one == at_once else "no",
    ]


def _timed(problem: Problem, workers: Workers) -> tuple[Solution, float]:
    began = time.perf_counter()
    return solve(problem, workers=workers), time.perf_counter() - began


def kept_apart(problem: Problem) -> Problem:
    """Each workload once in the EU and once in the US, near to no clients: parts of about one size.

    Where nobody sells what a workload wants there, it is left out.
    """
    asked = _among(
        problem,
        [
            replace(
                workload,
                name=WorkloadName(f"{workload.name}-{law.lower()}"),
                residency=frozenset({law}),
                latency=None,
            )
            for law in LAWS
            for workload in problem.spec.workloads
        ],
    )
    sold = candidates(asked).by_workload
    return _among(asked, [w for w in asked.spec.workloads if sold.get(w.name)])


def _among(problem: Problem, workloads: Sequence[Workload]) -> Problem:
    return replace(problem, spec=replace(problem.spec, workloads=tuple(workloads)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 30)
