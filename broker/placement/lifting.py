"""Lift a row of weights: let workloads that it does not name weigh in it what they can.

A row holds that no node's workloads weigh more than 1. A workload that weighs nothing in it may be
given the weight that is left beside it, however many of it are on the node, one workload after the
other (Padberg, 1975); the lifted row holds for all nodes as well, and says more:

    weight[w] = min over n ≥ 1 of (1 - the most that fits beside n replicas of w weighs) / n
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from broker.placement.best_pattern import BestPattern, OutOfWork, Steps
from broker.placement.shapes import Item, NodeShape


@dataclass(frozen=True, slots=True)
class Among:
    """Of a workload on such nodes: a replica, the *most* of them that there are, and what one weighs."""

    item: Item
    most: int
    weight: Fraction


def lifted(among: Mapping[str, Among], node: NodeShape, steps: Steps) -> dict[str, Fraction]:
    """The weights of those *among* that weigh nothing yet, by name, as far as the *steps* go."""
    weighing = [each for each in among.values() if each.weight]
    found: dict[str, Fraction] = {}
    for name, each in sorted(among.items()):
        if each.weight:
            continue
        try:
            weight = _beside([*weighing, each], node, steps)
        except OutOfWork:
            break
        if weight > 0:
            found[name] = weight
            weighing.append(Among(each.item, each.most, weight))
    return found


def _beside(among: list[Among], node: NodeShape, steps: Steps) -> Fraction:
    """What the last of them can weigh beside the others. Raises OutOfWork."""
    search = BestPattern(
        tuple(each.item for each in among), tuple(each.most for each in among), node, steps
    )
    weights = [each.weight for each in among]
    last = len(among) - 1
    least = Fraction(1)
    for count in range(1, search.alone(last)[last] + 1):
        there = (*(0,) * last, count)
        least = min(least, (1 - search.beside(there, weights)[0]) / count)
    if not search.room.exact:
        raise OutOfWork
    return max(Fraction(0), least)
