"""Rounds of a search: solve, pack the answer, cut what does not fit, until the gap is closed."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from broker.domain.wording import many
from broker.placement.cutting import assignment, cut
from broker.placement.fitting import fitting
from broker.placement.highs import Answer, solve_model
from broker.placement.incumbent import Incumbent
from broker.placement.matrix import Numbers
from broker.placement.model import INFINITY, Model
from broker.placement.purchase import BoughtPool, buy
from broker.placement.tightening import Tightening
from broker.placement.variables import Variables
from broker.ports.progress import Progress

ROUNDS = 40

ALLOWED = Fraction(97, 100)
"""Of the goal: what a part may leave open, so that all parts together reach it."""

PATIENCE, GOOD_ENOUGH = 200_000_000, Fraction(1, 1_000)
"""After so much work, simplex iterations times rows, a gap of a thousandth will do. It is what 15 to 20
seconds do; the last ten thousandths of a middling fleet, each new packing by itself, can take minutes.
"""

FITTED = 1.5
"""Times the gap that was asked for, if that is less than has to be: so near the best, a fleet that fits
saves another search."""

OPTIMAL_GAP = Fraction(1, 10_000)
"""Up to which an answer counts as the best there is."""


class NoFeasibleAnswer(Exception):
    """The model has no answer at all."""


class Rounds:
    """Answers packed and cut, round by round, of one model and then of another.

    They go on to a gap of *best*, or to one that is good enough once the work was too much.
    """

    def __init__(self, incumbent: Incumbent, progress: Progress, best: Fraction) -> None:
        self.incumbent = incumbent
        self.progress = progress
        self.best = best
        self.number = 0
        self.work = 0
        self._values: dict[str, float] = {}

    @property
    def goal(self) -> Fraction:
        """The gap to be reached."""
        return self.best if self.work < PATIENCE else max(self.best, GOOD_ENOUGH)

    @property
    def is_done(self) -> bool:
        """Whether the gap is as small as it has to be."""
        return self.incumbent.gap <= self.goal

    @property
    def limit(self) -> float:
        """A fleet that costs this much or more is of no interest; without a fleet all are."""
        if self.incumbent.objective is None:
            return INFINITY
        return self.incumbent.objective.to_float() * float(1 - ALLOWED * self.goal)

    @property
    def is_optimal(self) -> bool:
        """Whether the gap is so small that the answer counts as the best there is."""
        return self.incumbent.gap <= min(self.best, OPTIMAL_GAP)

    def start(self, model: Model) -> dict[int, float]:
        """The best answer so far, by columns of *model*; nothing if there is none."""
        if not self._values:
            return {}
        return {
            number: round(self._values.get(column.name, 0.0))
            for number, column in enumerate(model.columns)
            if column.integer
        }

    def run(
        self, v: Variables, tightening: Tightening, *, beyond: float, gap: float = INFINITY
    ) -> None:
        """Until what *v* allows is as good as proven, to *gap* at least, or the work limit comes.

        Every fleet that *v* leaves out costs at least *beyond*: infinity, if it leaves out none.
        Raises NoFeasibleAnswer if there is none at all.
        """
        for _ in range(ROUNDS):
            self.number += 1
            allowed = self._allowed(beyond)
            closely = min(gap, allowed)
            answer = solve_model(
                v.model,
                lambda gap: self.progress.note(f"gap {gap:.2%}"),
                gap=closely,
                start=self.start(v.model),
            )
            self.work += answer.iterations * len(v.model.rows)
            if answer.values is None:
                self._without_answer(answer, beyond)
                return
            values = np.array(answer.values)
            bought = buy(assignment(v, values))
            self._learn(v, answer, bought, beyond)
            if self.is_done or not answer.ended or self._is_settled(answer):
                return
            if not cut(v, tightening, bought, values):
                return
            enough = answer.bound / (1 - min(FITTED * closely, allowed))
            if self._fits(v, tightening, bought, values, enough=enough):
                return

    def _fits(
        self,
        v: Variables,
        tightening: Tightening,
        bought: Sequence[BoughtPool],
        values: Numbers,
        *,
        enough: float,
    ) -> bool:
        """Whether a fleet near *values*, of which was *bought* what does not fit, costs no more than *enough*."""
        for answer, fleet in fitting(v, tightening, bought, values):
            self.work += answer.iterations * len(v.model.rows)
            self._take(v, answer, fleet)
            objective = self.incumbent.objective
            if objective is not None and objective.to_float() <= enough:
                return True
        return False

    def _allowed(self, beyond: float) -> float:
        """The gap at which a model need not be searched on: what it leaves out bounds as well."""
        if beyond == INFINITY or self.incumbent.objective is None:
            return float(self.goal)
        left_out = 1 - beyond / max(1e-6, self.incumbent.objective.to_float())
        return max(float(ALLOWED * self.goal), left_out / 2)

    def _without_answer(self, answer: Answer, beyond: float) -> None:
        if not answer.ended:
            return
        if beyond < INFINITY:
            self.incumbent.prove(beyond)
        elif self.incumbent.objective is None:
            raise NoFeasibleAnswer

    def _is_settled(self, answer: Answer) -> bool:
        """Whether *answer* leaves nothing cheaper to be found in its model."""
        objective = self.incumbent.objective
        return objective is not None and answer.bound >= self.limit

    def _learn(
        self, v: Variables, answer: Answer, bought: tuple[BoughtPool, ...], beyond: float
    ) -> None:
        self.incumbent.prove(min(answer.bound, beyond))
        self._take(v, answer, bought)
        rounds = many(self.number, "round")
        self.progress.note(f"gap {float(self.incumbent.gap):.3%} after {rounds}")

    def _take(self, v: Variables, answer: Answer, bought: tuple[BoughtPool, ...]) -> None:
        """Keep what is *bought* of *answer*, if it is the best so far."""
        if self.incumbent.learn(bought) and answer.values is not None:
            named = zip(v.model.columns, answer.values, strict=True)
            self._values = {column.name: value for column, value in named if value}
