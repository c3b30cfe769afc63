"""What the fleet would cost if something were otherwise: the same solver, bounded in its work.

A small fleet is solved anew as a whole, so the answer is exact. In a large one the workloads that
a change touches may move, to few offers each, and the rest stays: what is found there is a fleet
that could be, and so an upper bound.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from broker.domain.geography import RegionKey
from broker.domain.money import Money, total
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate, Candidates, candidates, fitting
from broker.placement.charges import binding_budgets
from broker.placement.dominance import undominated
from broker.placement.graph import components, neighbours
from broker.placement.problem import Problem
from broker.placement.purchase import (
    BoughtPool,
    Costs,
    assignment_of,
    broken_rules,
    buy,
    costs,
)
from broker.placement.search import ComponentAnswer, NoAnswerFound, NoFeasibleAnswer, search
from broker.placement.solution import Solution
from broker.placement.variables import node_cost
from broker.ports.progress import Silence

SMALL = 500
"""Variables of the largest model that is solved anew as a whole, some dozens of times."""

FREED = 6
"""Other workloads that may move in a large fleet, besides those it is near to or apart from."""

NEARBY, ELSEWHERE = 2, 4
"""Offers to which each of them may move: in each region concerned, and in other regions."""

GAP = Fraction(2, 100_000)
ROUNDING = 50
"""Micro-dollars: each pool, cluster and copy rounds by at most one."""


class Failure(StrEnum):
    """Why there is no fleet to show: it is proven that there is none, or none was found."""

    IMPOSSIBLE = "impossible"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The best fleet found for a question; none costs less than *bound*, where that is known.

    *bound* is about the total that the solver minimises, what moves weigh included.
    """

    costs: Costs
    bound: Money | None
    pools: tuple[BoughtPool, ...]

    @property
    def is_exact(self) -> bool:
        """Whether no better fleet can exist, to within the solver's gap."""
        return self.bound is not None and is_close(self.bound, self.costs.total)

    def offers_of(self, workload: str) -> dict[str, int]:
        """Units of *workload* on each offer, by name."""
        return {
            pool.offer.name: units
            for pool in self.pools
            for candidate, units in zip(pool.candidates, pool.units, strict=True)
            if candidate.workload.name == workload
        }

    def regions_of(self, workload: str) -> set[RegionKey]:
        """Where *workload* runs."""
        return {
            pool.offer.region
            for pool in self.pools
            if any(candidate.workload.name == workload for candidate in pool.candidates)
        }

    def hours_paid(self, offer: str) -> Fraction:
        """By how much the fleet gets dearer if a node of *offer* costs one more an hour."""
        hours = Fraction(0)
        for pool in self.pools:
            price = pool.offer.price
            if pool.offer.name == offer:
                hours += (
                    Fraction(pool.cost.micros, price.micros)
                    if price is not None and price.micros
                    else pool.packing.nodes * pool.candidates[0].paid_hours
                )
        return hours


def is_close(bound: Money, objective: Money) -> bool:
    """Whether nothing but the solver's tolerance and rounding is between them."""
    return objective.micros - bound.micros <= GAP * abs(objective.micros) + ROUNDING


