"""The lawful offers that were not chosen: ranked by a cheap bound, then verified by solving anew."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.budget import without_team_budgets
from broker.placement.candidates import Candidate
from broker.placement.counterfactual import Counterfactuals, Failure, Outcome, cost_alone
from broker.placement.problem import Problem
from broker.placement.purchase import (
    BoughtPool,
    Costs,
    bought_pool,
    broken_rules,
    by_pool,
    costs,
)
from broker.placement.variables import pool_key
from broker.placement.winning import Winning

MOVES_TRIED = 400
FEWEST_TARGETS = 60
"""Moves that are worked out with all else staying, the cheapest targets by themselves first."""

OF_ONE_KIND = 2
"""Runners-up of one machine type, and in one region, while there are others."""


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
class Move:
    """Putting *units* of a workload from the offer of *source* on that of *target*, all else staying.

    *change* is what the fleet of *pools* would then cost more, *broken* how it breaks rules of the
    fleet, in words.
    """

    source: Candidate
    target: Candidate
    units: int
    pools: tuple[BoughtPool, ...]
    change: Costs
    broken: tuple[str, ...]

    @property
    def rank(self) -> tuple[Money, str]:
        """The least costly first, equals by name."""
        return (self.change.total, self.target.offer.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A lawful offer that was not chosen, and the best fleet found with it *instead_of* another.

    *alone* is what the workload would cost there on nodes of its own. *change* is what the fleet
    would cost more, part by part; *others* are the workloads that would move along. *obstacles*
    are rules that keep the others from staying where they are, *wins* changes by which it wins.
    """

    offer: Offer
    instead_of: Offer
    alone: Money
    moved: int
    change: Costs
    proof: Proof
    others: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]
    outcome: Outcome = field(repr=False)
    wins: tuple[Winning, ...] = ()


class Mover:
    """Works out what the fleet would cost with a part of a workload elsewhere, all else staying.

    Only the two pools concerned are packed anew.
    """

    def __init__(self, problem: Problem, base: Outcome) -> None:
        self.problem = problem
        self.base = base
        self.bought = {pool.key: pool for pool in base.pools}
        self.members = by_pool(
            [
                (candidate, units)
                for pool in base.pools
                for candidate, units in zip(pool.candidates, pool.units, strict=True)
            ]
        )

    def best_move(self, workload: str, target: Candidate) -> Move:
        """The best way to move one part of *workload* there; a lawful one if there is any."""
        mine = [
            (candidate, units)
            for members in self.members.values()
            for candidate, units in members
            if candidate.workload.name == workload
        ]
        return min(
            (self._move(source, units, target) for source, units in mine),
            key=lambda move: (bool(move.broken), move.rank),
        )

    def _move(self, source: Candidate, units: int, target: Candidate) -> Move:
        left, entered = pool_key(source), pool_key(target)
        changed = {
            left: [(c, n) for c, n in self.members[left] if c is not source],
            entered: [*self.members.get(entered, []), (target, units)],
        }
        bought = {
            **{key: pool for key, pool in self.bought.items() if key not in changed},
            **{key: bought_pool(key, members) for key, members in changed.items() if members},
        }
        return Move(
            source=source,
            target=target,
            units=units,
            pools=tuple(bought.values()),
            change=costs(self.problem, bought.values()) - self.base.costs,
            broken=tuple(broken_rules(self.problem, bought.values())),
        )


