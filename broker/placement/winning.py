"""The smallest change that makes an offer win, tried on the solver: with it, and with a little less."""

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction

from broker.domain.money import PRICE_PLACES, SUM_PLACES, Money
from broker.domain.offers import Offer
from broker.domain.spec import Quota
from broker.placement.counterfactual import Counterfactuals
from broker.placement.lifts import LIFTS, Case, Step, raised
from broker.placement.mover import Move
from broker.placement.outcome import GAP, ROUNDING, Failure, Outcome
from broker.placement.problem import Problem
from broker.placement.quotas import counts, quota_use_per_node, quotas_of
from broker.placement.used import used_by_place

ROUNDS = 8
"""Prices tried on the way to the one at which an offer draws level."""

CLEAR_STEPS = 3
"""Steps of a price, each as large as the solver can tell apart, from winning to not winning."""

CENT = 10_000  # micro-dollars

TOLERANCES = 3
"""By how many of the solver's tolerances a price must be clear of that one."""


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

    *costs* is what the best fleet found, with the workload on the offer, costs more than the plan:
    less than nothing if it wins. *is_exact* tells whether there is no better fleet of that kind.
    *price* is that of a change of price, which is not enough at *loses_at*, if that was tried.
    *problem* is the question with the change made.
    """

    kind: str
    words: str
    change: Change
    costs: Money
    is_exact: bool
    problem: Problem = field(repr=False)
    price: Money | None = None
    loses_at: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A workload's offer that was not chosen, and the offers *allowed* to the workload with it."""

    whatif: Counterfactuals
    workload: str
    offer: Offer
    allowed: tuple[str, ...]

    def on_it(self, problem: Problem) -> Outcome | None:
        """The best fleet found with the workload on the offer; None if there is none."""
        outcome = self.whatif.answer(problem, self.workload, self.allowed)
        if isinstance(outcome, Failure) or self.offer.name not in outcome.offers_of(self.workload):
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
        regions = {name: self.whatif.base.regions_of(name) for name in self.whatif.found}
        return Case(problem=problem, workload=self.workload, offer=self.offer, regions=regions)


