"""Why a workload is where it is: what was chosen, what comes next, and what kept the cheaper away."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from broker.domain.fleet import Placement
from broker.domain.money import Money, total
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.alternatives import (
    RELAXATIONS,
    Alternative,
    Move,
    Mover,
    Proof,
    allowed_after,
    diverse,
    ranked_moves,
    verified,
)
from broker.placement.candidates import Candidates, candidates, exclusion, fitting
from broker.placement.counterfactual import SMALL, Counterfactuals, Failure, cost_alone
from broker.placement.problem import Problem
from broker.placement.purchase import Costs
from broker.placement.solution import Solution
from broker.placement.variables import node_cost

RUNNERS_UP = 6
CHEAPER_VERIFIED = 8
"""Lawful offers that are cheaper alone, for which the fleet is solved anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheaper:
    """An offer on which the workload alone would cost less, and why it is not there.

    *rule* is the one that forbids it, or `cost` if it is lawful: then *change* is what the fleet
    would cost more with it, and *proof* what is known of that.
    """

    offer: Offer
    alone: Money
    rule: str
    reason: str
    change: Costs | None = None
    proof: Proof | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """*chosen_alone* is the cost of the workload on nodes of its own, on the offers it has.

    *runners_up* are other offers it could have, with fleets solved anew, the least costly first.
    *without_chosen* is what any fleet costs more, at the least, in which the workload is on none
    of its chosen offers; None where that is not known. *cheaper* are offers that would be cheaper
    alone and are not used. *excluded* counts the offers taken away by each rule for single offers,
    *lawful* those left.
    """

    workload: Workload
    chosen: tuple[Placement, ...]
    chosen_alone: Money
    runners_up: tuple[Alternative, ...]
    without_chosen: Money | None
    cheaper: tuple[Cheaper, ...]
    lawful: int
    excluded: Counter[str]


def explain(
    problem: Problem, solution: Solution, workload: Workload, *, largest: int = SMALL
) -> Explanation:
    """Compare the chosen offers of *workload* with the others, by solving with each of those.

    Fleets whose models have more than *largest* variables are solved in part (`Counterfactuals`).
    """
    found = candidates(problem)
    whatif = Counterfactuals(problem, found, solution, largest=largest)
    return _Explainer(problem, found, whatif, workload).explanation(solution)


