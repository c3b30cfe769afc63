"""The lawful offers that were not chosen, verified by solving anew, and the rules in their way."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import is_

from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.budget import without_team_budgets
from broker.placement.counterfactual import Counterfactuals
from broker.placement.mover import Move
from broker.placement.outcome import Failure, Outcome, cost_alone
from broker.placement.problem import Problem
from broker.placement.purchase import Costs, costs
from broker.placement.winning import Winning


class Proof(StrEnum):
    """What is known of an amount: itself, or a bound."""

    EXACT = "exact"
    AT_MOST = "at-most"
    AT_LEAST = "at-least"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A rule of the whole fleet that stands in the way, and how, in words."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A lawful offer that was not chosen, and the best fleet found with it *instead_of* others.

    The workload was *allowed* that offer and the other ones that it has.

    *alone* is what the workload would cost there on nodes of its own. *change* is what the fleet
    would cost more, part by part; *others* are the workloads that would move along. *obstacles*
    are rules that keep the others from staying where they are, *wins* changes by which it wins.
    """

    offer: Offer
    allowed: tuple[str, ...]
    instead_of: tuple[str, ...]
    alone: Money
    moved: int
    change: Costs
    proof: Proof
    others: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]
    outcome: Outcome = field(repr=False)
    wins: tuple[Winning, ...] = ()


def verified(whatif: Counterfactuals, move: Move) -> Alternative | Failure:
    """Solve with the move made: its workload on the target in place of the source, others free.

    If the workload would then rather be on its other offers alone, in place of them too; in a large
    fleet a part of it has to be on the target. That it is impossible is told of a workload with one
    offer, which has no other way.
    """
    if not whatif.is_whole:
        return _verified_nearby(whatif, move)
    target = move.target.offer.name
    found = Failure.UNDECIDED
    ways = list(dict.fromkeys((allowed_after(whatif, move), (target,))))
    for allowed in ways:
        outcome = whatif.answer(whatif.problem, move.target.workload.name, allowed)
        if isinstance(outcome, Failure):
            found = outcome
        elif target in outcome.offers_of(move.target.workload.name):
            return _alternative(whatif, move, outcome, allowed)
    return found if len(ways) == 1 else Failure.UNDECIDED


def _verified_nearby(whatif: Counterfactuals, move: Move) -> Alternative | Failure:
    """The move alone is a fleet, if it is lawful, so only a cheaper one is looked for."""
    allowed = allowed_after(whatif, move)
    alone = None if move.broken else move.fleet_under(whatif.problem)
    found = whatif.answer(
        whatif.problem,
        move.target.workload.name,
        allowed,
        using=move.target.offer.name,
        below=None if alone is None else alone.costs.total,
    )
    best = alone if isinstance(found, Failure) else found
    return Failure.UNDECIDED if best is None else _alternative(whatif, move, best, allowed)


def _alternative(
    whatif: Counterfactuals, move: Move, solved: Outcome, allowed: tuple[str, ...]
) -> Alternative:
    name, target = move.target.workload.name, move.target.offer.name
    outcome = _quieter(solved, move, whatif, allowed)
    return Alternative(
        offer=move.target.offer,
        allowed=allowed,
        instead_of=tuple(o for o in sorted(whatif.base.offers_of(name)) if o not in allowed),
        alone=cost_alone(move.target),
        moved=outcome.offers_of(name)[target] * move.target.replicas_per_unit,
        change=outcome.costs - whatif.base.costs,
        proof=proof_of(whatif, outcome),
        others=tuple(_moved_along(whatif, outcome, name)),
        obstacles=obstacles(whatif.problem, move),
        outcome=outcome,
    )


def _quieter(
    outcome: Outcome, move: Move, whatif: Counterfactuals, allowed: Sequence[str]
) -> Outcome:
    """Of equals, the fleet where nobody else moves, if its workload is on *allowed* offers."""
    staying = costs(whatif.problem, move.pools)
    if move.broken or staying.total > outcome.costs.total:
        return outcome
    quiet = replace(outcome, pools=move.pools, costs=staying)
    return quiet if quiet.offers_of(move.target.workload.name).keys() <= set(allowed) else outcome


def allowed_after(whatif: Counterfactuals, move: Move) -> tuple[str, ...]:
    """The offers of the workload, the source of the move replaced by its target."""
    now = whatif.base.offers_of(move.target.workload.name)
    return (
        *(name for name in sorted(now) if name != move.source.offer.name),
        move.target.offer.name,
    )


def proof_of(whatif: Counterfactuals, outcome: Outcome) -> Proof:
    """Exact if neither the plan nor the other fleet can be bettered."""
    return Proof.EXACT if outcome.is_exact and whatif.base.is_exact else Proof.AT_MOST


def _moved_along(whatif: Counterfactuals, outcome: Outcome, workload: str) -> Iterator[str]:
    for name in sorted(whatif.found):
        if name != workload and outcome.offers_of(name) != whatif.base.offers_of(name):
            yield name


def obstacles(problem: Problem, move: Move) -> tuple[Obstacle, ...]:
    """The rules of the fleet that a move breaks, each with the family of rules it belongs to."""
    families = dict.fromkeys(move.broken, "fleet")
    left = set(move.broken)
    for rule, relaxed in RELAXATIONS.items() if left else ():
        kinder = relaxed(problem)
        if kinder is problem:
            continue
        kept = left & set(move.broken_under(kinder))
        families |= dict.fromkeys(left - kept, rule)
        left = kept
        if not left:
            break
    return tuple(Obstacle(rule=families[reason], reason=reason) for reason in move.broken)


def _without_quotas(problem: Problem) -> Problem:
    if not problem.spec.quotas:
        return problem
    return replace(problem, spec=replace(problem.spec, quotas=()))


def each_workload(problem: Problem, change: Callable[[Workload], Workload]) -> Problem:
    """*problem* with every workload changed; itself, if that changes none."""
    workloads = tuple(change(workload) for workload in problem.spec.workloads)
    if all(map(is_, workloads, problem.spec.workloads)):
        return problem
    return replace(problem, spec=replace(problem.spec, workloads=workloads))


RELAXATIONS: dict[str, Callable[[Problem], Problem]] = {
    "quota": _without_quotas,
    "near": lambda problem: each_workload(problem, lambda w: replace(w, near=()) if w.near else w),
    "apart": lambda problem: each_workload(
        problem, lambda w: replace(w, apart=frozenset()) if w.apart else w
    ),
    "spread": lambda problem: each_workload(
        problem, lambda w: replace(w, spread_regions=1) if w.spread_regions > 1 else w
    ),
    "shares": lambda problem: each_workload(
        problem, lambda w: replace(w, at_most=None) if w.at_most else w
    ),
    "latency": lambda problem: each_workload(
        problem, lambda w: replace(w, latency=None) if w.latency else w
    ),
    "team-budget": without_team_budgets,
}
"""The families of rules about the whole fleet, each with the problem that does without it."""
