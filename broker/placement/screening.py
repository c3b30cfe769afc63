"""The rules asked in bulk: once for each kind of offer, region and quota, and for equal questions.

What the rules are is said in `rules` alone; a property test holds both ways of asking together.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from broker.domain.workloads import Workload
from broker.placement.market import UNKNOWN, Mask, Rows, market
from broker.placement.problem import Problem
from broker.placement.rules import HARDWARE_RULES, OFFER_RULES, REGION_RULES
from broker.placement.shapes import Item, item, most_on_one_node, node_shape
from broker.placement.usage import Usage

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
    "traffic-price": lambda workload: workload.latency,
    "deadline": lambda workload: (workload.run, workload.reads),
    "capacity-type": lambda workload: workload.capacity_types,
    "zone-kind": _nothing,
    "reservation-end": lambda workload: workload.run,
    "price": _nothing,
    "price-age": _nothing,
    "restriction": _nothing,
    "window": lambda workload: workload.run,
    "quota": _placed_whole,
    "stock": _nothing,
    "banned": _nothing,
}
"""What of a workload each rule reads: workloads that agree in it get the same verdicts.

A rule that is not listed is asked for each workload anew; pins, which go by the workload's name,
are compared beside this.
"""


ASKED_OF_KINDS = {*HARDWARE_RULES, "capacity-type", "zone-kind", "window", "reservation-end"}
"""Rules that read nothing of an offer in which offers of one kind differ."""

NAMED_BY_RULE: Mapping[str, Callable[[Problem], Collection[str]]] = {
    "price-age": lambda problem: problem.aged,
    "restriction": lambda problem: problem.restricted,
    "stock": lambda problem: problem.sold_out,
    "banned": lambda problem: problem.banned,
}
"""The offers that a rule refuses to every workload, by name."""


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
        self._usage = Usage(problem, self.market)

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
            refused = self._regions_refused(rule, workload)[self.market.region[rows]]
        elif rule in ASKED_OF_KINDS:
            refused = self._kinds_refused(rule, workload)[self.market.kind[rows]]
        elif rule in NAMED_BY_RULE:
            refused = self._named(rule)[rows]
        elif rule == "price":
            refused = np.equal(self.market.price[rows], UNKNOWN)
        elif rule == "quota":
            refused = self._over_quota(workload, rows)
        else:
            refused = self._offers_refused(rule, workload)[rows]
        pins = self._pins(workload)
        if rule == "banned" and pins:
            refused |= ~self.market.mask(pins)[rows]
        return refused

    def _kinds_refused(self, name: str, workload: Workload) -> Mask:
        rule = (HARDWARE_RULES | OFFER_RULES)[name]
        return self._once(
            (name, _part(name, workload)),
            lambda: _mask(rule(workload, kind, self._problem) for kind in self.market.examples),
        )

    def _offers_refused(self, name: str, workload: Workload) -> Mask:
        """One by one, for a rule of which nothing else is known."""
        rule = OFFER_RULES[name]
        return self._once(
            (name, _part(name, workload)),
            lambda: _mask(rule(workload, offer, self._problem) for offer in self.market.offers),
        )

    def _regions_refused(self, name: str, workload: Workload) -> Mask:
        rule = REGION_RULES[name]
        return self._once(
            (name, _part(name, workload)),
            lambda: _mask(rule(workload, region, self._problem) for region in self.market.regions),
        )

    def _over_quota(self, workload: Workload, rows: Rows) -> Mask:
        """Nodes for the least that is placed, a replica or the whole gang, against every limit."""
        per_node = self.fits(workload).per_node
        whole = workload.replicas.minimum if workload.is_gang else 1
        nodes = np.where(per_node > 0, -(-whole // np.maximum(per_node, 1)), 0)
        return self._usage.exceeded(nodes, rows)

    def _named(self, rule: str) -> Mask:
        names = NAMED_BY_RULE[rule](self._problem)
        return self._once((rule, "named"), lambda: self.market.mask(names))


def _mask(reasons: Iterable[str | None]) -> Mask:
    return np.array([reason is not None for reason in reasons], dtype=np.bool_)


def _part(rule: str, workload: Workload) -> Hashable:
    return READ_BY_RULE.get(rule, _everything)(workload)


def _everything(workload: Workload) -> Hashable:
    return workload
