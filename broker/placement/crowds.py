"""Of some pools and those on them, which workloads to round, and in which parts of a node."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from broker.placement.matrix import Mask, Numbers

VIOLATED = 1e-3
"""Nodes by which a row must be broken to be worth adding."""

PRESENT = 1e-6
LEAST_FRACTION = 0.02
"""Of β: what is nearly whole rounds to hardly more."""

SHARES = (PRESENT, 0.5, 0.95)
"""Workloads are chosen of which P holds more than such a share of what it may hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """What a unit of each workload takes at least, exactly and as numbers."""

    exact: tuple[Fraction, ...]
    numbers: Numbers


def sizes_from(exact: Sequence[Fraction]) -> Sizes:
    """Both forms of what is told exactly."""
    return Sizes(tuple(exact), np.array([float(size) for size in exact]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crowd:
    """Of some pools: their *room* and *nodes*, and of each workload *placed* and *most* units."""

    room: Numbers
    nodes: Numbers
    placed: Numbers
    most: Numbers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """What to round: *sizes* of the *chosen* workloads, in units of 1 / *times*."""

    sizes: Sizes
    chosen: Mask
    most: Numbers
    times: Fraction


def most_broken(times: Sequence[Fraction], crowd: Crowd, sizes: Sequence[Sizes]) -> Choice | None:
    """The row that is broken by the most nodes; of equals the first."""
    best, found = VIOLATED, None
    seen = set()
    for share in SHARES:
        chosen = crowd.placed > np.maximum(PRESENT, share * crowd.most)
        if not chosen.any() or chosen.tobytes() in seen:
            continue
        seen.add(chosen.tobytes())
        for each in sizes:
            excess = _excess(crowd, each.numbers * chosen, times)
            number = int(excess.argmax())
            if excess[number] > best + PRESENT:
                best = float(excess[number])
                found = Choice(sizes=each, chosen=chosen, most=crowd.most, times=times[number])
    return found


def _excess(crowd: Crowd, sizes: Numbers, times: Sequence[Fraction]) -> Numbers:
    """For each of *times*, the nodes that are missing to what the rounded row asks for."""
    each = np.array([float(t) for t in times])[:, np.newaxis]
    least = (each * sizes) @ crowd.most
    fraction = least - np.floor(least + PRESENT)
    rounds = fraction > LEAST_FRACTION
    safe = np.where(rounds, fraction, 1.0)[:, np.newaxis]
    got = _rounded_all(each * crowd.room, safe) @ crowd.nodes
    got += _rounded_all(each * sizes, safe) @ (crowd.most - crowd.placed)
    missing = (np.ceil(least - PRESENT) - got) / each[:, 0] / crowd.room.max()
    excess: Numbers = np.where(rounds, missing, 0.0)
    return excess


def _rounded_all(amounts: Numbers, fraction: Numbers) -> Numbers:
    whole = np.floor(amounts + PRESENT)
    rounded: Numbers = whole + np.minimum(1.0, np.maximum(amounts - whole, 0.0) / fraction)
    return rounded


def exactly_rounded(amount: Fraction, fraction: Fraction) -> Fraction:
    """G(amount): its whole part, and of the rest as much as *fraction* lets count.

    >>> exactly_rounded(Fraction(7, 4), Fraction(7, 8)), exactly_rounded(Fraction(7, 4), Fraction(1, 2))
    (Fraction(13, 7), Fraction(2, 1))
    """
    whole, rest = divmod(amount.numerator, amount.denominator)
    # In whole numbers, since it is asked for every place that a row has.
    part, of = rest * fraction.denominator, amount.denominator * fraction.numerator
    return Fraction(whole + 1) if part >= of else Fraction(whole * of + part, of)
