"""A fleet close to another one, found by one look at the model: for what-ifs about large fleets.

The search for the best fleet spends its time on proof. What is found for a large fleet bounds a
what-if from above in any case, so the model's answer is packed for real, and that is the fleet.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from broker.placement.candidates import Candidate
from broker.placement.highs import NO_SUBMODELS, solve_model
from broker.placement.problem import Problem
from broker.placement.purchase import Assignment
from broker.placement.search import build
from broker.placement.variables import Variables

GAP = 1e-4
"""At which the look at the model ends."""

BRIEFLY = (
    *NO_SUBMODELS,
    ("mip_heuristic_run_feasibility_jump", False),
    ("mip_max_nodes", 100),
)
"""How some hundred columns are looked at: as well as without these, in half of the time. Of a
thousand looks one or two come to no answer within so many nodes, which take a quarter of a second."""

HASTILY = (*BRIEFLY, ("mip_max_nodes", 30), ("mip_allow_restart", False))
"""The same where the answer of an earlier look helps: half of the time again."""

Placed = Mapping[tuple[str, str], int]
"""Units of a workload on an offer, by their names."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the model's answer places, and what it costs a month at least once it is packed.

    Without an answer that is nothing, at no end of cost. *iterations* are what the look took, as in
    `Answer`.
    """

    assignment: Assignment
    least: float
    iterations: int


def look_nearby(
    problem: Problem,
    by_workload: dict[str, list[Candidate]],
    *,
    gap: float = GAP,
    using: tuple[str, str] | None = None,
    below: float = math.inf,
    like: Placed | None = None,
) -> Look:
    """The model's answer for the workloads of one component, if there is one *below* that cost.

    Where a workload and an offer are given, the answer has it *using* that one, if only in part. A
    look that begins with an answer *like* that of an earlier one, for the workloads in it, is hasty.
    """
    v = build(problem, by_workload)
    if using is not None:
        if using not in v.place:
            return Look([], math.inf, 0)
        column = v.place[using]
        v.model.columns[column] = v.model.columns[column]._replace(lower=1.0)
    answer = solve_model(
        v.model,
        gap=gap,
        below=below,
        start=None if like is None else _start(v, like),
        options=BRIEFLY if like is None else HASTILY,
    )
    if answer.values is None or answer.objective >= below:
        return Look([], math.inf, answer.iterations)
    return Look(_assignment(v, answer.values), answer.objective, answer.iterations)


def _start(v: Variables, like: Placed) -> dict[int, float]:
    """Where those of *like* are who may be there, by column."""
    lost = {workload for workload, offer in like if (workload, offer) not in v.place}
    known = {workload for workload, _ in like} - lost
    return {column: float(like.get(key, 0)) for key, column in v.place.items() if key[0] in known}


def _assignment(v: Variables, values: Sequence[float]) -> Assignment:
    return [
        (candidate, round(values[v.place_of(candidate)]))
        for pool in v.pools
        for candidate in pool.candidates
        if round(values[v.place_of(candidate)])
    ]
