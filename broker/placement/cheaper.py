"""Offers on which a workload alone would cost less than where it is, and what keeps it from them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.alternatives import (
    RELAXATIONS,
    Alternative,
    Proof,
    allowed_after,
    obstacles,
    verified,
)
from broker.placement.candidates import exclusion, fitting
from broker.placement.counterfactual import Counterfactuals
from broker.placement.displacing import by_displacing
from broker.placement.lifts import lifted
from broker.placement.mover import Move, Mover, diverse, kind_of
from broker.placement.outcome import Failure, cost_alone
from broker.placement.problem import Problem
from broker.placement.purchase import Costs
from broker.placement.relays import Relays
from broker.placement.rules import is_committed_beyond
from broker.placement.winning import Contender, Winning
from broker.placement.winning_prices import by_price
from broker.placement.winning_rules import by_fleet_rule, by_rules

VERIFIED = 8
"""Lawful offers that are cheaper alone, for which the fleet is solved anew."""

LEADING = 8
OF_ONE_RULE = 3
"""Cheaper offers to be shown, and of one rule among them while there are others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheaper:
    """An offer on which the workload alone would cost less, and why it is not there.

    *rule* is the one that forbids it, or `cost` if it is lawful: then *change* is what the fleet
    would cost more with it, and *proof* what is known of that. *winning* is what would have to
    change for it to be chosen, or what would not be enough; None if nothing was tried, or nothing
    can change. *displacing* is that it wins once work of lower priority yields.
    """

    offer: Offer
    alone: Money
    rule: str
    reason: str
    change: Costs | None = None
    proof: Proof | None = None
    winning: Winning | None = None
    displacing: Winning | None = None


