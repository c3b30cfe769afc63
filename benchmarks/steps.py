"""What comes before the solver, on made-up fleets: rules, dominance, the graph and the model."""

from benchmarks.made_fleets import made_problem
from benchmarks.measuring import print_table, timed
from broker.placement.candidates import candidates
from broker.placement.dominance import undominated
from broker.placement.graph import components
from broker.placement.market import market
from broker.placement.search import build

FLEETS = ((100, 1), (100, 2), (300, 1), (300, 2))
"""Workloads and seed of each."""


def main() -> None:
    """Print the table, row by row of fleets."""
    print_table(
        "Before the solver: CPU seconds of each step",
        [
            "workloads, seed",
            "lawful pairs",
            "kept pairs",
            "rules",
            "dominance",
            "parts of graph",
            "model",
        ],
        [_row(size, seed) for size, seed in FLEETS],
    )


def _row(size: int, seed: int) -> list[str]:
    problem = made_problem(size, seed)
    market(problem.offers)
    found, rules = timed(lambda: candidates(problem))
    kept, dominance = timed(lambda: undominated(problem, found.by_workload))
    parts, graph = timed(lambda: components(problem, kept))
    _, model = timed(lambda: [build(problem, part) for part in parts])
    pairs = [sum(map(len, each.values())) for each in (found.by_workload, kept)]
    seconds = [f"{step:.2f}" for step in (rules, dominance, graph, model)]
    return [f"{size}, {seed}", *(f"{number:,}" for number in pairs), *seconds]


if __name__ == "__main__":
    main()
