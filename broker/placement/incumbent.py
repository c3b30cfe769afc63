"""The best fleet found so far for a component, and the highest bound proven."""

from fractions import Fraction
from math import isfinite

from broker.domain.money import MICROS_PER_UNIT, Money
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool, broken_rules, costs

SOLVER_TOLERANCE = Fraction(1, 1_000_000)
"""Taken off the solver's bound, since it works in floating point with tolerances of 1e-6."""


class Incumbent:
    """The best answer so far, and the highest bound proven."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.bought: tuple[BoughtPool, ...] = ()
        self.objective: Money | None = None
        self._proven = Fraction(0)

    def prove(self, bound: float) -> None:
        """Take *bound* if it is one, and higher."""
        if isfinite(bound):
            self._proven = max(self._proven, Fraction(bound) * MICROS_PER_UNIT)

    def learn(self, bought: tuple[BoughtPool, ...]) -> bool:
        """Take *bought* if it is lawful and cheaper; whether it was. No pools are no fleet."""
        if not bought:
            return False
        cost = costs(self.problem, bought).total
        if self.objective is not None and cost >= self.objective:
            return False
        if any(broken_rules(self.problem, bought)):
            return False
        self.objective, self.bought = cost, bought
        return True

    @property
    def proven(self) -> float:
        """The highest bound proven."""
        return float(self._proven / MICROS_PER_UNIT)

    @property
    def gap(self) -> Fraction:
        """The share of the objective that is not proven; 1 without an answer."""
        if self.objective is None:
            return Fraction(1)
        if not self.objective.micros:
            return Fraction(0)
        return max(Fraction(0), 1 - self._proven / self.objective.micros)

    @property
    def bound(self) -> Money:
        """The proven bound, less the solver's tolerance, and never above the objective."""
        lowered = self._proven - abs(self._proven) * SOLVER_TOLERANCE
        proven = Money(
            lowered.numerator // lowered.denominator, self.problem.spec.objective.currency
        )
        return proven if self.objective is None else min(self.objective, proven)
