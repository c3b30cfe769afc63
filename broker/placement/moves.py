"""What it costs to move a workload that runs already: the stability the spec asks for."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from broker.domain.money import MICROS_PER_UNIT, Money
from broker.placement.candidates import Candidate
from broker.placement.problem import Problem

NOWHERE: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Where a workload runs: how many replicas on each offer by name, and what all cost a month."""

    replicas: Mapping[str, int]
    monthly: Money


class Moves:
    """The price of leaving the recorded offers.

    Each replica that leaves an offer where it runs now counts *stability* times what a replica costs
    now, so that a move is made only if it saves more than that share. Replicas that are new, or no
    longer wanted, leave nothing.
    """

    def __init__(self, problem: Problem) -> None:
        self._stability = problem.spec.objective.stability
        self._free = Money(0, problem.spec.objective.currency)
        self._recorded = recorded(problem)

    def cost(self, workload: str, placed: Mapping[str, int]) -> Money:
        """What it weighs to have the replicas of *workload* as *placed*, by offer; rounded once."""
        now = self._recorded.get(workload)
        if now is None:
            return self._free
        share = Fraction(moved(now.replicas, placed), sum(now.replicas.values()))
        return now.monthly * (self._stability * share)

    def dollars_per_replica(self, workload: str) -> float:
        """What each replica that is moved weighs, for the solver."""
        now = self._recorded.get(workload)
        if now is None:
            return 0.0
        micros = now.monthly.micros * self._stability / sum(now.replicas.values())
        return float(micros / MICROS_PER_UNIT)

    def homes(self, workload: str) -> Mapping[str, int]:
        """The offers on which it runs now, by name, and with how many replicas."""
        now = self._recorded.get(workload)
        return now.replicas if now else NOWHERE

    def is_home(self, candidate: Candidate) -> bool:
        """Whether its workload runs there now."""
        homes = self.homes(candidate.workload.name)
        return bool(homes) and candidate.offer.name in homes


def weighs_moves(problem: Problem) -> bool:
    """Whether leaving where work runs now weighs something."""
    wanted = {workload.name for workload in problem.spec.workloads}
    return bool(problem.spec.objective.stability) and not wanted.isdisjoint(recorded(problem))


def without_stability(problem: Problem) -> Problem:
    """The same question, where leaving weighs nothing."""
    objective = replace(problem.spec.objective, stability=Fraction(0))
    return replace(problem, spec=replace(problem.spec, objective=objective))


def moved(now: Mapping[str, int], placed: Mapping[str, int]) -> int:
    """Replicas that are elsewhere once what runs *now* is as *placed*; both by the name of the offer.

    >>> moved({"a": 2, "b": 1}, {"a": 1, "c": 4})  # one leaves a, one leaves b, two are new
    2
    >>> moved({"a": 3}, {"a": 1})  # two are not wanted any more
    0
    """
    left = sum(max(0, replicas - placed.get(offer, 0)) for offer, replicas in now.items())
    return left - fewer(now, sum(placed.values()))


def fewer(now: Mapping[str, int], wanted: int) -> int:
    """Replicas that run *now* and end without going anywhere, since only *wanted* stay."""
    return max(0, sum(now.values()) - wanted)


def recorded(problem: Problem) -> dict[str, Recorded]:
    """Where each workload of the recorded fleet runs."""
    if problem.recorded is None:
        return {}
    replicas: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    monthly: dict[str, Money] = {}
    for placement in problem.recorded.placements:
        name = placement.workload
        replicas[name][placement.offer.name] += placement.replicas
        monthly[name] = monthly[name] + placement.monthly if name in monthly else placement.monthly
    return {
        name: Recorded(replicas=dict(replicas[name]), monthly=monthly[name]) for name in monthly
    }