class _Explainer:
    """What the parts of an explanation are made from."""

    def __init__(
        self, problem: Problem, found: Candidates, whatif: Counterfactuals, workload: Workload
    ) -> None:
        self.problem = problem
        self.found = found
        self.whatif = whatif
        self.workload = workload
        self.now = whatif.base.offers_of(workload.name)
        lawful = found.by_workload[workload.name]
        self.chosen_alone = total(
            (
                node_cost(c, c.nodes_for(self.now[c.offer.name]))
                for c in lawful
                if c.offer.name in self.now
            ),
            problem.spec.objective.currency,
        )
        self.moves = ranked_moves(
            Mover(whatif.problem, whatif.base),
            workload.name,
            (c for c in lawful if c.offer.name not in self.now),
        )

    def explanation(self, solution: Solution) -> Explanation:
        """All of it."""
        name = self.workload.name
        tried = {move.target.offer.name: verified(self.whatif, move) for move in self._shown()}
        runners_up = [each for each in tried.values() if isinstance(each, Alternative)]
        return Explanation(
            workload=self.workload,
            chosen=tuple(p for p in solution.fleet.placements if p.workload == name),
            chosen_alone=self.chosen_alone,
            runners_up=tuple(sorted(runners_up, key=_by_change)[:RUNNERS_UP]),
            without_chosen=self._without_chosen(),
            cheaper=tuple(
                sorted(
                    [*self._lawful(tried), *self._excluded()],
                    key=lambda c: (c.alone, c.offer.name),
                )
            ),
            lawful=len(self.found.by_workload[name]),
            excluded=self.found.excluded[name],
        )

    def _shown(self) -> list[Move]:
        """The moves that are verified: the next best, and the cheaper ones."""
        shown = diverse(self.moves, RUNNERS_UP)
        cheaper = diverse(self._cheaper_moves(), CHEAPER_VERIFIED)
        return [*shown, *(move for move in cheaper if move not in shown)]

    def _cheaper_moves(self) -> Iterator[Move]:
        """Lawful offers that cost less alone, or that would save something but for a rule."""
        for move in self.moves:
            if cost_alone(move.target) < self.chosen_alone or (
                move.broken and move.change.total < Money(0, move.change.total.currency)
            ):
                yield move

    def _without_chosen(self) -> Money | None:
        """How much more any fleet costs that does without the chosen offers of the workload."""
        if not self.whatif.is_whole:
            return None
        outcome = self.whatif.answer(
            self.whatif.problem, self.workload.name, barred=frozenset(self.now)
        )
        if isinstance(outcome, Failure) or outcome.bound is None:
            return None
        least = outcome.bound - self.whatif.base.costs.total
        return max(least, Money(0, least.currency))

    def _lawful(self, tried: dict[str, Alternative | Failure]) -> Iterator[Cheaper]:
        """Offers that the workload may use, that are cheaper alone, and not better for the fleet."""
        for move in self._cheaper_moves():
            alternative = tried.get(move.target.offer.name)
            if isinstance(alternative, Alternative):
                yield self._dearer_for_the_fleet(alternative)
            else:
                yield self._in_the_way(move, alternative)

    def _dearer_for_the_fleet(self, alternative: Alternative) -> Cheaper:
        obstacle = next(iter(alternative.obstacles), None)
        return Cheaper(
            offer=alternative.offer,
            alone=alternative.alone,
            rule=obstacle.rule if obstacle else "cost",
            reason=obstacle.reason if obstacle else "",
            change=alternative.change,
            proof=alternative.proof,
        )

    def _in_the_way(self, move: Move, failure: Failure | None) -> Cheaper:
        """What speaks against a move that was not solved for, or for which there is no fleet."""
        obstacle = next(iter(move.broken), None)
        rule, reason = (obstacle.rule, obstacle.reason) if obstacle else ("cost", "")
        if failure is Failure.IMPOSSIBLE:
            rule = self._forbidding(move) or rule
            reason = reason if obstacle and obstacle.rule == rule else IMPOSSIBLE.get(rule, "")
        return Cheaper(
            offer=move.target.offer,
            alone=cost_alone(move.target),
            rule=rule,
            reason=reason,
            change=None if obstacle or failure is Failure.IMPOSSIBLE else move.change,
            proof=None if obstacle or failure is Failure.IMPOSSIBLE else Proof.AT_MOST,
        )

    def _forbidding(self, move: Move) -> str | None:
        """The rule of the fleet without which there would be a fleet with the move made."""
        name, allowed = self.workload.name, allowed_after(self.whatif, move)
        for rule, relaxed in RELAXATIONS.items():
            outcome = self.whatif.answer(relaxed(self.whatif.problem), name, allowed)
            if not isinstance(outcome, Failure):
                return rule
        return None

    def _excluded(self) -> Iterator[Cheaper]:
        """Offers on which it fits and would cost less, were it not for a rule about that offer."""
        for offer in self.problem.offers:
            candidate = None if offer.price is None else fitting(self.workload, offer)
            if candidate is None:
                continue
            alone = cost_alone(candidate)
            why = (
                exclusion(self.workload, offer, self.problem) if alone < self.chosen_alone else None
            )
            if why is not None:
                yield Cheaper(offer=offer, alone=alone, rule=why.rule, reason=why.reason)


IMPOSSIBLE = {
    "quota": "no fleet is within the quotas with it",
    "near": "no fleet keeps its neighbours near with it",
    "apart": "no fleet keeps workloads apart with it",
    "spread": "no fleet is spread as asked with it",
    "latency": "no fleet serves all clients in time with it",
    "fleet": "no fleet keeps all rules with it",
}


def _by_change(alternative: Alternative) -> tuple[Money, str]:
    return (alternative.change.total, alternative.offer.name)
