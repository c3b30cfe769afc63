"""The rules asked in bulk: once for each kind of offer, region and quota, and for equal questions.

What the rules are is said in `rules` alone; a property test holds both ways of asking together.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from broker.domain.geography import RegionKey
from broker.domain.workloads import Workload
from broker.placement.market import UNKNOWN, Mask, market
from broker.placement.problem import Problem
from broker.placement.rules import HARDWARE_RULES, OFFER_RULES, REGION_RULES
from broker.placement.shapes import Item, item, most_on_one_node, node_shape

Rows = NDArray[np.intp]
"""Offers, as indices into the market, in ascending order: that is, in the order of names."""

ELSEWHERE = "elsewhere"
"""A region without quotas of its own."""

T = TypeVar("T")


def _hardware(workload: Workload) -> Hashable:
    return (workload.accelerators, workload.milli_vcpus, workload.memory_mib)


def _nothing(workload: Workload) -> Hashable:
    return None


def _placed_whole(workload: Workload) -> Hashable:
    return (_hardware(workload), workload.is_gang and workload.replicas.minimum)


READ_BY_RULE: Mapping[str, Callable[[Workload], Hashable]] = {
    "accelerator": _hardware,
    "node-size": _hardware,
    "scope": _nothing,
    "residency": lambda workload: workload.residency,
    "latency": lambda workload: workload.latency,
    "data": lambda workload: workload.reads,
    "overhead": _nothing,
    "capacity-type": lambda workload: workload.capacity_types,
    "zone-kind": _nothing,
    "reservation-end": lambda workload: workload.run,
    "price": _nothing,
    "quota": _placed_whole,
    "banned": _nothing,
}
"""What of a workload each rule reads: workloads that agree in it get the same verdicts.

A rule that is not listed is asked for each workload anew; pins, which go by the workload's name,
are compared beside this.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fits:
    """The room of a replica on each kind of offer, and how many an empty node holds; 0 is none."""

    items: tuple[Item | None, ...]
    per_node: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """The offers that pass every rule, and how many each rule took; the first to refuse counts."""

    rows: Rows
    excluded: Counter[str]


class Screening:
    """Applies the rules of *problem* to its market, and remembers answers by what was asked."""

    def __init__(self, problem: Problem) -> None:
        self.market = market(problem.offers)
        self._problem = problem
        self._answers: dict[Hashable, object] = {}
        self._banned = self.market.mask(problem.banned)
        self._quota_regions = sorted(
            {
                RegionKey(quota.provider, quota.region)
                for quota in problem.spec.quotas
                if quota.region is not None
            }
        )

    def verdict(self, workload: Workload) -> Verdict:
        """What is left for *workload*."""
        rules = (*HARDWARE_RULES, *REGION_RULES, *OFFER_RULES)
        asked = (tuple(_part(rule, workload) for rule in rules), self._pins(workload))
        return self._once(asked, lambda: self._verdict(workload))

    def fits(self, workload: Workload) -> Fits:
        """By the hardware alone, lawful or not."""

        def make() -> Fits:
            items, per_node = [], []
            for example in self.market.examples:
                wanted = item(workload, example)
                items.append(wanted)
                per_node.append(most_on_one_node(wanted, node_shape(example)) if wanted else 0)
            return Fits(items=tuple(items), per_node=np.array(per_node, dtype=np.int64))

        return self._once(("fits", _hardware(workload)), make)

    def _once(self, question: Hashable, answer: Callable[[], T]) -> T:
        if question not in self._answers:
            self._answers[question] = answer()
        return cast("T", self._answers[question])

    def _pins(self, workload: Workload) -> tuple[str, ...]:
        return tuple(offer for name, offer in self._problem.pins if name == workload.name)

    def _verdict(self, workload: Workload) -> Verdict:
        """Ask the rules in their order; each counts only what those before it let pass."""
        left = np.arange(len(self.market.offers))
        excluded: Counter[str] = Counter()
        for rule in (*HARDWARE_RULES, *REGION_RULES, *OFFER_RULES):
            refused = self._refused(rule, workload, left)
            count = int(np.count_nonzero(refused))
            if count:
                excluded[rule] = count
                left = left[~refused]
        return Verdict(rows=left, excluded=excluded)

    def _refused(self, rule: str, workload: Workload, rows: Rows) -> Mask:
        """Which of *rows* the rule refuses."""
        if rule in REGION_RULES:
            return self._regions_refused(rule, workload)[self.market.region[rows]]
        match rule:
            case "price":
                return np.asarray(self.market.price[rows] == UNKNOWN)
            case "quota":
                return self._over_quota(workload, rows)
            case "banned":
                return self._unavailable(workload, rows)
            case _:
                return self._kinds_refused(rule, workload)[self.market.kind[rows]]

    def _kinds_refused(self, name: str, workload: Workload) -> Mask:
        rule = (HARDWARE_RULES | OFFER_RULES)[name]
        return self._once(
            (name, _part(name, workload)),
            lambda: _mask(rule(workload, kind, self._problem) for kind in self.market.examples),
        )

    def _regions_refused(self, name: str, workload: Workload) -> Mask:
        rule = REGION_RULES[name]
        return self._once(
            (name, _part(name, workload)),
            lambda: _mask(rule(workload, region, self._problem) for region in self.market.regions),
        )

    def _over_quota(self, workload: Workload, rows: Rows) -> Mask:
        """By kind, as if no region had quotas of its own; then anew in each that has."""
        kinds, regions = self.market.kind[rows], self.market.region[rows]
        refused = self._over_quota_in(ELSEWHERE, workload, kinds)
        for key in self._quota_regions:
            there = np.flatnonzero(regions == self._region_index(key))
            refused[there] = self._over_quota_in(key.region, workload, kinds[there])
        return refused

    def _region_index(self, key: RegionKey) -> int:
        return self.market.regions.index(key) if key in self.market.regions else -1

    def _over_quota_in(self, region: str, workload: Workload, kinds: NDArray[np.intp]) -> Mask:
        new: dict[int, bool] = {}
        verdicts = self._once(("quota", region, _part("quota", workload)), lambda: new)
        for kind in np.unique(kinds).tolist():
            if kind not in verdicts:
                example = self.market.examples[kind]
                there = replace(example, region=RegionKey(example.region.provider, region))
                verdicts[kind] = bool(OFFER_RULES["quota"](workload, there, self._problem))
        refused = np.zeros(len(self.market.examples), dtype=np.bool_)
        refused[[kind for kind, is_refused in verdicts.items() if is_refused]] = True
        return refused[kinds]

    def _unavailable(self, workload: Workload, rows: Rows) -> Mask:
        refused = self._banned[rows]
        pins = self._pins(workload)
        return refused | ~self.market.mask(pins)[rows] if pins else refused


def _mask(reasons: Iterable[str | None]) -> Mask:
    return np.array([reason is not None for reason in reasons], dtype=np.bool_)


def _part(rule: str, workload: Workload) -> Hashable:
    return READ_BY_RULE.get(rule, _everything)(workload)


def _everything(workload: Workload) -> Hashable:
    return workload
