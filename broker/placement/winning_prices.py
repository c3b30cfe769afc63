"""The price at which an offer wins, found by Newton's steps and tried on the solver."""

from dataclasses import replace
from fractions import Fraction

from broker.domain.money import PRICE_PLACES, SUM_PLACES, Money
from broker.domain.offers import Offer
from broker.placement.outcome import Outcome
from broker.placement.problem import Problem
from broker.placement.winning import TOLERANCES, Change, Contender, Winning

ROUNDS = 8
"""Prices tried on the way to the one at which an offer draws level."""

CLEAR_STEPS = 3
"""Steps of a price, each as large as the solver can tell apart, from winning to not winning."""

CENT = 10_000  # micro-dollars


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
        moves=Money(0, now.currency),
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