class Counterfactuals:
    """Answers what-ifs about one plan, the *solution* of *problem* over its candidates *found*.

    *largest* is the size of the models up to which the whole fleet is solved anew. Questions are
    made from the attribute `problem`, which leaves out offers whose hardware would do for nobody.
    """

    def __init__(
        self, problem: Problem, found: Candidates, solution: Solution, *, largest: int = SMALL
    ) -> None:
        self.found = found.by_workload
        bought = buy(assignment_of(solution.fleet.placements, self.found))
        self.problem = _as_solved(_fitting_somebody(problem), solution, bought)
        self.is_whole = sum(part.variables for part in solution.components) <= largest
        self.base = Outcome(costs=costs(self.problem, bought), bound=solution.bound, pools=bought)
        self._sorted: dict[str, list[Candidate]] = {}

    def answer(
        self,
        changed: Problem,
        workload: str,
        allowed: Sequence[str] = (),
        *,
        barred: frozenset[str] = frozenset(),
    ) -> Outcome | Failure:
        """The best fleet for *changed*, with *workload* on *allowed* offers only, where given.

        *changed* is `problem` with other prices, limits or rules. In a large fleet it has to be
        kinder than that, and *allowed* has to be given; *barred* offers of the workload are for
        small fleets only.
        """
        asked = changed.pinned(workload, *allowed) if allowed else changed
        if self.is_whole:
            lawful = self._lawful(asked)
            own = tuple(c for c in lawful[workload] if c.offer.name not in barred)
            return _solved(asked, {**lawful, workload: own}, complete=True)
        few = self._few_candidates(asked, workload, allowed)
        fixed = self._left_out(asked, few)
        moving = {name: found for name, found in few.items() if name not in fixed}
        solved = _solved(asked, moving, complete=False)
        return solved if isinstance(solved, Failure) else self._with_fixed(asked, solved, fixed)

    def _left_out(self, asked: Problem, few: Mapping[str, Sequence[Candidate]]) -> set[str]:
        """Workloads that stay, and share no region or pool with any that may move.

        A team's budget is shared wherever its workloads are, so with one nobody is left out.
        """
        if binding_budgets(asked):
            return set()
        moving = {name for name, found in few.items() if len(found) > len(self._now[name])}
        moving |= {name for name, _ in asked.pins}
        kept = {*moving, *(other for name in moving for other in related(asked, name))}
        tenants = [{c.workload.name for c in pool.candidates} for pool in self.base.pools]
        before: set[str] = set()
        while kept != before:
            before = set(kept)
            # Those on several offers may shift between them.
            shifting = {name for name in kept if name in moving or len(few[name]) > 1}
            regions = {c.offer.region for name in shifting for c in few[name]}
            kept |= {name for name in few if self._regions_now[name] & regions}
            kept |= {name for names in tenants if names & kept for name in names}
        return set(few) - kept

    def _with_fixed(self, asked: Problem, solved: Outcome, fixed: set[str]) -> Outcome | Failure:
        """The fleet that was solved for, beside the pools of those that stay."""
        if not fixed:
            return solved
        staying = (p for p in self.base.pools if p.candidates[0].workload.name in fixed)
        pools = (*solved.pools, *staying)
        if any(broken_rules(asked, pools)):
            return Failure.UNDECIDED
        return Outcome(costs=costs(asked, pools), bound=None, pools=pools)

    def _lawful(self, asked: Problem) -> Mapping[str, Sequence[Candidate]]:
        """The candidates of *asked*: those of `problem` at other prices, if its rules are the same."""
        if asked.spec is not self.problem.spec or asked.banned != self.problem.banned:
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

    def _few_candidates(
        self, asked: Problem, workload: str, allowed: Sequence[str]
    ) -> Mapping[str, Sequence[Candidate]]:
        """The *allowed* offers for *workload*; for others where they are, and a few more."""
        offers = {offer.name: offer for offer in asked.offers if offer.name in allowed}
        (own,) = (w for w in asked.spec.workloads if w.name == workload)
        alone = replace(
            asked, spec=replace(asked.spec, workloads=(own,)), offers=tuple(offers.values())
        )
        places = {offer.region for offer in offers.values()} | self.base.regions_of(workload)
        freed = self._freed(own, places)
        forms: dict[str, Workload] = {w.name: w for w in asked.spec.workloads}
        kept = {
            name: tuple(
                replace(c, offer=offers.get(c.offer.name, c.offer), workload=forms[name])
                for c in self._where_it_may_be(name, places if name in freed else None)
            )
            for name in self.found
            if name != workload
        }
        return {**kept, workload: candidates(alone).by_workload[workload]}

    def _freed(self, own: Workload, places: set[RegionKey]) -> set[str]:
        """Workloads that may move too: its neighbours, and some that run where it does or would."""
        bound = related(self.problem, own.name)
        near = [
            (-len(regions & places), name)
            for name, regions in self._regions_now.items()
            if name not in {own.name, *bound} and regions & places
        ]
        return bound | {name for _, name in sorted(near)[:FREED]}

    def _where_it_may_be(self, workload: str, places: set[RegionKey] | None) -> Iterator[Candidate]:
        """The offers it has; where *places* are given, the cheapest there and elsewhere too."""
        yield from self._now[workload]
        if places is None:
            return
        now = {candidate.offer.name for candidate in self._now[workload]}
        seen: dict[RegionKey, int] = {}
        elsewhere = 0
        for candidate in self._cheapest_first(workload):
            region = candidate.offer.region
            seen[region] = seen.get(region, 0) + 1
            is_nearby = region in places and seen[region] <= NEARBY
            is_elsewhere = region not in places and seen[region] == 1 and elsewhere < ELSEWHERE
            elsewhere += is_elsewhere
            if (is_nearby or is_elsewhere) and candidate.offer.name not in now:
                yield candidate

    @cached_property
    def _now(self) -> dict[str, list[Candidate]]:
        """The candidates that each workload is on."""
        found: dict[str, list[Candidate]] = {name: [] for name in self.found}
        for pool in self.base.pools:
            for candidate in pool.candidates:
                found[candidate.workload.name].append(candidate)
        return found

    @cached_property
    def _regions_now(self) -> dict[str, set[RegionKey]]:
        return {name: {c.offer.region for c in found} for name, found in self._now.items()}

    def _cheapest_first(self, workload: str) -> list[Candidate]:
        if workload not in self._sorted:
            self._sorted[workload] = sorted(
                self.found[workload], key=lambda c: (cost_alone(c), c.offer.name)
            )
        return self._sorted[workload]


