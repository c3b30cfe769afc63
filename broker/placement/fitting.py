"""Move those whose nodes were found to be too few, and nobody else, until all fit.

Next to the best fleet of a model, which did not fit, there often is one that does and costs hardly
more: one workload on a node that has room. To look for it there takes a hundredth of another search.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from broker.placement.cutting import assignment, cut, short_of_nodes
from broker.placement.highs import Answer, solve_model
from broker.placement.matrix import Mask, Numbers
from broker.placement.purchase import BoughtPool, buy
from broker.placement.tightening import Tightening
from broker.placement.variables import Variables

MOST_ANSWERS = 8
"""How often who does not fit is moved: each time others may fit no more, and move too."""


def fitting(
    v: Variables, tightening: Tightening, bought: Sequence[BoughtPool], values: Numbers
) -> Iterator[tuple[Answer, tuple[BoughtPool, ...]]]:
    """Answers near *values*, of which was *bought* what does not fit, each with what is bought of it.

    What does not fit of an answer has been cut from the model of *v*, as it is of each that follows.
    """
    moving: Mask = np.zeros(len(values), dtype=np.bool_)
    for _ in range(MOST_ANSWERS):
        _let_move(v, bought, values, moving)
        answer = _near(v, values, moving)
        if answer.values is None:
            return
        values = np.array(answer.values)
        bought = buy(assignment(v, values))
        yield answer, bought
        if not cut(v, tightening, bought, values):
            return


def _let_move(v: Variables, bought: Sequence[BoughtPool], values: Numbers, moving: Mask) -> None:
    """Add to *moving* the places of all workloads in pools that need more nodes than *values* have."""
    for b, _ in short_of_nodes(v, bought, values):
        names = [candidate.workload.name for candidate in b.candidates]
        moving[[v.place_of(c) for name in names for c in v.by_workload[name]]] = True


def _near(v: Variables, values: Numbers, moving: Mask) -> Answer:
    """The best answer in which no other workload moves."""
    columns = list(v.model.columns)
    for place in v.place.values():
        if not moving[place]:
            there = float(round(values[place]))
            columns[place] = columns[place]._replace(lower=there, upper=there)
    return solve_model(replace(v.model, columns=columns))
