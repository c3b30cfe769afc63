"""Why a workload is where it is: what was chosen, what comes next, and what kept the cheaper away."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from broker.domain.fleet import Placement
from broker.domain.money import Money, total
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate, candidates, exclusion, fitting
from broker.placement.problem import Problem
from broker.placement.purchase import (
    Assignment,
    Costs,
    assignment_of,
    bought_pool,
    broken_rules,
    by_pool,
    costs,
)
from broker.placement.solution import Solution
from broker.placement.variables import node_cost, pool_key

RUNNERS_UP = 5
MOVES_TRIED = 400
"""Candidates whose move is worked out in full, the cheapest by themselves first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A lawful offer that was not chosen.

    *alone* is what the workload would cost there on nodes of its own. *moved* is the part of the
    workload that would go there. *change* is what the fleet would then cost more, part by part,
    everything else staying where it is: so it is an upper bound on the true difference.
    *broken* are rules of the whole fleet that the move would break; empty if it is possible.
    """

    offer: Offer
    alone: Money
    moved: int
    change: Costs
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheaperExcluded:
    """An offer on which the workload alone would cost less, and the rule that forbids it."""

    offer: Offer
    alone: Money
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """*chosen_alone* is the cost of the workload on nodes of its own, on the offers it has.

    *runners_up* are possible moves, the least costly first. *cheaper* are all offers that would be
    cheaper alone and are not used: forbidden by a rule for one offer, or by one for the fleet.
    *excluded* counts the offers taken away by each rule, *lawful* those left.
    """

    workload: Workload
    chosen: tuple[Placement, ...]
    chosen_alone: Money
    runners_up: tuple[Alternative, ...]
    cheaper: tuple[CheaperExcluded, ...]
    lawful: int
    excluded: Counter[str]


def explain(problem: Problem, solution: Solution, workload: Workload) -> Explanation:
    """Compare the chosen offers of *workload* with every other offer, exactly and without a solver."""
    found = candidates(problem)
    lawful = {c.offer.name: c for c in found.by_workload[workload.name]}
    planned = assignment_of(solution.fleet.placements, found.by_workload)
    mine = [(c, units) for c, units in planned if c.workload.name == workload.name]
    chosen_alone = total(_cost_alone(c, units) for c, units in mine)
    used = {c.offer.name for c, _ in mine}
    others = [candidate for name, candidate in lawful.items() if name not in used]
    moves = list(_moves(problem, planned, mine, others))
    possible = [move for move in moves if not move.broken]
    forbidden = [
        CheaperExcluded(offer=m.offer, alone=m.alone, rule="fleet", reason=m.broken[0])
        for m in moves
        if m.broken and m.alone < chosen_alone
    ]
    return Explanation(
        workload=workload,
        chosen=tuple(p for p in solution.fleet.placements if p.workload == workload.name),
        chosen_alone=chosen_alone,
        runners_up=tuple(sorted(possible, key=_by_change)[:RUNNERS_UP]),
        cheaper=tuple(
            sorted(
                [*forbidden, *_cheaper_excluded(problem, workload, chosen_alone)],
                key=lambda c: (c.alone, c.offer.name),
            )
        ),
        lawful=len(lawful),
        excluded=found.excluded[workload.name],
    )


class _Mover:
    """Works out what the fleet would cost with one part of a workload elsewhere.

    Only the two pools concerned are packed anew.
    """

    def __init__(self, problem: Problem, planned: Assignment) -> None:
        self.problem = problem
        self.members = by_pool(planned)
        self.bought = {key: bought_pool(key, members) for key, members in self.members.items()}
        self.before = costs(problem, self.bought.values())

    def best_move(self, mine: Assignment, candidate: Candidate) -> Alternative:
        """The best way to move one part of the workload there; a lawful one if there is any."""
        return min(
            (self._move(there, units, candidate) for there, units in mine),
            key=lambda move: (bool(move.broken), _by_change(move)),
        )

    def _move(self, there: Candidate, units: int, candidate: Candidate) -> Alternative:
        source, target = pool_key(there), pool_key(candidate)
        changed = {
            source: [(c, n) for c, n in self.members[source] if c is not there],
            target: [*self.members.get(target, []), (candidate, units)],
        }
        bought = {
            **{key: pool for key, pool in self.bought.items() if key not in changed},
            **{key: bought_pool(key, members) for key, members in changed.items() if members},
        }
        return Alternative(
            offer=candidate.offer,
            alone=_cost_alone(candidate, candidate.units),
            moved=units * candidate.replicas_per_unit,
            change=costs(self.problem, bought.values()) - self.before,
            broken=tuple(broken_rules(self.problem, bought.values())),
        )


def _moves(
    problem: Problem, planned: Assignment, mine: Assignment, others: list[Candidate]
) -> Iterator[Alternative]:
    """The best move to each of *others*, the cheapest of a machine type and region for them all."""
    mover = _Mover(problem, planned)
    whole = mine[0][0].units
    seen: set[tuple[object, ...]] = set()
    for candidate in sorted(others, key=lambda c: (_cost_alone(c, whole), c.offer.name)):
        offer = candidate.offer
        kind = (offer.region, offer.machine_type, offer.capacity_type, offer.term_months)
        if kind not in seen and len(seen) < MOVES_TRIED:
            seen.add(kind)
            yield mover.best_move(mine, candidate)


def _by_change(move: Alternative) -> tuple[Money, str]:
    return (move.change.total, move.offer.name)


def _cost_alone(candidate: Candidate, units: int) -> Money:
    return node_cost(candidate, candidate.nodes_for(units))


def _cheaper_excluded(
    problem: Problem, workload: Workload, than: Money
) -> Iterator[CheaperExcluded]:
    """Offers on which the workload fits and would cost less, were it not for a rule."""
    for offer in problem.offers:
        candidate = None if offer.price is None else fitting(workload, offer)
        if candidate is None:
            continue
        alone = _cost_alone(candidate, candidate.units)
        why = exclusion(workload, offer, problem) if alone < than else None
        if why is not None:
            yield CheaperExcluded(offer=offer, alone=alone, rule=why.rule, reason=why.reason)