def by_price(contender: Contender, outcome: Outcome) -> Winning | None:
    """The price at which the offer wins, *outcome* being the best fleet with it as it is.

    The cost of a fixed fleet is linear in the price, so that of the best one is concave: Newton's
    steps lead to the price at which it equals the plan. None if not even a free offer would win,
    or if that is not known.
    """
    level = _level_price(contender, outcome)
    if level is None:
        return None
    now = price_of(contender.offer)
    price, hours = level
    step = _price_step(contender, hours)
    winning = int((price - step) // step * step)
    if not 0 < winning < now.micros:
        return None
    losing = winning + CLEAR_STEPS * step
    exact = contender.whatif.is_whole and _decides(contender, winning, losing)
    places = PRICE_PLACES if step < CENT else SUM_PLACES
    return Winning(
        kind="price",
        words=f"a price of {Money(winning, now.currency).rounded(places)} an hour",
        change=Change.LEAST if exact else Change.ENOUGH,
        costs=Money(0, now.currency),
        is_exact=exact,
        problem=_priced(contender, winning),
        price=Money(winning, now.currency),
        loses_at=Money(losing, now.currency) if exact else None,
    )


def price_of(offer: Offer) -> Money:
    """The price of an offer that is, or could be, a candidate; ValueError if unknown."""
    if offer.price is None:
        message = f"{offer.name} has no price"
        raise ValueError(message)
    return offer.price


def _level_price(contender: Contender, outcome: Outcome) -> tuple[Fraction, Fraction] | None:
    """Micro-dollars an hour at which the fleet with the offer costs what the plan does, and hours."""
    price = Fraction(price_of(contender.offer).micros)
    best: Outcome | None = outcome
    for _ in range(ROUNDS):
        if best is None:
            return None
        over, hours = contender.over(best).micros, best.hours_paid(contender.offer.name)
        if abs(over) <= contender.clear // TOLERANCES:
            return price, hours
        if over > 0 and price <= 0:
            return None
        price = max(Fraction(0), price - Fraction(over) / hours)
        if not contender.whatif.is_whole:
            return (price, hours) if price else None
        best = contender.on_it(_priced(contender, price))
    return None


def _price_step(contender: Contender, hours: Fraction) -> int:
    """Micro-dollars an hour, a power of ten, by which the fleet is clear of the plan."""
    step = 100  # $0.0001
    while step * hours < contender.clear:
        step *= 10
    return step


def _priced(contender: Contender, micros: Fraction | int) -> Problem:
    """The problem with another price of the offer."""
    problem, now = contender.whatif.problem, contender.offer
    other = replace(now, price=Money(int(micros), price_of(now).currency))
    offers = tuple(other if offer == now else offer for offer in problem.offers)
    return replace(problem, offers=offers)


def _decides(contender: Contender, winning: int, losing: int) -> bool:
    """Whether the offer wins at one price, and does not at the other."""
    if not contender.wins(_priced(contender, winning)):
        return False
    is_the_plan = losing >= price_of(contender.offer).micros
    return is_the_plan or not contender.wins(_priced(contender, losing))


def by_rules(contender: Contender, lifted: Step, *fleet_rules: str) -> Winning | None:
    """What the rules about the single offer come to, once *lifted* together, and *fleet_rules* too.

    None if there is still no fleet with the workload on the offer, or a rule can not give way.
    """
    step = lifted
    for rule in dict.fromkeys(fleet_rules):
        further = next(LIFTS[rule](contender.case(step.problem)), None) if rule in LIFTS else None
        if further is None:
            return None
        step = replace(further, words=f"{step.words} and {further.words}")
    return _judged(contender, "rules", step)


def by_move(contender: Contender, lifted: Step, move: Move) -> Winning | None:
    """That *move* alone is enough in a large fleet, once the rules are *lifted*; None if it is not.

    It keeps all rules of the fleet and is packed, so nothing has to be solved to say so.
    """
    saves = not move.broken and move.change.total.micros <= -contender.clear
    if contender.whatif.is_whole or not saves:
        return None
    return Winning(
        kind="rules",
        words=lifted.words,
        change=Change.ENOUGH,
        costs=move.change.total,
        is_exact=False,
        problem=lifted.problem,
    )


def by_fleet_rule(contender: Contender, rule: str) -> Winning | None:
    """How far a rule about the whole fleet has to give way: the first step that is enough.

    None if none is, or if the rule has no steps.
    """
    if rule == "quota":
        return _by_quota(contender)
    steps = LIFTS[rule](contender.case(contender.whatif.problem)) if rule in LIFTS else ()
    for step in steps:
        judged = _judged(contender, rule, step)
        if judged is not None and judged.change is not Change.NOT_ENOUGH:
            return judged
    return None


def _judged(
    contender: Contender, kind: str, step: Step, known: Outcome | None = None
) -> Winning | None:
    """What the fleet comes to with the workload on the offer, once the rule gives way.

    *known* is such a fleet, if there is one already.
    """
    outcome = known or contender.on_it(step.problem)
    if outcome is None:
        return None
    over = contender.over(outcome)
    return Winning(
        kind=kind,
        words=step.words,
        change=_comes_to(contender, step, over),
        costs=over,
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


def _by_quota(contender: Contender) -> Winning | None:
    """The least limit of the one quota that stands in the way, found by halving."""
    problem = contender.whatif.problem
    for quota in quotas_of(contender.offer, problem):
        unlimited = contender.on_it(raised(problem, quota, _plenty(problem, quota)).problem)
        if unlimited is None or contender.over(unlimited).micros > -contender.clear:
            continue
        used = max(used_by_place(unlimited.pools, quota).values())
        limit = _least_limit(contender, quota, math.ceil(used))
        step = raised(problem, quota, limit)
        # The fleet that was found keeps that limit: a large one need not be looked for again.
        return _judged(contender, "quota", step, None if contender.whatif.is_whole else unlimited)
    return None


def _plenty(problem: Problem, quota: Quota) -> int:
    """More than all workloads could use of *quota*."""
    replicas = sum(workload.replicas.maximum for workload in problem.spec.workloads)
    uses = (quota_use_per_node(offer, quota) for offer in problem.offers if counts(quota, offer))
    return quota.limit + math.ceil(replicas * max(uses, default=0))


def _least_limit(contender: Contender, quota: Quota, enough: int) -> int:
    """Between the present limit and *enough*, the least with which a fleet is cheaper."""
    low, high = quota.limit, max(enough, quota.limit + 1)
    while contender.whatif.is_whole and high - low > 1:
        middle = (low + high) // 2
        outcome = contender.on_it(raised(contender.whatif.problem, quota, middle).problem)
        if outcome is not None and contender.over(outcome).micros <= -contender.clear:
            high = middle
        else:
            low = middle
    return high
