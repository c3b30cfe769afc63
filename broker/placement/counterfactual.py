"""What the fleet would cost if something were otherwise: the same solver, bounded in its work.

A small fleet is solved anew as a whole, so the answer is exact. In a large one the workloads that
a change touches may move, to few offers each, and the rest stays: what is found there is a fleet
that could be, and so an upper bound.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from broker.domain.geography import RegionKey
from broker.domain.money import Money, total
from broker.domain.offers import Offer
from broker.placement.candidates import Candidate, Candidates, as_columns, candidates, fitting
from broker.placement.dominance import undominated
from broker.placement.graph import components
from broker.placement.lifts import Case
from broker.placement.moves import without_stability
from broker.placement.nearby import Look, Placed, look_nearby
from broker.placement.outcome import Failure, Outcome
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool, assignment_of, broken_rules, buy, costs
from broker.placement.repacking import Repacking
from broker.placement.search import NoAnswerFound, NoFeasibleAnswer, search
from broker.placement.solution import Solution
from broker.placement.vicinity import Vicinity
from broker.ports.progress import Silence

SMALL = 500
"""Variables of the largest model that is solved anew as a whole, some dozens of times."""

MUCH_WORK = 1_500
"""Iterations of looks at a large fleet, a quarter of a second of them, from which on looks are hasty: half
of all explanations take fewer than 1,000; a hard one would take 20,000, for answers much the same."""


class Counterfactuals:
    """Answers what-ifs about one plan, the *solution* of *problem* over its candidates *found*.

    *largest* is the size of the models up to which the whole fleet is solved anew. Questions are
    made from the attribute `problem`, which leaves out offers whose hardware would do for nobody.
    """

    def __init__(
        self, problem: Problem, found: Candidates, solution: Solution, *, largest: int = SMALL
    ) -> None:
        self.found = found.by_workload
        bought = buy(assignment_of(solution.fleet.placements, _chosen(self.found, solution)))
        self.problem = _as_solved(_fitting_somebody(problem), solution, bought)
        self.is_whole = sum(part.variables for part in solution.components) <= largest
        self.base = Outcome(costs=costs(self.problem, bought), bound=solution.bound, pools=bought)
        self._repacking = Repacking(bought)
        self._work = 0
        self._last: dict[tuple[str, str], int] = {}
        self._vicinity = Vicinity(self.found, self.base)

    def answer(
        self,
        changed: Problem,
        workload: str,
        allowed: Sequence[str] = (),
        *,
        barred: frozenset[str] = frozenset(),
        using: str = "",
        below: Money | None = None,
    ) -> Outcome | Failure:
        """The best fleet for *changed*, with *workload* on *allowed* offers only, where given.

        *changed* is `problem` with other prices, limits or rules. In a large fleet it has to be
        kinder than that, and *allowed* has to be given; *barred* offers of the workload are for
        small fleets only. A large one is no answer, and never packed, if it does not cost less than
        *below*, or if the workload is not *using* that one of the offers, if only in part.
        """
        asked = changed.pinned(workload, *allowed) if allowed else changed
        if self.is_whole:
            lawful = self._lawful(asked)
            own = tuple(c for c in lawful[workload] if c.offer.name not in barred)
            return _solved(asked, {**lawful, workload: own})
        few = self._vicinity.few_candidates(asked, workload, allowed)
        fixed = self._vicinity.left_out(asked, few)
        moving = {name: found for name, found in few.items() if name not in fixed}
        most = math.inf if below is None else self._moving_below(asked, moving, below)
        near = self._nearby(asked, moving, (workload, using) if using else None, most)
        if near is None:
            return Failure.UNDECIDED
        pools = (*near, *self._vicinity.staying(fixed))
        outcome = Outcome(costs=costs(asked, pools), bound=None, pools=pools)
        is_too_much = below is not None and outcome.costs.total >= below
        if is_too_much or any(broken_rules(asked, pools)):
            return Failure.UNDECIDED
        return outcome

    def _nearby(
        self,
        asked: Problem,
        by_workload: Mapping[str, Sequence[Candidate]],
        using: tuple[str, str] | None,
        below: float,
    ) -> tuple[BoughtPool, ...] | None:
        """Part by part, packed, without proof; None where all that is found costs *below* or more."""
        if not all(by_workload.values()):
            return None
        looks: list[Look] = []
        for part in components(asked, {name: list(found) for name, found in by_workload.items()}):
            own = using if using and using[0] in part else None
            left = below - sum(look.least for look in looks)
            look = look_nearby(asked, part, using=own, below=left, like=self._seen(asked))
            self._work += look.iterations
            if not look.assignment:
                return None
            looks.append(look)
            self._remember(look)
        return tuple(pool for look in looks for pool in self._repacking.buy(look.assignment))

    def _remember(self, look: Look) -> None:
        now = {(c.workload.name, c.offer.name): units for c, units in look.assignment}
        names = {name for name, _ in now}
        self._last = {key: n for key, n in self._last.items() if key[0] not in names} | now

    def _seen(self, asked: Problem) -> Placed | None:
        """Once looks took much work, what the last answer has of those that *asked* leaves free."""
        if self._work <= MUCH_WORK:
            return None
        pinned = {name for name, _ in asked.pins}
        return {key: units for key, units in self._last.items() if key[0] not in pinned}

    def _moving_below(self, asked: Problem, moving: Mapping[str, object], below: Money) -> float:
        """What those *moving* have to cost less than, for the fleet to cost less than *below*."""
        there = (p for p in self.base.pools if p.candidates[0].workload.name in moving)
        saved = self.base.costs.total - below
        return (costs(asked, there).total - saved).to_float()

    def case(self, problem: Problem, workload: str, offer: Offer) -> Case:
        """*workload* on *offer*, for rules of *problem* to give way."""
        return Case(problem=problem, workload=workload, offer=offer, regions=self._regions_now)

    @cached_property
    def _regions_now(self) -> dict[str, set[RegionKey]]:
        return {name: self.base.regions_of(name) for name in self.found}

    def _lawful(self, asked: Problem) -> Mapping[str, Sequence[Candidate]]:
        """The candidates of *asked*: those of `problem` at other prices, if its rules are the same."""
        before = (self.problem.banned, self.problem.sold_out)
        if asked.spec is not self.problem.spec or (asked.banned, asked.sold_out) != before:
            return candidates(asked).by_workload
        priced = {
            offer.name: offer
            for offer, before in zip(asked.offers, self.problem.offers, strict=True)
            if offer is not before
        }
        pinned = {name: {offer for pin, offer in asked.pins if pin == name} for name in self.found}
        return {
            name: tuple(
                replace(c, offer=priced[c.offer.name]) if c.offer.name in priced else c
                for c in found
                if not pinned[name] or c.offer.name in pinned[name]
            )
            for name, found in self.found.items()
        }


def _chosen(
    found: Mapping[str, Sequence[Candidate]], solution: Solution
) -> dict[str, Sequence[Candidate]]:
    """Of *found* candidates the chosen ones: few are ever looked at."""
    names: dict[str, list[str]] = defaultdict(list)
    for placement in solution.fleet.placements:
        names[placement.workload].append(placement.offer.name)
    _, lawful = as_columns(found)
    return {name: own.among(own.market.mask(names[name])[own.rows]) for name, own in lawful.items()}


def _as_solved(problem: Problem, solution: Solution, bought: Iterable[BoughtPool]) -> Problem:
    """*problem*, without the weight of moves where a budget made the solver drop that."""
    if costs(problem, bought).moves == solution.moves:
        return problem
    return without_stability(problem)


def _fitting_somebody(problem: Problem) -> Problem:
    known: dict[tuple[object, ...], bool] = {}
    return replace(
        problem,
        offers=tuple(offer for offer in problem.offers if _fits_somebody(offer, problem, known)),
    )


def _fits_somebody(offer: Offer, problem: Problem, known: dict[tuple[object, ...], bool]) -> bool:
    shape = (offer.accelerator, offer.count, offer.vcpus, offer.memory_mib)
    if shape not in known:
        known[shape] = any(fitting(w, offer) is not None for w in problem.spec.workloads)
    return known[shape]


def _solved(asked: Problem, by_workload: Mapping[str, Sequence[Candidate]]) -> Outcome | Failure:
    """As `solve` does, but without a word about what is not possible, and whatever the budget."""
    if not all(by_workload.values()):
        return Failure.IMPOSSIBLE
    try:
        answers = [
            search(asked, part, Silence())
            for part in components(asked, undominated(asked, by_workload))
        ]
    except NoFeasibleAnswer:
        return Failure.IMPOSSIBLE
    except NoAnswerFound:
        return Failure.UNDECIDED
    pools = tuple(pool for answer in answers for pool in answer.bought)
    bound = total((answer.bound for answer in answers), asked.spec.objective.currency)
    return Outcome(costs=costs(asked, pools), bound=bound, pools=pools)
