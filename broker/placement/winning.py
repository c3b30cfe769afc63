"""What is known of a change that would make an offer win: tried on the solver, and with a little less."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.placement.counterfactual import Counterfactuals
from broker.placement.lifts import Case, Step
from broker.placement.mover import Move
from broker.placement.outcome import GAP, ROUNDING, Failure, Outcome
from broker.placement.problem import Problem

TOLERANCES = 3
"""By how many of the solver's tolerances a fleet must be clear of the plan."""


class Change(StrEnum):
    """What is known of a change.

    *least*: with it the best fleet has the workload on the offer; with a little less it has not.
    *outdone*: with it a fleet that has the workload there costs less than the plan, but one that
    has it elsewhere costs no more. *enough*: a fleet with it costs less than the plan; more is not known.
    *not-enough*: with it the best such fleet found still costs more, by what is stated.
    """

    LEAST = "least"
    OUTDONE = "outdone"
    ENOUGH = "enough"
    NOT_ENOUGH = "not-enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Winning:
    """A change, in words to be read after `with`, and what it comes to.

    *costs* is what the best fleet found, with the workload on the offer, costs more than the plan,
    with what *moves* weigh more: less than nothing if it wins. *is_exact* tells whether there is no better fleet of that kind.
    *price* is that of a change of price, which is not enough at *loses_at*, if that was tried.
    *problem* is the question with the change made.
    """

    kind: str
    words: str
    change: Change
    costs: Money
    moves: Money
    is_exact: bool
    problem: Problem = field(repr=False)
    price: Money | None = None
    loses_at: Money | None = None

    @property
    def paid(self) -> Money:
        """What is on the bill more than with the plan."""
        return self.costs - self.moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A workload's offer that was not chosen, and the offers *allowed* to the workload with it.

    *move* is the best way to put it there with all else staying.
    """

    whatif: Counterfactuals
    workload: str
    offer: Offer
    allowed: tuple[str, ...]
    move: Move

    def on_it(self, problem: Problem, *, has_to_win: bool = False) -> Outcome | None:
        """The best fleet found with the workload on the offer; None if there is none.

        In a large fleet the move alone is packed already, so nothing is solved if that wins, and
        else only what is cheaper looked for; than the plan, if it *has_to_win*.
        """
        if self.whatif.is_whole:
            return self._solved(problem)
        alone = self.move.fleet_under(problem)
        if alone is not None and self.over(alone).micros <= -self.clear:
            return alone
        plan = self.whatif.base.costs.total
        limit = replace(plan, micros=plan.micros - self.clear) if has_to_win else None
        return self._solved(problem, limit or (alone.costs.total if alone else None)) or alone

    def _solved(self, problem: Problem, below: Money | None = None) -> Outcome | None:
        name, offer = self.workload, self.offer.name
        outcome = self.whatif.answer(problem, name, self.allowed, using=offer, below=below)
        if isinstance(outcome, Failure) or offer not in outcome.offers_of(name):
            return None
        return outcome

    def wins(self, problem: Problem) -> bool:
        """Whether the best fleet of all has the workload on the offer; small fleets only."""
        outcome = self.whatif.answer(problem, self.workload)
        return (
            not isinstance(outcome, Failure)
            and outcome.is_exact
            and self.offer.name in outcome.offers_of(self.workload)
        )

    def over(self, outcome: Outcome) -> Money:
        """What *outcome* costs more than the plan."""
        return outcome.costs.total - self.whatif.base.costs.total

    @property
    def clear(self) -> int:
        """Micro-dollars by which a fleet must differ from the plan to be told from it."""
        least = TOLERANCES * (GAP * abs(self.whatif.base.costs.total.micros) + ROUNDING)
        return -(-least.numerator // least.denominator)

    def case(self, problem: Problem) -> Case:
        """The same, for rules to give way."""
        return self.whatif.case(problem, self.workload, self.offer)


def judged(
    contender: Contender, kind: str, step: Step, *, has_to_win: bool = False
) -> Winning | None:
    """What the fleet comes to with the workload on the offer, once the rule gives way.

    None if there is no fleet with it even so, or none was found; of a large fleet that *has_to_win*
    none other is looked for.
    """
    outcome = contender.on_it(step.problem, has_to_win=has_to_win)
    return None if outcome is None else judged_by(contender, kind, step, outcome)


def judged_by(contender: Contender, kind: str, step: Step, outcome: Outcome) -> Winning:
    """The same of the fleet of *outcome*, which keeps to the rule as it gives way."""
    over = contender.over(outcome)
    return Winning(
        kind=kind,
        words=step.words,
        change=_comes_to(contender, step, over),
        costs=over,
        moves=outcome.costs.moves - contender.whatif.base.costs.moves,
        is_exact=outcome.is_exact and contender.whatif.base.is_exact,
        problem=step.problem,
    )


def _comes_to(contender: Contender, step: Step, over: Money) -> Change:
    if over.micros > -contender.clear:
        return Change.NOT_ENOUGH
    if not contender.whatif.is_whole:
        return Change.ENOUGH
    if not contender.wins(step.problem):
        return Change.OUTDONE
    if step.less is not None and contender.wins(step.less):
        return Change.ENOUGH
    return Change.LEAST
