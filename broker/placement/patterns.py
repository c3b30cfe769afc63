"""Nodes filled pattern by pattern: the strongest bound on a packing, and the packing itself.

Weights for which no pattern comes to more than 1 prove a bound: the sum of weights times replicas is
at most the number of nodes, of whatever packing.

    Σ_w weight[w] · n[w] ≤ 1   for each pattern n that fits a node
    ⇒   Σ_w weight[w] · replicas[w] ≤ nodes

The best weights are the prices of the fractional packing of Gilmore and Gomory (1961), found pattern
by pattern; its patterns make good packings too. Each bound is checked in exact arithmetic.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from broker.placement.best_pattern import STEPS, BestPattern, OutOfWork, Steps
from broker.placement.highs import solve_model
from broker.placement.model import Model
from broker.placement.relaxation import Relaxation
from broker.placement.room import Pattern, Room, plus
from broker.placement.shapes import Item, NodeShape

PRICINGS = 60
MAXIMAL = 1_500
"""Limits of work, not of time: prices asked for, patterns listed."""

WORTH = 1e-6
PRECISION = 10**6


@dataclass(frozen=True, slots=True)
class Mix:
    """*weights* of which no pattern holds more than 1, and the patterns that set them."""

    weights: tuple[Fraction, ...]
    patterns: tuple[Pattern, ...]

    def nodes(self, wanted: Sequence[int]) -> int:
        """No packing of *wanted* replicas takes fewer nodes."""
        least = sum((w * n for w, n in zip(self.weights, wanted, strict=True)), Fraction(0))
        return -(-least.numerator // least.denominator)


def best_mix(
    items: Sequence[Item],
    most: Sequence[int],
    node: NodeShape,
    wanted: Sequence[float],
    steps: Steps | None = None,
) -> Mix:
    """The weights that come to the most over *wanted* replicas, in *steps*. Raises OutOfWork.

    No pattern with at most *most* replicas of each class weighs more than 1: that is proven in exact
    arithmetic, whatever the solver's tolerances.
    """
    search = BestPattern(tuple(items), tuple(most), node, steps or Steps(STEPS * PRICINGS))
    prices, patterns = _prices(search, wanted)
    heaviest = search.best(prices)[0]
    if not search.room.exact:
        raise OutOfWork
    weights = tuple(price / max(Fraction(1), heaviest) for price in prices)
    return Mix(weights, tuple(patterns))


def _prices(search: BestPattern, wanted: Sequence[float]) -> tuple[list[Fraction], list[Pattern]]:
    """Alternate: the prices of known patterns, and a pattern that these prices call too cheap."""
    model = Model()
    columns = [model.add_column(f"price[{j}]", cost=-amount) for j, amount in enumerate(wanted)]
    relaxed = Relaxation(model)
    patterns = [search.alone(j) for j in range(len(wanted))]
    for pattern in patterns:
        relaxed.at_most({c: float(n) for c, n in zip(columns, pattern, strict=True) if n}, 1.0)
    while len(patterns) < PRICINGS:
        priced = relaxed.solve()
        if priced is None:
            break
        prices = [Fraction(max(0, int(value * PRECISION)), PRECISION) for value in priced.values]
        heaviest, pattern = search.best(prices)
        if float(heaviest) <= 1 + WORTH:
            return prices, patterns
        patterns.append(pattern)
        relaxed.at_most({c: float(n) for c, n in zip(columns, pattern, strict=True) if n}, 1.0)
    raise OutOfWork


def maximal_patterns(
    items: Sequence[Item], most: Sequence[int], node: NodeShape
) -> tuple[Pattern, ...]:
    """Every pattern to which nothing can be added; some best packing has no others, but trimmed.

    Raises OutOfWork.
    """
    room = Room(tuple(items), node)
    found: list[Pattern] = []
    for steps, pattern in enumerate(_all(room, tuple(most), (0,) * len(items), 0)):
        if steps > STEPS or len(found) > MAXIMAL:
            raise OutOfWork
        if not any(most[j] > n and room.more(pattern, j) for j, n in enumerate(pattern)):
            found.append(pattern)
    if not room.exact:
        raise OutOfWork
    return tuple(found)


def _all(room: Room, most: Pattern, pattern: Pattern, index: int) -> Iterator[Pattern]:
    if index == len(most):
        yield pattern
        return
    for count in range(min(most[index], room.more(pattern, index)), -1, -1):
        yield from _all(room, most, plus(pattern, index, count), index + 1)


def fewest_nodes(
    patterns: Sequence[Pattern], counts: Sequence[int], *, fewer_than: int | None = None
) -> tuple[tuple[tuple[Pattern, int], ...], bool]:
    """The fewest nodes for *counts* with *patterns* (or parts of them), and whether that is proven.

    Nothing if it is proven that there are none, *fewer_than* so many. Raises OutOfWork.
    """
    model = Model()
    times = [model.add_column(f"times[{n}]", cost=1.0) for n, _ in enumerate(patterns)]
    for j, count in enumerate(counts):
        holding = {t: float(p[j]) for t, p in zip(times, patterns, strict=True) if p[j]}
        model.at_least(f"count[{j}]", holding, float(count))
    if fewer_than is not None:
        model.at_most("nodes", dict.fromkeys(times, 1.0), float(fewer_than - 1))
    answer = solve_model(model)
    if answer.values is None:
        if not answer.ended:
            raise OutOfWork
        return (), True
    used = [(p, round(t)) for p, t in zip(patterns, answer.values, strict=True) if round(t)]
    return _trimmed(used, counts), answer.ended


def _trimmed(
    used: Sequence[tuple[Pattern, int]], counts: Sequence[int]
) -> tuple[tuple[Pattern, int], ...]:
    """The same nodes without what is too much of a class."""
    groups = list(used)
    for j, count in enumerate(counts):
        excess = sum(p[j] * t for p, t in groups) - count
        kept: list[tuple[Pattern, int]] = []
        for pattern, times in groups:
            emptied = min(times, excess // pattern[j]) if pattern[j] else 0
            excess -= emptied * pattern[j]
            part = min(excess, pattern[j]) if emptied < times else 0
            excess -= part
            kept.append((plus(pattern, j, -pattern[j]), emptied))
            kept.append((plus(pattern, j, -part), 1 if part else 0))
            kept.append((pattern, times - emptied - (1 if part else 0)))
        groups = [(pattern, times) for pattern, times in kept if times]
    return tuple(groups)
