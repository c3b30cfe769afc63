"""Raise what a relaxation proves by rows of its own tableau, while what is too dear is left out.

Such rows raise the bound of a huge model most, a few tenths of a second each time, where it is far
from the best fleet. They are many and long: a search in whole numbers finds its own sooner.
"""

from dataclasses import replace

from broker.placement.narrowing import dearness
from broker.placement.strengthening import Strengthened
from broker.placement.tableau import broken_by

ROUNDS, IDLE = 12, 2
"""How often rows are looked for, and how often in a row without worth; without any gain, once."""

WORTH = 5e-5
"""A round is worth it if it raises the bound by such a part."""


def sharpened(relaxed: Strengthened, limit: float) -> Strengthened:
    """*relaxed* with a higher bound on all fleets that cost less than *limit*, and *limit* at the most."""
    idle = 0
    for _ in range(ROUNDS):
        before = relaxed.bound
        relaxed = _round(relaxed, limit)
        idle = 0 if relaxed.bound > before * (1 + WORTH) else idle + 1
        if relaxed.bound in (before, limit) or idle == IDLE:
            break
    return relaxed


def _round(relaxed: Strengthened, limit: float) -> Strengthened:
    generation = relaxed.generation
    too_dear = dearness(relaxed) > limit - relaxed.bound
    generation.leave_out(relaxed.placing.are & too_dear)
    generation.join(broken_by(relaxed))
    solved = generation.solve()
    if solved is None:
        return replace(relaxed, bound=limit)
    answer, priced = solved
    return replace(
        relaxed,
        values=answer.values,
        prices=priced.prices,
        reduced=priced.reduced,
        bound=min(limit, max(relaxed.bound, priced.bound)),
    )
