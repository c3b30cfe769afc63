"""A fleet close to another one, found by one look at the model: for what-ifs about large fleets.

The search for the best fleet spends its time on proof. What is found for a large fleet bounds a
what-if from above in any case, so the model's answer is packed for real, and that is the fleet.
"""

from collections.abc import Sequence

from broker.placement.candidates import Candidate
from broker.placement.highs import solve_model
from broker.placement.problem import Problem
from broker.placement.purchase import Assignment, BoughtPool, broken_rules, buy
from broker.placement.search import build
from broker.placement.variables import Variables

GAP = 1e-4
"""At which the look at the model ends."""


def fleet_nearby(
    problem: Problem, by_workload: dict[str, list[Candidate]]
) -> tuple[BoughtPool, ...] | None:
    """A good lawful fleet of the workloads of one component; None if none was found."""
    v = build(problem, by_workload)
    values = solve_model(v.model, gap=GAP).values
    if values is None:
        return None
    bought = buy(_assignment(v, values))
    return None if any(broken_rules(problem, bought)) else bought


def _assignment(v: Variables, values: Sequence[float]) -> Assignment:
    return [
        (candidate, round(values[v.place_of(candidate)]))
        for pool in v.pools
        for candidate in pool.candidates
        if round(values[v.place_of(candidate)])
    ]
