"""Rules of thumb against the joint plan, on made-up fleets: what each costs above the proven bound.

`python -m benchmarks.greedy_rules 10 30 100` takes fleets of these sizes only. Each fleet is solved
in a process of its own, so that its memory is its own.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from resource import RUSAGE_SELF, getrusage
from subprocess import run
from typing import Any

from benchmarks.cheapest_alone import DeadEnd, cheapest_alone, nodes_cost
from benchmarks.made_fleets import Clocked, made_problem
from benchmarks.marginal_greedy import cost_of, marginal_greedy, penalty
from benchmarks.measuring import KIB_PER_MIB, print_table, python
from broker.domain.money import Money
from broker.placement.candidates import Candidate, candidates
from broker.placement.problem import Problem
from broker.placement.purchase import buy, costs
from broker.placement.solve import solve

SEEDS = {10: range(1, 7), 30: range(1, 7), 100: range(1, 7), 300: range(1, 2)}
USUAL = (10, 30)
"""Those that end in a few minutes."""

HEAD = [
    "workloads, seed",
    "alone",
    "packed",
    "marginal",
    "left out",
    "with penalty",
    "joint, proven gap",
    "marginal",
    "with penalty",
    "answer",
    "1 %",
    "end",
    "greedy",
    "MiB",
]


def main(arguments: Sequence[str]) -> None:
    """Print the table, or what one row of it is made of."""
    if arguments[:1] == ["row"]:
        print(json.dumps(row(int(arguments[1]), int(arguments[2]))))
        return
    sizes = [int(size) for size in arguments] or USUAL
    print_table(
        "Rules of thumb: percent above the bound that the joint plan proves; what joint saves of the "
        "marginal rule; CPU seconds to an answer, to 1 %, to the end, and of the marginal rule",
        HEAD,
        [_shown(size, seed) for size in sizes for seed in SEEDS[size]],
    )


def row(size: int, seed: int) -> dict[str, Any]:
    """Costs in dollars a month, seconds and memory, of one fleet."""
    problem = made_problem(size, seed)
    clocked = Clocked()
    solution = solve(problem, clocked)
    seconds = time.process_time() - clocked.started
    memory = getrusage(RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
    lawful = candidates(problem).by_workload
    started = time.process_time()
    greedy = marginal_greedy(problem, lawful)
    greedy_seconds = time.process_time() - started
    bare = cost_of(greedy)
    return {
        "bound": solution.bound.to_float(),
        "joint": solution.objective.to_float(),
        "marginal": bare.to_float(),
        "punished": (bare + penalty(lawful, greedy.unplaced)).to_float(),
        "left out": len(greedy.unplaced),
        "times": [clocked.first(100), clocked.first(1), f"{seconds:.1f}", f"{greedy_seconds:.1f}"],
        "mib": memory,
        **{name: amount and amount.to_float() for name, amount in _alone(problem, lawful).items()},
    }


def _alone(problem: Problem, lawful: Mapping[str, Sequence[Candidate]]) -> dict[str, Money | None]:
    """Each on its cheapest offer: on nodes of its own, and on shared ones."""
    try:
        chosen = cheapest_alone(problem, lawful)
    except DeadEnd:
        return {"alone": None, "packed": None}
    packed = costs(problem, buy(chosen))
    return {"alone": packed.total - packed.nodes + nodes_cost(chosen), "packed": packed.total}


def _shown(size: int, seed: int) -> list[str]:
    command = python("-m", "benchmarks.greedy_rules", "row", str(size), str(seed))
    told = json.loads(run(command, check=True, capture_output=True).stdout)
    bound, joint = told["bound"], told["joint"]
    above = [
        "-" if told[rule] is None else f"{told[rule] / bound - 1:.1%}"
        for rule in ("alone", "packed", "marginal")
    ]
    return [
        f"{size}, {seed}",
        *above,
        str(told["left out"]),
        f"{told['punished'] / bound - 1:.1%}",
        f"{1 - bound / joint:.3%}",
        f"{1 - joint / told['marginal']:.1%}",
        f"{1 - joint / told['punished']:.1%}",
        *told["times"],
        f"{told['mib']:.0f}",
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
