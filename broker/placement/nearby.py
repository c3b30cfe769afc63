"""A fleet close to another one, found by one look at the model: for what-ifs about large fleets.

The search for the best fleet spends its time on proof. What is found for a large fleet bounds a
what-if from above in any case, so the model's answer is packed for real, and that is the fleet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from broker.placement.candidates import Candidate
from broker.placement.highs import solve_model
from broker.placement.problem import Problem
from broker.placement.purchase import Assignment
from broker.placement.search import build
from broker.placement.variables import Variables

GAP = 1e-4
"""At which the look at the model ends."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the model's answer places, and what it costs a month at least once it is packed."""

    assignment: Assignment
    least: float


def look_nearby(
    problem: Problem, by_workload: dict[str, list[Candidate]], *, gap: float = GAP
) -> Look | None:
    """The model's answer for the workloads of one component; None if there is none."""
    v = build(problem, by_workload)
    answer = solve_model(v.model, gap=gap)
    if answer.values is None:
        return None
    return Look(_assignment(v, answer.values), answer.objective)


def _assignment(v: Variables, values: Sequence[float]) -> Assignment:
    return [
        (candidate, round(values[v.place_of(candidate)]))
        for pool in v.pools
        for candidate in pool.candidates
        if round(values[v.place_of(candidate)])
    ]
