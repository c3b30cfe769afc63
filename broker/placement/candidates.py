"""Who may run where: each workload's lawful offers, and a count of why the others are not."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.interruptions import paid_hours
from broker.placement.market import Market, Mask, Rows, columns
from broker.placement.problem import Problem
from broker.placement.rules import HARDWARE_RULES, OFFER_RULES, REGION_RULES
from broker.placement.screening import Fits, Screening
from broker.placement.shapes import Item, item, most_on_one_node, node_shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A lawful way to run replicas of *workload* on nodes of *offer*.

    *item* is the room of one replica, *per_node* how many of them an empty node holds.
    *units* is how many times it may be chosen: once for a gang, else once per replica.
    """

    workload: Workload
    offer: Offer
    item: Item
    per_node: int

    @property
    def paid_hours(self) -> Fraction:
        """Hours paid for each node in the month, with those that reclaims waste."""
        return paid_hours(self.workload, self.offer, self.per_node)

    @property
    def replicas_per_unit(self) -> int:
        """A gang is placed whole."""
        return self.workload.replicas.minimum if self.workload.is_gang else 1

    @property
    def units(self) -> int:
        """How many units make up the whole workload."""
        return self.workload.replicas.minimum // self.replicas_per_unit

    @property
    def most_units(self) -> int:
        """How many units one region may hold: an even part where the workload is spread."""
        return -(-self.units // self.workload.spread_regions)

    @property
    def nodes_alone(self) -> int:
        """Nodes for the whole workload if it had them for itself."""
        return self.nodes_for(self.units)

    def nodes_for(self, units: int) -> int:
        """Nodes for so many units if they had them for themselves."""
        return -(-units * self.replicas_per_unit // self.per_node)


def fitting(workload: Workload, offer: Offer) -> Candidate | None:
    """*workload* on *offer* by its hardware alone, lawful or not; None if it does not fit a node."""
    wanted = item(workload, offer)
    per_node = most_on_one_node(wanted, node_shape(offer)) if wanted else 0
    if wanted is None or not per_node:
        return None
    return Candidate(workload=workload, offer=offer, item=wanted, per_node=per_node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """An offer that may not be used, the first rule that says so, and why in words."""

    offer: Offer
    rule: str
    reason: str


class Lawful(Sequence[Candidate]):
    """The candidates of one *workload*, in the order of names: *rows* of *market*.

    Each is made when it is looked at. Of 100,000 offers, few ever are.
    """

    def __init__(self, workload: Workload, market: Market, rows: Rows, fits: Fits) -> None:
        self.workload = workload
        self.market = market
        self.rows = rows
        self.fits = fits

    def __len__(self) -> int:
        """How many there are."""
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Candidate]: ...
    def __getitem__(self, index: int | slice) -> Candidate | Sequence[Candidate]:
        """One, or some of them."""
        if isinstance(index, slice):
            return Lawful(self.workload, self.market, self.rows[index], self.fits)
        return self._candidate(int(self.rows[index]))

    def __iter__(self) -> Iterator[Candidate]:
        """All of them."""
        return map(self._candidate, self.rows.tolist())

    def __eq__(self, other: object) -> bool:
        """Equal to any sequence of equal candidates."""
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def _candidate(self, row: int) -> Candidate:
        kind = self.market.kind[row]
        wanted = self.fits.items[kind]
        if wanted is None:
            message = f"{self.workload.name} does not fit {self.market.names[row]}"
            raise ValueError(message)
        return Candidate(
            workload=self.workload,
            offer=self.market.offers[row],
            item=wanted,
            per_node=int(self.fits.per_node[kind]),
        )

    def among(self, kept: Mask) -> "Lawful":
        """Those of which the entry of *kept* (one for each candidate) is true."""
        return Lawful(self.workload, self.market, self.rows[kept], self.fits)

    @cached_property
    def kinds(self) -> NDArray[np.intp]:
        """The kind of each candidate's offer."""
        return self.market.kind[self.rows]

    @cached_property
    def regions(self) -> NDArray[np.intp]:
        """The region of each candidate's offer."""
        return self.market.region[self.rows]

    @property
    def per_node(self) -> NDArray[np.int64]:
        """How many replicas a node of each candidate holds."""
        return self.fits.per_node[self.kinds]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The lawful offers of every workload, and how many offers each rule took away."""

    by_workload: dict[str, Sequence[Candidate]]
    excluded: dict[str, Counter[str]]


def candidates(problem: Problem) -> Candidates:
    """Apply every rule to every pair of workload and offer, each question asked once."""
    screening = Screening(problem)
    by_workload: dict[str, Sequence[Candidate]] = {}
    excluded: dict[str, Counter[str]] = {}
    for workload in problem.spec.workloads:
        verdict = screening.verdict(workload)
        by_workload[workload.name] = Lawful(
            workload, screening.market, verdict.rows, screening.fits(workload)
        )
        excluded[workload.name] = Counter(verdict.excluded)
    return Candidates(by_workload=by_workload, excluded=excluded)


def as_columns(
    by_workload: Mapping[str, Sequence[Candidate]],
) -> tuple[Market, dict[str, Lawful]]:
    """The same candidates as columns over one market: their own, or one made of their offers."""
    given = {name: found for name, found in by_workload.items() if isinstance(found, Lawful)}
    markets = {id(found.market): found.market for found in given.values()}
    if len(given) == len(by_workload) and len(markets) == 1:
        return next(iter(markets.values())), given
    offers = {c.offer.name: c.offer for found in by_workload.values() for c in found}
    made = columns(offers.values())
    return made, {name: _lawful(made, found) for name, found in by_workload.items() if found}


def _lawful(market: Market, found: Sequence[Candidate]) -> Lawful:
    by_row = {market.row(candidate.offer.name) or 0: candidate for candidate in found}
    rows = np.array(sorted(by_row), dtype=np.intp)
    items: list[Item | None] = [None] * len(market.examples)
    per_node = np.zeros(len(market.examples), dtype=np.int64)
    for row, candidate in by_row.items():
        items[market.kind[row]] = candidate.item
        per_node[market.kind[row]] = candidate.per_node
    return Lawful(found[0].workload, market, rows, Fits(items=tuple(items), per_node=per_node))


def exclusion(workload: Workload, offer: Offer, problem: Problem) -> Exclusion | None:
    """The first rule that takes *offer* from *workload*, and its reason; None if it is lawful."""
    return next(exclusions(workload, offer, problem), None)


def exclusions(workload: Workload, offer: Offer, problem: Problem) -> Iterator[Exclusion]:
    """Every rule that takes *offer* from *workload*, in the order in which they are asked."""
    for name, ask_hardware in HARDWARE_RULES.items():
        if reason := ask_hardware(workload, offer, problem):
            yield Exclusion(offer=offer, rule=name, reason=reason)
    for name, ask_region in REGION_RULES.items():
        if reason := ask_region(workload, offer.region, problem):
            yield Exclusion(offer=offer, rule=name, reason=reason)
    for name, ask_offer in OFFER_RULES.items():
        if reason := ask_offer(workload, offer, problem):
            yield Exclusion(offer=offer, rule=name, reason=reason)
