"""From a fleet that runs: what the next best takes once an offer is out of stock, and who moves.

`python -m benchmarks.replanning 100` takes fleets of these sizes only. The offers that are masked are
those of the pools that cost most.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from benchmarks.made_fleets import Clocked, made_problem
from benchmarks.measuring import print_table
from broker.placement.problem import Problem
from broker.placement.solution import Solution
from broker.placement.solve import solve

SEEDS = {30: (1, 2), 100: (1, 2, 4)}
MASKED = 2

Places = Mapping[str, Mapping[str, int]]


def main(sizes: Sequence[int]) -> None:
    """Print the table: for each fleet as it is again, and for each offer that is masked."""
    print_table(
        "Re-planned: workloads that have to move and that do, and CPU seconds to an answer and to the end",
        [
            "workloads, seed",
            "masked",
            "must move",
            "move",
            "first gap",
            "proven gap",
            "answer",
            "end",
        ],
        [row for size in sizes for seed in SEEDS[size] for row in _rows(size, seed)],
    )


def _rows(size: int, seed: int) -> Iterator[list[str]]:
    asked = made_problem(size, seed)
    running = solve(asked)
    yield _row(f"{size}, {seed}", "nothing", replace(asked, recorded=running.fleet), running)
    for name in _dearest(running)[:MASKED]:
        masked = replace(asked, banned=frozenset({name}), recorded=running.fleet, is_urgent=True)
        yield _row(f"{size}, {seed}", name, masked, running)


def _dearest(running: Solution) -> list[str]:
    monthly: Counter[str] = Counter()
    for pool in running.fleet.pools:
        monthly[pool.offer.name] += pool.monthly.micros
    return [name for name, _ in monthly.most_common()]


def _row(fleet: str, masked: str, asked: Problem, running: Solution) -> list[str]:
    clocked = Clocked()
    found = solve(asked, clocked)
    seconds = time.process_time() - clocked.started
    before, after = _places(running), _places(found)
    first_gap = clocked.gaps[0][1] if clocked.gaps else 0.0
    return [
        fleet,
        masked,
        str(sum(masked in homes for homes in before.values())),
        str(sum(after[name] != homes for name, homes in before.items())),
        f"{first_gap:.3f}%",
        f"{float(found.gap):.3%}",
        clocked.first(100),
        f"{seconds:.1f}",
    ]


def _places(solution: Solution) -> Places:
    found: dict[str, dict[str, int]] = {}
    for placement in solution.fleet.placements:
        found.setdefault(placement.workload, {})[placement.offer.name] = placement.replicas
    return found


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SEEDS))
