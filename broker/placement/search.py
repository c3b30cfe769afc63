"""Relax, pack, cut: solve one component of coupled workloads to a proven optimum.

The model's rows relax vector packing, so its bound never exceeds the true optimum. Each answer is
packed for real; a pool that needs more nodes than the model believed costs more, and gets a row
that the next round must respect. What was packed is an upper bound, the model a lower one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from broker.domain.money import MICROS_PER_UNIT, Money
from broker.placement.candidates import Candidate
from broker.placement.constraints import FAMILIES
from broker.placement.highs import INTEGRALITY, RELATIVE_GAP, Relaxation, solve_model
from broker.placement.problem import Problem
from broker.placement.purchase import Assignment, BoughtPool, broken_rules, buy, costs
from broker.placement.tightening import Tightening
from broker.placement.variables import Variables, define_variables
from broker.ports.progress import Progress

ROUNDS = 40

TIGHTENINGS = 50

LARGE, GOOD_GAP = 2_000, Fraction(1, 1_000)
"""Above so many columns a round takes seconds, and none is begun for a gap below this one."""

SOLVER_TOLERANCE = Fraction(1, 1_000_000)
"""Taken off the solver's bound, since it works in floating point with tolerances of 1e-6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentAnswer:
    """The best packing found for one component, and the bound below which none can be."""

    bought: tuple[BoughtPool, ...]
    objective: Money
    moves: Money
    bound: Money
    is_optimal: bool
    variables: int
    constraints: int
    rounds: int


class NoFeasibleAnswer(Exception):
    """The model has no answer at all."""


class NoAnswerFound(Exception):
    """The search stopped before it found a packing that keeps every rule."""


def build(
    problem: Problem, by_workload: dict[str, list[Candidate]], *, without: str | None = None
) -> Variables:
    """The model of a component, before any search: every family of constraints but *without*."""
    v = define_variables(problem, by_workload)
    for name, constrain in FAMILIES.items():
        if name != without:
            constrain(v)
    return v


def search(
    problem: Problem, by_workload: dict[str, list[Candidate]], progress: Progress
) -> ComponentAnswer:
    """The cheapest fleet for the workloads of one component.

    Raises NoFeasibleAnswer if there is none, NoAnswerFound if the work limit came first.
    """
    v = build(problem, by_workload)
    tightening = Tightening(v)
    _tighten(v, tightening)
    variables, constraints = len(v.model.columns), len(v.model.rows)
    incumbent = _Incumbent(problem)
    is_optimal = False
    rounds = 0
    while rounds < ROUNDS and not is_optimal:
        rounds += 1
        answer = solve_model(v.model, lambda gap: progress.note(f"gap {gap:.2%}"))
        if answer.values is None:
            if answer.ended and incumbent.objective is None:
                raise NoFeasibleAnswer
            break
        bought = buy(_assignment(v, answer.values))
        incumbent.learn(bought, answer.bound)
        is_optimal = answer.ended and incumbent.is_closed
        progress.note(f"gap {float(incumbent.gap):.3%} after {rounds} rounds")
        if not is_optimal and (
            not answer.ended
            or (variables > LARGE and incumbent.gap <= GOOD_GAP)
            or not _cut(v, tightening, bought, answer.values)
        ):
            break
    if incumbent.objective is None:
        raise NoAnswerFound
    return ComponentAnswer(
        bought=incumbent.bought,
        objective=incumbent.objective,
        moves=costs(problem, incumbent.bought).moves,
        bound=incumbent.bound,
        is_optimal=is_optimal,
        variables=variables,
        constraints=constraints,
        rounds=rounds,
    )


def _tighten(v: Variables, tightening: Tightening) -> None:
    """Add the rows that the answer in fractions breaks, until it breaks none that are known."""
    relaxed = Relaxation(v.model)
    for _ in range(TIGHTENINGS):
        values = relaxed.solve().values
        rows = tightening.broken(values) if values is not None else []
        if not rows:
            return
        for row in rows:
            relaxed.at_most(row.terms, row.bound)
            v.model.at_most(row.name, row.terms, row.bound)


class _Incumbent:
    """The best answer so far, and the highest bound proven."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.bought: tuple[BoughtPool, ...] = ()
        self.objective: Money | None = None
        self._proven = Fraction(0)

    def learn(self, bought: tuple[BoughtPool, ...], bound: float) -> None:
        """Take *bought* if it is lawful and cheaper, and *bound* if it is higher."""
        self._proven = max(self._proven, Fraction(bound) * MICROS_PER_UNIT)
        cost = costs(self.problem, bought).total
        if (self.objective is None or cost < self.objective) and not any(
            broken_rules(self.problem, bought)
        ):
            self.objective, self.bought = cost, bought

    @property
    def gap(self) -> Fraction:
        """The share of the objective that is not proven; 1 without an answer."""
        if self.objective is None:
            return Fraction(1)
        if not self.objective.micros:
            return Fraction(0)
        return max(Fraction(0), 1 - self._proven / self.objective.micros)

    @property
    def is_closed(self) -> bool:
        """Whether it is as good as proven."""
        return self.gap <= Fraction(RELATIVE_GAP)

    @property
    def bound(self) -> Money:
        """The proven bound, less the solver's tolerance, and never above the objective."""
        lowered = self._proven - abs(self._proven) * SOLVER_TOLERANCE
        proven = Money(
            lowered.numerator // lowered.denominator, self.problem.spec.objective.currency
        )
        return proven if self.objective is None else min(self.objective, proven)


def _assignment(v: Variables, values: Sequence[float]) -> Assignment:
    return [
        (candidate, units)
        for pool in v.pools
        for candidate in pool.candidates
        for units in [_whole(values[v.place_of(candidate)])]
        if units
    ]


def _whole(value: float) -> int:
    nearest = round(value)
    if abs(value - nearest) > INTEGRALITY:
        message = f"the solver calls {value!r} a whole number"
        raise ArithmeticError(message)
    return nearest


def _cut(
    v: Variables, tightening: Tightening, bought: Sequence[BoughtPool], values: Sequence[float]
) -> bool:
    """Forbid what was found not to fit: with at least these units, at least these nodes.

    For a pool whose units x* need at least N nodes where the model had fewer: g_j = 1 if
    x_j >= x*_j, and nodes >= N (sum of g_j - (number of j) + 1). Returns whether a row was added.
    """
    columns = {pool.key: pool.column for pool in v.pools if not pool.is_folded}
    rows = tightening.broken(values)
    for row in rows:
        v.model.at_most(row.name, row.terms, row.bound)
    if rows:
        return True
    added = False
    for b in bought:
        column = columns.get(b.key)
        if column is not None and b.packing.least > _whole(values[column]):
            _forbid(v, b, column)
            added = True
    return added


def _forbid(v: Variables, b: BoughtPool, nodes: int) -> None:
    name = f"{','.join(filter(None, b.key))},{len(v.model.rows)}"
    switches: dict[int, float] = {}
    for candidate, units in zip(b.candidates, b.units, strict=True):
        row = f"reached[{name},{candidate.workload.name}]"
        switch = v.model.add_column(row, cost=0.0, upper=1)
        v.model.at_most(
            row,
            {v.place_of(candidate): 1.0, switch: -float(candidate.units - units + 1)},
            float(units - 1),
        )
        switches[switch] = -float(b.packing.least)
    v.model.at_least(
        f"packed[{name}]",
        {**switches, nodes: 1.0},
        -float(b.packing.least * (len(switches) - 1)),
    )
