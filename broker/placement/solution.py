"""What the solver answers: a fleet, and how far from the best it can be."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from broker.domain.fleet import Fleet
from broker.domain.geography import RegionKey
from broker.domain.ids import TeamName, WorkloadName
from broker.domain.money import Money
from broker.domain.workloads import Priority

NOTHING = Money(0)


class SolveStatus(StrEnum):
    """Whether the search came to its end."""

    OPTIMAL = "optimal"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Workloads that share something and were solved together; *variables* is the model's size."""

    workloads: tuple[WorkloadName, ...]
    objective: Money
    bound: Money
    variables: int
    constraints: int
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Requests a second from one place of clients to the replicas in one region."""

    place: RegionKey
    region: RegionKey
    per_second: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A workload that a partial fleet leaves out, and why in words.

    *preemption_cost* is what stopping it loses, None if it does not run now. *alone* is what it would
    cost a month on the cheapest offer that it may have, if there were room; None if it may have none.
    """

    workload: WorkloadName
    priority: Priority
    reason: str
    preemption_cost: Money | None = None
    alone: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A lawful fleet of cost *objective* a month, and the proof that none costs less than *bound*.

    *objective* is recomputed from the fleet in whole micro-dollars, never taken from the solver.
    Both count *moves*, which is weighed but not paid: what the moves from the recorded fleet have to
    save at least. Where it *weighs_moves*, a fleet that has other moves may be paid less than the
    bound, also where this one has none. Everything in *fleet* has a known price.
    """

    fleet: Fleet
    status: SolveStatus
    objective: Money
    bound: Money
    moves: Money = NOTHING
    weighs_moves: bool = False
    charges: tuple[tuple[TeamName, Money], ...] = ()
    components: tuple[Component, ...]
    unplaced: tuple[Unplaced, ...] = ()
    traffic: tuple[tuple[WorkloadName, Flow], ...] = ()

    @property
    def paid(self) -> Money:
        """What the fleet costs a month."""
        return self.objective - self.moves

    @property
    def variables(self) -> int:
        """The size of all its models."""
        return sum(part.variables for part in self.components)

    @property
    def gap(self) -> Fraction:
        """The share of the objective that a better fleet could at most save."""
        if self.objective.micros <= 0:
            return Fraction(0)
        return Fraction(self.objective.micros - self.bound.micros, self.objective.micros)
