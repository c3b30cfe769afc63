"""The comparator: each workload by itself takes the offer whose nodes cost least per hour.

What a launcher does that looks at one task at a time. It ignores what is shared: nodes, cluster
overheads, fixed costs of clouds, copies of data. Where a quota, a spread or a place of clients
forbids the cheapest offer, the next cheapest is taken, so that the fleet is lawful.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.money import Money, total
from broker.placement.candidates import Candidate
from broker.placement.problem import Problem
from broker.placement.purchase import Assignment
from broker.placement.quotas import counted_at, quota_use_per_node, quotas_of
from broker.placement.rules import client_places, within_reach
from broker.placement.variables import node_cost


class DeadEnd(Exception):
    """What was taken before leaves no lawful offer for a workload."""


@dataclass(slots=True)
class Market:
    """What is left of the quotas, and what was taken."""

    problem: Problem
    used: dict[tuple[str, str], Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    taken: Assignment = field(default_factory=list)

    def room(self, candidate: Candidate) -> int:
        """How many units of *candidate* the quotas still allow."""
        room = candidate.units
        for quota in quotas_of(candidate.offer, self.problem):
            left = quota.limit - self.used[quota.name, counted_at(quota, candidate.offer.region)]
            nodes = int(left / quota_use_per_node(candidate.offer, quota))
            room = min(room, nodes * candidate.per_node // candidate.replicas_per_unit)
        return max(0, room)

    def take(self, candidate: Candidate, units: int) -> None:
        """Buy nodes for *units* of it, for them alone."""
        self.taken.append((candidate, units))
        for quota in quotas_of(candidate.offer, self.problem):
            use = quota_use_per_node(candidate.offer, quota) * candidate.nodes_for(units)
            self.used[quota.name, counted_at(quota, candidate.offer.region)] += use


def cheapest_alone(problem: Problem, lawful: Mapping[str, Sequence[Candidate]]) -> Assignment:
    """Each workload in turn, in the order of the spec; raises DeadEnd."""
    market = Market(problem)
    for workload in problem.spec.workloads:
        by_price = sorted(lawful[workload.name], key=hourly)
        _place(market, by_price)
    return market.taken


def hourly(candidate: Candidate) -> tuple[Money, str]:
    """The price per hour of all its nodes; ties go to the name."""
    price = candidate.offer.price
    if price is None:
        message = f"{candidate.offer.name} is a candidate without a price"
        raise ValueError(message)
    return price * candidate.nodes_alone, candidate.offer.name


def nodes_cost(assignment: Assignment) -> Money:
    """What all nodes cost in the month, none of them shared."""
    return total(node_cost(c) * c.nodes_for(units) for c, units in assignment)


def _place(market: Market, by_price: Sequence[Candidate]) -> None:
    example = by_price[0]
    left = example.units
    caps = Caps(example)
    for candidate, wanted in (
        *first_ones(market.problem, by_price),
        *((c, left) for c in by_price),
    ):
        units = min(wanted, left, caps.room(candidate.offer.region), market.room(candidate))
        if units:
            market.take(candidate, units)
            caps.add(candidate.offer.region, units)
            left -= units
    if left:
        raise DeadEnd(example.workload.name)


def first_ones(problem: Problem, by_price: Sequence[Candidate]) -> Iterator[tuple[Candidate, int]]:
    """One unit of the cheapest offer near each place of clients that is not served yet."""
    workload = by_price[0].workload
    served: list[RegionKey] = []
    for place in client_places(workload, problem):
        if any(within_reach(workload, region, place, problem) for region in served):
            continue
        near = (c for c in by_price if within_reach(workload, c.offer.region, place, problem))
        candidate = next(near, None)
        if candidate is not None:
            served.append(candidate.offer.region)
            yield candidate, 1


class Caps:
    """How many units a region may still take under an even spread."""

    def __init__(self, example: Candidate) -> None:
        self._most = -(-example.units // example.workload.spread_regions)
        self._used: dict[RegionKey, int] = defaultdict(int)

    def room(self, region: RegionKey) -> int:
        """What it may take still."""
        return self._most - self._used[region]

    def add(self, region: RegionKey, units: int) -> None:
        """Count what it takes."""
        self._used[region] += units
