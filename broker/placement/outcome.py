"""What solving a changed question came to: a fleet with its cost and bound, or none."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.placement.candidates import Candidate
from broker.placement.purchase import BoughtPool, Costs
from broker.placement.variables import node_cost

GAP = Fraction(2, 100_000)
ROUNDING = 50
"""Micro-dollars: each pool, cluster and copy rounds by at most one."""


class Failure(StrEnum):
    """Why there is no fleet to show: there is none, none that the budget allows, or none was found."""

    IMPOSSIBLE = "impossible"
    OVER_BUDGET = "over-budget"
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


def cost_alone(candidate: Candidate) -> Money:
    """What its whole workload would cost there on nodes of its own."""
    return node_cost(candidate, candidate.nodes_alone)
