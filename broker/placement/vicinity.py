"""The part of a large fleet that a change touches: who may move and where, and who is left out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate, as_columns, exclusion, fitting
from broker.placement.charges import binding_budgets
from broker.placement.graph import neighbours
from broker.placement.outbid import node_costs, nodes_alone
from broker.placement.outcome import Outcome
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool

FREED = 6
"""Other workloads that may move in a large fleet, besides those it is near to or apart from."""

NEARBY, ELSEWHERE = 2, 4
"""Offers to which each of them may move: in each region concerned, and in other regions."""


class Vicinity:
    """Chooses, around the fleet *base* over the candidates *found*, what a question is about."""

    def __init__(self, found: Mapping[str, Sequence[Candidate]], base: Outcome) -> None:
        self.found = found
        self.base = base
        self._first: dict[str, list[Candidate]] = {}

    def few_candidates(
        self, asked: Problem, workload: str, allowed: Sequence[str]
    ) -> Mapping[str, Sequence[Candidate]]:
        """The *allowed* offers for *workload*; for others where they are, and a few more."""
        offers = {offer.name: offer for offer in asked.offers if offer.name in allowed}
        (own,) = (w for w in asked.spec.workloads if w.name == workload)
        places = {offer.region for offer in offers.values()} | self.base.regions_of(workload)
        freed = self._freed(asked, own, places)
        forms: dict[str, Workload] = {w.name: w for w in asked.spec.workloads}
        kept = {
            name: tuple(
                _priced(in_form(c, forms[name]), offers)
                for c in self._where_it_may_be(name, places if name in freed else None)
            )
            for name in self.found
            if name != workload
        }
        return {**kept, workload: list(_lawful(own, offers, asked))}

    def _freed(self, asked: Problem, own: Workload, places: set[RegionKey]) -> set[str]:
        """Workloads that may move too: its neighbours, and some that run where it does or would."""
        bound = related(asked, own.name)
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
        for candidate in self._first_of_regions(workload):
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

    def _first_of_regions(self, workload: str) -> list[Candidate]:
        """The cheapest of each region, as many as are looked at, the cheapest first."""
        if workload not in self._first:
            self._first[workload] = list(_cheapest_of_regions(self.found[workload]))
        return self._first[workload]

    def left_out(self, asked: Problem, few: Mapping[str, Sequence[Candidate]]) -> set[str]:
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

    def staying(self, fixed: set[str]) -> Iterator[BoughtPool]:
        """The pools of those that stay."""
        return (p for p in self.base.pools if p.candidates[0].workload.name in fixed)


def _cheapest_of_regions(found: Sequence[Candidate]) -> Iterator[Candidate]:
    """Of one workload's candidates few of each region, equals by name."""
    if not found:
        return
    name = found[0].workload.name
    lawful = as_columns({name: found})[1][name]
    alone = node_costs(lawful) * nodes_alone(lawful)
    seen: Counter[int] = Counter()
    for at in np.argsort(alone, kind="stable").tolist():
        region = int(lawful.regions[at])
        seen[region] += 1
        if seen[region] <= NEARBY:
            yield lawful[at]


def _lawful(workload: Workload, offers: Mapping[str, Offer], asked: Problem) -> Iterator[Candidate]:
    """*workload* on those of the *offers* that no rule of *asked* takes from it."""
    for name in sorted(offers):
        if exclusion(workload, offers[name], asked) is None:
            candidate = fitting(workload, offers[name])
            if candidate is not None:
                yield candidate


def in_form(candidate: Candidate, workload: Workload) -> Candidate:
    """*candidate* for another form of its workload."""
    return candidate if candidate.workload is workload else replace(candidate, workload=workload)


def _priced(candidate: Candidate, offers: Mapping[str, Offer]) -> Candidate:
    """*candidate* at the price of the offer of its name among *offers*, if there is one."""
    offer = offers.get(candidate.offer.name)
    return candidate if offer is None else replace(candidate, offer=offer)


def related(problem: Problem, workload: str) -> set[str]:
    """Workloads of *problem* that *workload* is near to or apart from, or the other way round."""
    return {
        other
        for w in problem.spec.workloads
        for other in ({w.name} if workload in neighbours(w) else neighbours(w))
        if workload in {w.name, *neighbours(w)} and other != workload
    } & {w.name for w in problem.spec.workloads}
