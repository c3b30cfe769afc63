"""Who yields to whom in a large fleet: what few workloads may do around the plan, packed and judged.

To solve such a fleet anew takes as long as its plan did, and for these questions several times. What is
found here is a fleet that could be; that there is another, with less, is not ruled out.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from broker.domain.geography import RegionKey
from broker.domain.spec import Quota
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate, Candidates, candidates
from broker.placement.counterfactual import Counterfactuals
from broker.placement.hitting import Weight
from broker.placement.lifts import raised
from broker.placement.outcome import Failure, Outcome, cost_alone
from broker.placement.partial import weight_of, without
from broker.placement.problem import Problem
from broker.placement.quotas import counted_at, counts, quota_use_per_node, quotas_of
from broker.placement.solution import Solution, Unplaced
from broker.placement.used import used_by_place

OFFERS, OF_A_REGION = 12, 2
"""Offers that a workload may have which is to be placed: the cheapest, so many of a region."""

HALVINGS = 6
"""Limits tried on the way to a low one that is enough."""

YIELDING, OUTBID = 6, 3
"""Workloads that are left out one by one, the lightest first, and those tried in place of another."""


class Beside:
    """Places work beside that which *solution*, the plan of *problem*, places."""

    def __init__(self, problem: Problem, solution: Solution) -> None:
        self.problem = replace(problem, allow_unplaced=False)
        self.solution = solution
        self.left_out = {entry.workload for entry in solution.unplaced}
        self._found = candidates(self.problem)
        self._uses: dict[int, dict[str, Fraction]] = {}

    def placed(self, workload: Workload, *, gone: str) -> Outcome | None:
        """A fleet of all that is placed but *gone*, and of *workload*; None if none was found."""
        whatif = self._around({workload.name}, gone)
        own = self._found.by_workload[workload.name]
        return _answered(whatif, whatif.problem, workload, _cheapest(own))

    def with_limits(
        self, workload: Workload, quota: Quota, most: int
    ) -> tuple[int, Outcome] | None:
        """A limit of *quota*, at most *most*, with which *workload* has room too, and such a fleet."""
        whatif = self._around({workload.name})
        own = _alone(raised(whatif.problem, quota, most).problem, workload)
        offers = _cheapest([c for c in own if counts(quota, c.offer)])

        def within(limit: int) -> Outcome | None:
            asked = raised(whatif.problem, quota, limit).problem
            return _answered(whatif, asked, workload, offers)

        best = within(most) if offers else None
        if best is None:
            return None
        low, high = quota.limit, _needed(best, quota)
        for _ in range(HALVINGS):
            middle = (low + high) // 2
            found = within(middle) if high - low > 1 else None
            if found is None:
                low = middle
            else:
                best, high = found, min(middle, _needed(found, quota))
        return max(high, quota.limit + 1), best

    def heaviest_left_out(self) -> list[tuple[Unplaced, Workload]]:
        """Work that is left out though offers may run it, the heaviest first; few of it."""
        named = {w.name: w for w in self.problem.spec.workloads}
        entries = (e for e in self.solution.unplaced if e.alone is not None)
        both = [(entry, named[entry.workload]) for entry in entries]
        weights = {w.name: weight_of(self.problem, w) for _, w in both}
        heaviest = sorted(both, key=lambda pair: weights[pair[1].name], reverse=True)
        return heaviest[:OUTBID]

    def who_may_yield(self, workload: Workload) -> list[str]:
        """Few of the placed: those that have what it lacks of quotas first, the lightest of them."""
        own = self._found.by_workload[workload.name]
        names = set(_cheapest(own))
        lacking = [self._lacking(c) for c in own if c.offer.name in names]
        placed = [w for w in self.problem.spec.workloads if w.name not in self.left_out]
        has: dict[str, bool] = {
            w.name: any(self._has(w.name, lack) for lack in lacking) for w in placed
        }
        weights: dict[str, Weight] = {w.name: weight_of(self.problem, w) for w in placed}
        return sorted(has, key=lambda name: (not has[name], weights[name], name))[:YIELDING]

    def _lacking(self, candidate: Candidate) -> list[tuple[Quota, str, Fraction]]:
        """What one region of its workload would take there of each quota, beyond what is left of it."""
        nodes = candidate.nodes_for(candidate.most_units)
        lacking = []
        for quota in quotas_of(candidate.offer, self.problem):
            place = counted_at(quota, candidate.offer.region)
            used = self._used(quota).get(place, Fraction(0))
            lack = used + nodes * quota_use_per_node(candidate.offer, quota) - quota.limit
            if lack > 0:
                lacking.append((quota, place, lack))
        return lacking

    def _has(self, name: str, lacking: Sequence[tuple[Quota, str, Fraction]]) -> bool:
        """Whether the pools of that workload use as much, all of what they hold counted."""
        own = [p for p in self._base.pools if any(c.workload.name == name for c in p.candidates)]
        return bool(lacking) and all(
            used_by_place(own, quota).get(place, Fraction(0)) >= lack
            for quota, place, lack in lacking
        )

    def _used(self, quota: Quota) -> dict[str, Fraction]:
        if id(quota) not in self._uses:
            self._uses[id(quota)] = used_by_place(self._base.pools, quota)
        return self._uses[id(quota)]

    @cached_property
    def _base(self) -> Outcome:
        """All that is placed."""
        return self._around(()).base

    def _around(self, names: Collection[str], gone: str = "") -> Counterfactuals:
        """What-ifs about that which is placed, without *gone*, and about work of *names* beside it."""
        left_out = {*(self.left_out - set(names)), gone}
        kept = {n: own for n, own in self._found.by_workload.items() if n not in left_out}
        found = Candidates(by_workload=kept, excluded=self._found.excluded)
        return Counterfactuals(without(self.problem, left_out), found, self.solution, largest=-1)


def _answered(
    whatif: Counterfactuals, asked: Problem, workload: Workload, offers: Sequence[str]
) -> Outcome | None:
    outcome = whatif.answer(asked, workload.name, offers) if offers else Failure.UNDECIDED
    return None if isinstance(outcome, Failure) else outcome


def _cheapest(own: Iterable[Candidate]) -> list[str]:
    """The cheapest offers of a workload, few of a region."""
    seen: Counter[RegionKey] = Counter()
    names = []
    for candidate in sorted(own, key=lambda c: (cost_alone(c), c.offer.name)):
        seen[candidate.offer.region] += 1
        if seen[candidate.offer.region] <= OF_A_REGION:
            names.append(candidate.offer.name)
    return names[:OFFERS]


def _alone(problem: Problem, workload: Workload) -> Sequence[Candidate]:
    others = {w.name for w in problem.spec.workloads} - {workload.name}
    return candidates(without(problem, others)).by_workload[workload.name]


def _needed(outcome: Outcome, quota: Quota) -> int:
    return math.ceil(max(used_by_place(outcome.pools, quota).values(), default=0))
