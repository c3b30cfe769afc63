"""The pattern of a node that weighs most: depth first, with what is left as a bound.

Weights and sizes are whole numbers of their least common part: exact, and many times faster than
fractions where millions of them are added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import mul

from broker.placement.room import Pattern, Room, plus
from broker.placement.shapes import Item, NodeShape, whole_numbers
from broker.placement.sizes import relative_sizes

STEPS = 4_000
"""The limit of work for one question."""

Ratio = tuple[int, int]
"""Numerator and denominator, both whole."""


class OutOfWork(Exception):
    """A limit of work is reached."""


@dataclass(slots=True)
class Steps:
    """The steps to best patterns that are left for all weights of a model together."""

    left: int

    def take(self) -> None:
        """One of them. Raises OutOfWork."""
        if self.left <= 0:
            raise OutOfWork
        self.left -= 1


class BestPattern:
    """Finds the pattern of the greatest weight that fits on a node, for one question after another."""

    def __init__(
        self, items: tuple[Item, ...], most: Pattern, node: NodeShape, steps: Steps
    ) -> None:
        self.left = steps
        self.room = Room(items, node)
        self.most = most
        self.resources = [whole_numbers(sizes) for sizes in relative_sizes(items, node, 0)]
        self.steps = 0
        self._largest = [
            max(Fraction(sizes[j], full) for sizes, full in self.resources)
            for j in range(len(items))
        ]

    def alone(self, index: int) -> Pattern:
        """A node filled with one class."""
        empty = (0,) * len(self.most)
        return plus(empty, index, min(self.most[index], self.room.more(empty, index)))

    def best(self, weights: Sequence[Fraction]) -> tuple[Fraction, Pattern]:
        """Its weight and itself. Raises OutOfWork."""
        return self.beside((0,) * len(self.most), weights)

    def beside(self, there: Pattern, weights: Sequence[Fraction]) -> tuple[Fraction, Pattern]:
        """The same of what is added to those that are *there*, whose classes weigh nothing. Raises OutOfWork."""
        self.steps = 0
        whole, unit = whole_numbers(weights)
        classes = sorted(
            (j for j, weight in enumerate(weights) if weight),
            key=lambda j: (-weights[j] / self._largest[j], j),
        )
        weight, pattern = self._from(_Turn(self, classes, whole), 0, (0, there), (0, there))
        return Fraction(weight, unit), pattern

    def _from(
        self, turn: "_Turn", at: int, weighed: tuple[int, Pattern], best: tuple[int, Pattern]
    ) -> tuple[int, Pattern]:
        self.left.take()
        self.steps += 1
        if self.steps > STEPS:
            raise OutOfWork
        weight, pattern = weighed
        if weight > best[0]:
            best = weighed
        if at == len(turn.classes) or not turn.can_add(at, pattern, best[0] - weight):
            return best
        index = turn.classes[at]
        each = turn.weights[index]
        for count in range(min(self.most[index], self.room.more(pattern, index)), -1, -1):
            more = (weight + count * each, plus(pattern, index, count))
            best = self._from(turn, at + 1, more, best)
        return best


class _Turn:
    """The *classes* of a search in turn, and whether they and those after them can add enough."""

    def __init__(
        self, search: BestPattern, classes: Sequence[int], weights: tuple[int, ...]
    ) -> None:
        self.classes = classes
        self.weights = weights
        self._all = [0]
        for j in reversed(classes):
            self._all.append(self._all[-1] + weights[j] * search.most[j])
        self._all.reverse()
        self._by_resource = [
            (sizes, full, _greatest_after([(weights[j], sizes[j]) for j in classes]))
            for sizes, full in search.resources
        ]

    def can_add(self, at: int, pattern: Pattern, weight: int) -> bool:
        """Whether the classes from *at* on might add more than *weight*.

        No more than all there are of them, or than each resource allows: what is left of it times
        the greatest weight per part of it.
        """
        if self._all[at] <= weight:
            return False
        for sizes, full, greatest in self._by_resource:
            ratio = greatest[at]
            if ratio is not None:
                free = full - sum(map(mul, sizes, pattern))
                if free * ratio[0] <= weight * ratio[1]:
                    return False
        return True


def _greatest_after(ratios: Sequence[Ratio]) -> list[Ratio | None]:
    """For each place the greatest from there on; None if one of them takes nothing of the resource."""
    greatest: list[Ratio | None] = []
    after: Ratio | None = (0, 1)
    for weight, size in reversed(ratios):
        if not size:
            after = None
        elif after is not None and weight * after[1] > after[0] * size:
            after = (weight, size)
        greatest.append(after)
    greatest.reverse()
    return greatest