def ranked_moves(mover: Mover, workload: str, others: Iterable[Candidate]) -> list[Move]:
    """The best move to each of *others*, one of each machine type and region, by what they cost."""
    moves = []
    seen: set[tuple[object, ...]] = set()
    targets = max(FEWEST_TARGETS, MOVES_TRIED // len(mover.base.offers_of(workload)))
    for candidate in sorted(others, key=lambda c: (cost_alone(c), c.offer.name)):
        kind = kind_of(candidate.offer)
        if kind not in seen and len(seen) < targets:
            seen.add(kind)
            moves.append(mover.best_move(workload, candidate))
    return sorted(moves, key=lambda move: move.rank)


def kind_of(offer: Offer) -> tuple[object, ...]:
    """What zones of one region have in common: only the cheapest of them is looked at."""
    return (offer.region, offer.machine_type, offer.capacity_type, offer.term_months)


def diverse(moves: Iterable[Move], number: int) -> list[Move]:
    """The first *number* of *moves*, but few of one machine type or region while there are others."""
    types: Counter[str] = Counter()
    regions: Counter[str] = Counter()
    chosen: list[Move] = []
    left = list(moves)
    for most in range(OF_ONE_KIND, OF_ONE_KIND + len(left) + 1):
        later = []
        for move in left:
            offer = move.target.offer
            machine_type, region = offer.machine_type, str(offer.region)
            if types[machine_type] < most and regions[region] < most and len(chosen) < number:
                types[machine_type] += 1
                regions[region] += 1
                chosen.append(move)
            else:
                later.append(move)
        left = later
        if len(chosen) == number or not left:
            break
    return chosen


def verified(whatif: Counterfactuals, move: Move) -> Alternative | Failure:
    """Solve with the move made: its workload on the target in place of the source, others free."""
    name, target = move.target.workload.name, move.target.offer.name
    outcome = whatif.answer(whatif.problem, name, allowed_after(whatif, move))
    if isinstance(outcome, Failure):
        return outcome
    outcome = _quieter(outcome, move, whatif)
    if target not in outcome.offers_of(name):
        return Failure.UNDECIDED
    return Alternative(
        offer=move.target.offer,
        instead_of=move.source.offer,
        alone=cost_alone(move.target),
        moved=outcome.offers_of(name)[target] * move.target.replicas_per_unit,
        change=outcome.costs - whatif.base.costs,
        proof=proof_of(whatif, outcome),
        others=tuple(_moved_along(whatif, outcome, name)),
        obstacles=obstacles(whatif.problem, move),
        outcome=outcome,
    )


def _quieter(outcome: Outcome, move: Move, whatif: Counterfactuals) -> Outcome:
    """Of equals, the fleet in which nobody else moves."""
    staying = costs(whatif.problem, move.pools)
    if move.broken or staying.total > outcome.costs.total:
        return outcome
    return replace(outcome, pools=move.pools, costs=staying)


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
    if not move.broken:
        return ()
    kept = {
        rule: set(broken_rules(kinder, _asked_by(kinder, move.pools)))
        for rule, relaxed in RELAXATIONS.items()
        for kinder in [relaxed(problem)]
    }
    return tuple(
        Obstacle(
            rule=next((rule for rule, left in kept.items() if reason not in left), "fleet"),
            reason=reason,
        )
        for reason in move.broken
    )


def _asked_by(problem: Problem, pools: Iterable[BoughtPool]) -> list[BoughtPool]:
    """The same pools, for workloads as *problem* has them."""
    workloads = {workload.name: workload for workload in problem.spec.workloads}
    return [
        replace(
            pool,
            candidates=tuple(
                replace(candidate, workload=workloads[candidate.workload.name])
                for candidate in pool.candidates
            ),
        )
        for pool in pools
    ]


def _without_quotas(problem: Problem) -> Problem:
    return replace(problem, spec=replace(problem.spec, quotas=()))


def each_workload(problem: Problem, change: Callable[[Workload], Workload]) -> Problem:
    """*problem* with every workload changed."""
    workloads = tuple(change(workload) for workload in problem.spec.workloads)
    return replace(problem, spec=replace(problem.spec, workloads=workloads))


RELAXATIONS: dict[str, Callable[[Problem], Problem]] = {
    "quota": _without_quotas,
    "near": lambda problem: each_workload(problem, lambda w: replace(w, near=())),
    "apart": lambda problem: each_workload(problem, lambda w: replace(w, apart=frozenset())),
    "spread": lambda problem: each_workload(problem, lambda w: replace(w, spread_regions=1)),
    "shares": lambda problem: each_workload(problem, lambda w: replace(w, at_most=None)),
    "latency": lambda problem: each_workload(problem, lambda w: replace(w, latency=None)),
    "team-budget": without_team_budgets,
}
"""The families of rules about the whole fleet, each with the problem that does without it."""