def related(problem: Problem, workload: str) -> set[str]:
    """Workloads that *workload* is near to or apart from, or the other way round."""
    return {
        other
        for w in problem.spec.workloads
        for other in ({w.name} if workload in neighbours(w) else neighbours(w))
        if workload in {w.name, *neighbours(w)} and other != workload
    }


def cost_alone(candidate: Candidate) -> Money:
    """What its whole workload would cost there on nodes of its own."""
    return node_cost(candidate, candidate.nodes_alone)


def _as_solved(problem: Problem, solution: Solution, bought: Iterable[BoughtPool]) -> Problem:
    """*problem*, without the weight of moves where a budget made the solver drop that."""
    if costs(problem, bought).moves == solution.moves:
        return problem
    objective = replace(problem.spec.objective, stability=Fraction(0))
    return replace(problem, spec=replace(problem.spec, objective=objective))


def _fitting_somebody(problem: Problem) -> Problem:
    verdicts: dict[tuple[object, ...], bool] = {}
    return replace(
        problem,
        offers=tuple(offer for offer in problem.offers if _fits_somebody(offer, problem, verdicts)),
    )


def _fits_somebody(
    offer: Offer, problem: Problem, verdicts: dict[tuple[object, ...], bool]
) -> bool:
    shape = (offer.accelerator, offer.count, offer.vcpus, offer.memory_mib)
    if shape not in verdicts:
        verdicts[shape] = any(fitting(w, offer) is not None for w in problem.spec.workloads)
    return verdicts[shape]


def _solved(
    asked: Problem, by_workload: Mapping[str, Sequence[Candidate]], *, complete: bool
) -> Outcome | Failure:
    """As `solve` does, but without a word about what is not possible, and whatever the budget."""
    if not all(by_workload.values()):
        return Failure.IMPOSSIBLE if complete else Failure.UNDECIDED
    try:
        answers = [
            search(asked, part, Silence())
            for part in components(asked, undominated(asked, by_workload))
        ]
    except NoFeasibleAnswer:
        return Failure.IMPOSSIBLE if complete else Failure.UNDECIDED
    except NoAnswerFound:
        return Failure.UNDECIDED
    return _outcome(asked, answers, complete=complete)


def _outcome(asked: Problem, answers: list[ComponentAnswer], *, complete: bool) -> Outcome:
    pools = tuple(pool for answer in answers for pool in answer.bought)
    currency = asked.spec.objective.currency
    return Outcome(
        costs=costs(asked, pools),
        bound=total((answer.bound for answer in answers), currency) if complete else None,
        pools=pools,
    )
