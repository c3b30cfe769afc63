"""Why a workload is where it is: what was chosen, what comes next, and what kept the cheaper away."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from broker.domain.fleet import Placement
from broker.domain.money import Money, total
from broker.domain.workloads import Workload
from broker.placement.alternatives import Alternative
from broker.placement.candidates import Candidate, candidates
from broker.placement.cheaper import Cheaper, CheaperOffers
from broker.placement.counterfactual import SMALL, Counterfactuals
from broker.placement.mover import Move, Mover, diverse, ranked_moves
from broker.placement.moves import weighs_moves, without_stability
from broker.placement.outcome import Failure
from broker.placement.problem import Problem
from broker.placement.solution import Solution
from broker.placement.variables import node_cost
from broker.placement.worth import (
    BudgetWorth,
    TeamWorth,
    Worth,
    budget_worth,
    quota_worths,
    team_worths,
)

RUNNERS_UP, MOST_TRIED = 6, 10
"""Runners-up that are told, and moves that are solved with to find them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """*chosen_alone* is the cost of the workload on nodes of its own, on the offers it has.

    *runners_up* are other offers it could have, with fleets solved anew, the least costly first.
    *without_chosen* is what any fleet costs more, at the least, in which the workload is on none
    of its chosen offers; None where that is not known. *cheaper* are offers that would be cheaper
    alone and are not used. *worths* are the quotas that are used up, *team_worths* the budgets of
    teams that decide, *budget* what is left of that of the fleet.
    *excluded* counts the offers taken away by each rule for single offers, *lawful* those left.
    *is_whole* tells whether the whole fleet was solved anew for each, or what is around the workload.
    """

    workload: Workload
    chosen: tuple[Placement, ...]
    chosen_alone: Money
    runners_up: tuple[Alternative, ...]
    without_chosen: Money | None
    cheaper: tuple[Cheaper, ...]
    worths: tuple[Worth, ...]
    team_worths: tuple[TeamWorth, ...]
    budget: BudgetWorth | None
    lawful: int
    excluded: Counter[str]
    is_whole: bool


def explain(
    problem: Problem, solution: Solution, workload: Workload, *, largest: int = SMALL
) -> Explanation:
    """Compare the chosen offers of *workload* with the others, by solving with each of those.

    Fleets whose models have more than *largest* variables are solved in part (`Counterfactuals`).
    """
    name = workload.name
    found = candidates(problem)
    lawful = found.by_workload[name]
    whatif = Counterfactuals(problem, found, solution, largest=largest)
    now = whatif.base.offers_of(name)
    alone = _alone(lawful, now, problem.spec.objective.currency)
    moves = ranked_moves(
        Mover(whatif.problem, whatif.base), name, (c for c in lawful if c.offer.name not in now)
    )
    offers = CheaperOffers(whatif, workload, alone)
    tried = _tried(offers, moves)
    runners_up = [each for each in tried.values() if isinstance(each, Alternative)]
    return Explanation(
        workload=workload,
        chosen=tuple(p for p in solution.fleet.placements if p.workload == name),
        chosen_alone=alone,
        runners_up=tuple(sorted(runners_up, key=_by_change)[:RUNNERS_UP]),
        without_chosen=_without(whatif, name, frozenset(now)),
        cheaper=offers.all(problem, moves, tried),
        worths=tuple(quota_worths(whatif, name)),
        team_worths=tuple(team_worths(whatif, name)),
        budget=budget_worth(whatif),
        lawful=len(lawful),
        excluded=found.excluded[name],
        is_whole=whatif.is_whole,
    )


def _alone(lawful: Sequence[Candidate], now: dict[str, int], currency: str) -> Money:
    """What the workload costs on the offers it has, on nodes of its own."""
    return total(
        (
            node_cost(candidate, candidate.nodes_for(now[candidate.offer.name]))
            for candidate in lawful
            if candidate.offer.name in now
        ),
        currency,
    )


def _tried(offers: CheaperOffers, moves: Sequence[Move]) -> dict[str, Alternative | Failure]:
    """What solving came to with the moves that are told, by the name of the offer.

    Those are the next best that have a fleet, and the cheaper ones.
    """
    tried: dict[str, Alternative | Failure] = {}
    found = 0
    for move in diverse(moves, MOST_TRIED):
        if found < RUNNERS_UP:
            tried[move.target.offer.name] = outcome = offers.tried(move)
            found += isinstance(outcome, Alternative)
    for move in offers.worth_verifying(moves):
        if move.target.offer.name not in tried:
            tried[move.target.offer.name] = offers.tried(move)
    return tried


def _without(whatif: Counterfactuals, workload: str, chosen: frozenset[str]) -> Money | None:
    """How much more any fleet costs, at the least, that does without the *chosen* offers.

    Less than nothing where one may cost less and does not save enough to move for.
    """
    if not whatif.is_whole:
        return None
    weighs = weighs_moves(whatif.problem)
    asked = without_stability(whatif.problem) if weighs else whatif.problem
    outcome = whatif.answer(asked, workload, barred=chosen)
    if isinstance(outcome, Failure) or outcome.bound is None:
        return None
    least = outcome.bound - whatif.base.costs.paid
    return least if weighs else max(least, Money(0, least.currency))


def _by_change(alternative: Alternative) -> tuple[Money, str]:
    return (alternative.change.total, alternative.offer.name)