class CheaperOffers:
    """The offers that would cost *workload* less than *than*, on nodes of its own."""

    def __init__(self, whatif: Counterfactuals, workload: Workload, than: Money) -> None:
        self.whatif = whatif
        self.workload = workload
        self.than = than

    def among(self, moves: Iterable[Move]) -> list[Move]:
        """Lawful ones, and those that would save something but for a rule of the fleet."""
        nothing = Money(0, self.than.currency)
        return [
            move
            for move in moves
            if cost_alone(move.target) < self.than or (move.broken and move.change.total < nothing)
        ]

    def worth_verifying(self, moves: Iterable[Move]) -> list[Move]:
        """Those of them for which the fleet is solved anew."""
        return diverse(self.among(moves), VERIFIED)

    def all(
        self, problem: Problem, moves: Iterable[Move], tried: dict[str, Alternative | Failure]
    ) -> tuple[Cheaper, ...]:
        """All of them, the cheapest first; what would have to change is told of the leading ones.

        *problem* has all offers, *tried* what solving came to, by the name of the offer.
        """
        lawful = (
            self._lawful(move, tried.get(move.target.offer.name)) for move in self.among(moves)
        )
        found = sorted([*lawful, *self._excluded(problem)], key=lambda c: (c.alone, c.offer.name))
        names = {each.offer.name for each in leading(found)}
        return tuple(
            replace(each, winning=self._by_rule(each.offer))
            if each.offer.name in names and each.winning is None and each.change is None
            else each
            for each in found
        )

    def _lawful(self, move: Move, tried: Alternative | Failure | None) -> Cheaper:
        if isinstance(tried, Alternative):
            return self._dearer_for_the_fleet(tried)
        obstacle = next(iter(obstacles(self.whatif.problem, move)), None)
        rule, reason = (obstacle.rule, obstacle.reason) if obstacle else ("cost", "")
        winning = displacing = None
        if tried is Failure.IMPOSSIBLE:
            rule = self._forbidding(move) or rule
            reason = reason if obstacle and obstacle.rule == rule else IMPOSSIBLE.get(rule, "")
            winning = by_fleet_rule(self.contender(move), rule)
            displacing = by_displacing(self.contender(move)) if rule == "quota" else None
        is_bounded = not obstacle and tried is not Failure.IMPOSSIBLE
        return Cheaper(
            offer=move.target.offer,
            alone=cost_alone(move.target),
            rule=rule,
            reason=reason,
            change=move.change if is_bounded else None,
            proof=Proof.AT_MOST if is_bounded else None,
            winning=winning,
            displacing=displacing,
        )

    def tried(self, move: Move) -> Alternative | Failure:
        """A lawful move with what would make it the best, or why there is no fleet with it."""
        alternative = verified(self.whatif, move)
        if isinstance(alternative, Failure):
            return alternative
        contender = replace(self.contender(move), allowed=alternative.allowed)
        return replace(alternative, wins=wins_of(contender, alternative))

    def contender(self, move: Move) -> Contender:
        """The target of a move, to be made to win."""
        return Contender(
            whatif=self.whatif,
            workload=self.workload.name,
            offer=move.target.offer,
            allowed=allowed_after(self.whatif, move),
            move=move,
        )

    def _dearer_for_the_fleet(self, alternative: Alternative) -> Cheaper:
        obstacle = next(iter(alternative.obstacles), None)
        return Cheaper(
            offer=alternative.offer,
            alone=alternative.alone,
            rule=obstacle.rule if obstacle else "cost",
            reason=obstacle.reason if obstacle else "",
            change=alternative.change,
            proof=alternative.proof,
            winning=next((each for each in alternative.wins if each.kind != "yield"), None),
            displacing=next((each for each in alternative.wins if each.kind == "yield"), None),
        )

    def _forbidding(self, move: Move) -> str | None:
        """The rule of the fleet without which there would be a fleet with the move made."""
        name, allowed = self.workload.name, allowed_after(self.whatif, move)
        for rule, relaxed in RELAXATIONS.items():
            outcome = self.whatif.answer(relaxed(self.whatif.problem), name, allowed)
            if not isinstance(outcome, Failure):
                return rule
        return None

    def _excluded(self, problem: Problem) -> Iterator[Cheaper]:
        """Offers on which it fits and would cost less, were it not for a rule about that offer."""
        relays = Relays(problem)
        for offer in problem.offers:
            candidate = None if offer.price is None else fitting(self.workload, offer)
            if candidate is None or is_committed_beyond(self.workload, offer):
                continue
            alone = cost_alone(candidate)
            why = exclusion(self.workload, offer, problem) if alone < self.than else None
            if why is not None:
                reason = relays.hinted(self.workload, offer.region, why.rule, why.reason)
                yield Cheaper(offer=offer, alone=alone, rule=why.rule, reason=reason)

    def _by_rule(self, offer: Offer) -> Winning | None:
        """What the rules about that offer would have to become."""
        name = self.workload.name
        step = lifted(self.whatif.case(self.whatif.problem, name, offer))
        own = None if step is None else self.whatif.case(step.problem, name, offer).own
        target = None if own is None else fitting(own, offer)
        if step is None or target is None:
            return None
        move = Mover(step.problem, self.whatif.base).best_move(name, target)
        contender = self.contender(move)
        also = [obstacle.rule for obstacle in obstacles(step.problem, move)]
        return by_rules(contender, step) or (by_rules(contender, step, *also) if also else None)


def leading(found: Sequence[Cheaper]) -> list[Cheaper]:
    """The first of *found*, one of each machine type and region, few of one rule if there are others."""
    rules: Counter[str] = Counter()
    kinds: set[tuple[object, ...]] = set()
    first: list[Cheaper] = []
    later: list[Cheaper] = []
    for each in found:
        if kind_of(each.offer) not in kinds:
            kinds.add(kind_of(each.offer))
            rules[each.rule] += 1
            (first if rules[each.rule] <= OF_ONE_RULE else later).append(each)
    kept = {each.offer.name for each in [*first, *later][:LEADING]}
    return [each for each in found if each.offer.name in kept]


IMPOSSIBLE = {
    "quota": "no fleet is within the quotas with it",
    "near": "no fleet keeps its neighbours near with it",
    "apart": "no fleet keeps workloads apart with it",
    "spread": "no fleet is spread as asked with it",
    "shares": "no fleet keeps its largest shares with it",
    "latency": "no fleet serves all clients in time with it",
    "team-budget": "no fleet keeps the budget of each team with it",
    "fleet": "no fleet keeps all rules with it",
}


def wins_of(contender: Contender, alternative: Alternative) -> tuple[Winning, ...]:
    """What would make a lawful offer win: a rule that keeps others from staying, or its price."""
    rules = [by_fleet_rule(contender, obstacle.rule) for obstacle in alternative.obstacles]
    found = [*rules, by_price(contender, alternative.outcome)]
    if any(obstacle.rule == "quota" for obstacle in alternative.obstacles):
        found.append(by_displacing(contender))
    return tuple(each for each in found if each is not None)
