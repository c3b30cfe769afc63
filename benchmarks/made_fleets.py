"""Made-up fleets of 10 to 300 workloads: the joint optimum against each alone, and when it was known.

`python -m benchmarks.made_fleets 30 100` takes fleets of these sizes only.
"""

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cheapest_alone import DeadEnd, cheapest_alone, nodes_cost
from benchmarks.fleets import fleet_spec_text
from benchmarks.joint import question
from benchmarks.measuring import print_table
from broker.placement.candidates import candidates
from broker.placement.problem import Problem
from broker.placement.purchase import Costs, buy, costs
from broker.placement.solve import solve

SEEDS = {10: range(1, 7), 30: range(1, 7), 100: range(1, 7), 300: range(1, 2)}
GAP = re.compile(r"gap ([\d.]+)% after")


@dataclass(slots=True)
class Clocked:
    """A progress that keeps when a gap was told: CPU seconds since it was made, and percent."""

    started: float = field(default_factory=time.process_time)
    gaps: list[tuple[float, float]] = field(default_factory=list)

    def phase(self, name: str) -> None:
        """Nothing: only gaps count."""

    def note(self, text: str) -> None:
        """Keep it, if it tells the gap of a whole fleet."""
        told = GAP.match(text)
        if told:
            self.gaps.append((time.process_time() - self.started, float(told[1])))

    def first(self, percent: float) -> str:
        """Seconds until the gap was at most so many percent."""
        return next((f"{at:.1f}" for at, gap in self.gaps if gap <= percent), "-")


def main(sizes: Sequence[int]) -> None:
    """Print the table, row by row of fleets."""
    print_table(
        "Made-up fleets: dollars a month, and CPU seconds to an answer, to 1 % and to the end",
        [
            "workloads, seed",
            "quotas",
            "alone, all",
            "then packed",
            "joint",
            "saved, all",
            "of packed",
            "proven gap",
            "answer",
            "1 %",
            "end",
        ],
        [_row(size, seed) for size in sizes for seed in SEEDS[size]],
    )


def _row(size: int, seed: int) -> list[str]:
    problem = made_problem(size, seed)
    clocked = Clocked()
    solution = solve(problem, clocked)
    seconds = time.process_time() - clocked.started
    packed, nodes_alone = _alone(problem)
    joint = solution.objective.to_float()
    dollars = (
        [None, None]
        if packed is None
        else [
            packed.total.to_float() - packed.nodes.to_float() + nodes_alone,
            packed.total.to_float(),
        ]
    )
    return [
        f"{size}, {seed}",
        "ample" if seed % 2 else "scarce",
        *("-" if amount is None else f"{amount:,.0f}" for amount in dollars),
        f"{joint:,.0f}",
        *("-" if amount is None else f"{1 - joint / amount:.1%}" for amount in dollars),
        f"{float(solution.gap):.3%}",
        clocked.first(100),
        clocked.first(1),
        f"{seconds:.1f}",
    ]


def made_problem(size: int, seed: int) -> Problem:
    """The made-up fleet of that size and seed, over the bundled catalog."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "fleet.yaml"
        path.write_text(fleet_spec_text(size, seed), encoding="utf-8")
        return question(path)


def _alone(problem: Problem) -> tuple[Costs | None, float]:
    """The costs of each workload's cheapest offer, sharing nodes, and what unshared nodes cost."""
    try:
        chosen = cheapest_alone(problem, candidates(problem).by_workload)
    except DeadEnd:
        return None, 0.0
    return costs(problem, buy(chosen)), nodes_cost(chosen).to_float()


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SEEDS))
