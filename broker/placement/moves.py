"""What it costs to move a workload that runs already: the stability the spec asks for."""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from broker.domain.money import Money
from broker.placement.candidates import Candidate
from broker.placement.problem import Problem


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where a workload runs: offers by name, what it costs a month, and with how many replicas."""

    offers: frozenset[str]
    monthly: Money
    replicas: int


class Moves:
    """The price of leaving the recorded offers, per unit of each candidate.

    A replica placed on another offer than those its workload has now counts *stability* times what
    a replica costs now, so that a move is made only if it saves more than that share.
    """

    def __init__(self, problem: Problem) -> None:
        self._stability = problem.spec.objective.stability
        self._free = Money(0, problem.spec.objective.currency)
        self._recorded = recorded(problem)

    def cost_per_unit(self, candidate: Candidate) -> Money:
        """Nothing for what does not run yet, or stays."""
        now = self._recorded.get(candidate.workload.name)
        if now is None or candidate.offer.name in now.offers:
            return self._free
        share = Fraction(candidate.replicas_per_unit, now.replicas)
        return now.monthly * (self._stability * share)

    def homes(self, workload: str) -> frozenset[str]:
        """The offers on which it runs now, by name."""
        now = self._recorded.get(workload)
        return now.offers if now else frozenset()

    def is_home(self, candidate: Candidate) -> bool:
        """Whether its workload runs there now."""
        now = self._recorded.get(candidate.workload.name)
        return now is not None and candidate.offer.name in now.offers


def recorded(problem: Problem) -> dict[str, Recorded]:
    """Where each workload of the recorded fleet runs."""
    if problem.recorded is None:
        return {}
    offers: dict[str, set[str]] = defaultdict(set)
    monthly: dict[str, Money] = {}
    replicas: dict[str, int] = defaultdict(int)
    for placement in problem.recorded.placements:
        name = placement.workload
        offers[name].add(placement.offer.name)
        replicas[name] += placement.replicas
        monthly[name] = monthly[name] + placement.monthly if name in monthly else placement.monthly
    return {
        name: Recorded(frozenset(offers[name]), monthly[name], replicas[name]) for name in monthly
    }
