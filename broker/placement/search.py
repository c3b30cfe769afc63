"""Relax, pack, cut: solve one component of coupled workloads to a proven optimum.

The model's rows relax vector packing, so its bound never exceeds the true optimum. Each answer is
packed for real; a pool that needs more nodes than the model believed costs more, and gets a row
that the next round must respect. What was packed is an upper bound, the model a lower one.

    bound ≤ cost of the best fleet there is ≤ objective
    gap = (objective - bound) / objective

The search ends when the gap is closed, when no row is left that the answer breaks, or at a limit of
work. It never says more than it has proven: the bound holds whenever it ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from broker.domain.money import Money
from broker.placement.candidates import Candidate
from broker.placement.constraints import FAMILIES
from broker.placement.highs import INTEGRALITY, RELATIVE_GAP, Answer, solve_model
from broker.placement.incumbent import Incumbent
from broker.placement.problem import Problem
from broker.placement.promising import promising
from broker.placement.purchase import Assignment, BoughtPool, assignment_of, buy, costs
from broker.placement.relaxation import Relaxation, Relaxed
from broker.placement.tightening import Tightening
from broker.placement.variables import Variables, define_variables
from broker.ports.progress import Progress

ROUNDS = 40

TIGHTENINGS = 50

LARGE, GOOD_GAP, LARGE_GAP = 5_000, Fraction(1, 1_000), 1e-4
"""Above so many columns a round takes seconds: it may end at LARGE_GAP, and none is begun for a gap
below GOOD_GAP. The most promising candidates are tried first, by themselves."""

PROMISING, HUGE = (10, 20), 20_000
"""So many candidates of each workload are tried first, then so many. Above so many columns no more
than those: then only the relaxation bounds what others might save."""


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
    variables, constraints = len(v.model.columns), len(v.model.rows)
    incumbent = Incumbent(problem)
    incumbent.learn(_recorded(problem, by_workload))
    tightening = Tightening(v)
    relaxed = tighten(v, tightening)
    if relaxed is not None:
        incumbent.prove(relaxed.objective)
    rounds = _Rounds(incumbent, progress)
    if relaxed is not None and variables > LARGE:
        for most in PROMISING:
            part = build(problem, promising(v, relaxed, most))
            cuts = Tightening(part)
            tighten(part, cuts)
            rounds.run(part, cuts, is_whole=False)
    if variables <= HUGE or incumbent.objective is None:
        rounds.run(v, tightening, is_whole=True)
    if incumbent.objective is None:
        raise NoAnswerFound
    return ComponentAnswer(
        bought=incumbent.bought,
        objective=incumbent.objective,
        moves=costs(problem, incumbent.bought).moves,
        bound=incumbent.bound,
        is_optimal=rounds.is_optimal,
        variables=variables,
        constraints=constraints,
        rounds=rounds.number,
    )


def _recorded(problem: Problem, by_workload: dict[str, list[Candidate]]) -> tuple[BoughtPool, ...]:
    """What the recorded fleet has for these workloads; nothing if it does not have all of them."""
    placements = problem.recorded.placements if problem.recorded else ()
    there = assignment_of(placements, by_workload)
    complete = {candidate.workload.name for candidate, _ in there} == by_workload.keys()
    return buy(there) if complete else ()


class _Rounds:
    """Answers packed and cut, round by round, of one model and then of another."""

    def __init__(self, incumbent: Incumbent, progress: Progress) -> None:
        self.incumbent = incumbent
        self.progress = progress
        self.number = 0
        self.is_optimal = False
        self._best: dict[str, float] = {}

    def run(self, v: Variables, tightening: Tightening, *, is_whole: bool) -> None:
        """Until what *v* allows is as good as proven, or the work limit comes.

        A model that *is_whole* bounds what any fleet costs; one of some candidates only finds fleets.
        Raises NoFeasibleAnswer if the whole has none.
        """
        large = len(v.model.columns) > LARGE
        for _ in range(ROUNDS):
            self.number += 1
            answer = solve_model(
                v.model,
                lambda gap: self.progress.note(f"gap {gap:.2%}"),
                gap=LARGE_GAP if large else RELATIVE_GAP,
                start=self._start(v),
            )
            if answer.values is None:
                if answer.ended and is_whole and self.incumbent.objective is None:
                    raise NoFeasibleAnswer
                return
            bought = buy(_assignment(v, answer.values))
            self._learn(v, answer, bought, is_whole=is_whole)
            if self.is_optimal or not answer.ended or (large and self.incumbent.gap <= GOOD_GAP):
                return
            if not _cut(v, tightening, bought, answer.values):
                return

    def _learn(
        self, v: Variables, answer: Answer, bought: tuple[BoughtPool, ...], *, is_whole: bool
    ) -> None:
        if is_whole:
            self.incumbent.prove(answer.bound)
        if self.incumbent.learn(bought) and answer.values is not None:
            named = zip(v.model.columns, answer.values, strict=True)
            self._best = {column.name: value for column, value in named if value}
        self.is_optimal = (is_whole and answer.ended and self.incumbent.is_closed) or (
            self.incumbent.gap <= Fraction(RELATIVE_GAP)
        )
        self.progress.note(f"gap {float(self.incumbent.gap):.3%} after {self.number} rounds")

    def _start(self, v: Variables) -> dict[int, float]:
        if not self._best:
            return {}
        return {
            number: round(self._best.get(column.name, 0.0))
            for number, column in enumerate(v.model.columns)
            if column.integer
        }


def tighten(v: Variables, tightening: Tightening) -> Relaxed | None:
    """Add the rows that the answer in fractions breaks, until it breaks none that are known.

    Returns that answer, None if there is none.
    """
    relaxation = Relaxation(v.model)
    relaxed = relaxation.solve()
    for _ in range(TIGHTENINGS):
        rows = tightening.broken(relaxed.values) if relaxed is not None else []
        if not rows:
            break
        for row in rows:
            relaxation.at_most(row.terms, row.bound)
            v.model.at_most(row.name, row.terms, row.bound)
        relaxed = relaxation.solve()
    return relaxed


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

    For a pool whose units x[w] need at least N nodes where the model had fewer, with n workloads:

        place[w,o] ≤ x[w] - 1 + (units[w] - x[w] + 1) · reached[w]    for each w in the pool
        nodes[o] ≥ N · (Σ_w reached[w] - n + 1)

    Each reached[w] is 0 or 1. Returns whether a row was added.
    """
    columns = {pool.key: pool.column for pool in v.pools if not pool.is_folded}
    rows = tightening.broken(values)
    for row in rows:
        v.model.at_most(row.name, row.terms, row.bound)
    added = bool(rows)
    for b in () if rows else bought:
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
