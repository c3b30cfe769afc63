"""Relax, pack, cut: solve one component of coupled workloads to a proven optimum.

The model's rows relax vector packing, so its bound never exceeds the true optimum. Each answer is
packed for real; a pool that needs more nodes than the model believed costs more, and gets a row
that the next round must respect. What was packed is an upper bound, the model a lower one.

    bound ≤ cost of the best fleet there is ≤ objective
    gap = (objective - bound) / objective

A large model is searched in parts: first the most promising candidates, then those that its best
answer in fractions calls little dearer, then all that are not proven too dear. The bound of a part
holds for its fleets; every other costs at least what the next dearer candidate does.

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
from broker.placement.model import INFINITY
from broker.placement.narrowing import dearness, size, within
from broker.placement.problem import Problem
from broker.placement.promising import promising
from broker.placement.purchase import Assignment, BoughtPool, assignment_of, buy, costs
from broker.placement.relaxation import Relaxed
from broker.placement.rounding import Rounding
from broker.placement.strengthening import tighten
from broker.placement.tightening import Tightening
from broker.placement.variables import Variables, define_variables
from broker.ports.progress import Progress

ROUNDS = 40

SMALL, LARGE, HUGE = 1_000, 5_000, 20_000
"""Columns. Up to SMALL a model is searched as it is; above, parts of it first, and then what these
leave. Above LARGE a round takes seconds: none is begun once the gap is small enough."""

LARGE_GAP, HUGE_GAP = Fraction(1, 10_000), Fraction(1, 1_000)
"""The gap at which the search of a large or huge model ends. Up to LARGE it is RELATIVE_GAP."""

PROMISING = 10
"""So many candidates of each workload are tried first."""

NEAR = 0.25
"""Then those whose dearness is within such a part of the gap."""

ALLOWED = Fraction(9, 10)
"""Of the goal: what a part may leave open, so that all parts together reach it."""

NARROWINGS, WORTH_IT = 4, 0.9
"""How often to leave out what is too dear, while less than that part of the candidates is left."""


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
    rounds = _Rounds(incumbent, progress, _goal(variables))
    tightening = Tightening(v)
    relaxed = tighten(v, tightening, Rounding(v, tightening, widely=False))
    if relaxed is not None:
        incumbent.prove(relaxed.objective)
    if relaxed is None or variables <= SMALL:
        rounds.run(v, tightening, beyond=INFINITY)
    else:
        _by_parts(_Stage(v, tightening, relaxed), rounds)
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


def _goal(variables: int) -> Fraction:
    if variables > HUGE:
        return HUGE_GAP
    return LARGE_GAP if variables > LARGE else Fraction(RELATIVE_GAP)


@dataclass(frozen=True, slots=True)
class _Stage:
    """What is left of the model, the rows known of it, and its best answer in fractions."""

    v: Variables
    tightening: Tightening
    relaxed: Relaxed


def _by_parts(stage: _Stage, rounds: "_Rounds") -> None:
    """Search the promising, then what costs little more, then all that is not proven too dear."""
    incumbent = rounds.incumbent
    low = stage.relaxed.objective
    _run_part(stage, promising(stage.v, stage.relaxed, PROMISING), rounds, beyond=low)
    near = None if rounds.is_done else _narrowed(stage, incumbent, rounds.goal)
    if near is not None and incumbent.objective is not None:
        low = near.relaxed.objective
        most = (_limit(incumbent, rounds.goal) - low) * NEAR
        left = within(near.v, dearness(near.v, near.relaxed), most)
        _run_part(near, left, rounds, beyond=low + most)
    rest = None if near is None or rounds.is_done else _narrowed(near, incumbent, rounds.goal)
    if rest is not None:
        rounds.run(rest.v, rest.tightening, beyond=_limit(incumbent, rounds.goal))


def _limit(incumbent: Incumbent, goal: Fraction) -> float:
    """A fleet that costs this much or more is of no interest; without a fleet all are."""
    if incumbent.objective is None:
        return INFINITY
    return incumbent.objective.to_float() * float(1 - ALLOWED * goal)


def _run_part(
    stage: _Stage, part: dict[str, list[Candidate]], rounds: "_Rounds", *, beyond: float
) -> None:
    if all(part.values()):
        v = build(stage.v.problem, part)
        tightening = Tightening(v, stage.tightening.found)
        tighten(v, tightening, Rounding(v, tightening, widely=True))
        rounds.run(v, tightening, beyond=beyond)


def _narrowed(stage: _Stage, incumbent: Incumbent, goal: Fraction) -> _Stage | None:
    """What is left without all that is too dear; None if nothing could be cheaper enough."""
    limit = _limit(incumbent, goal)
    for _ in range(NARROWINGS if limit < INFINITY else 0):
        low = stage.relaxed.objective
        left = within(stage.v, dearness(stage.v, stage.relaxed), limit - low)
        if low >= limit or not all(left.values()):
            incumbent.prove(limit)
            return None
        if size(left) > WORTH_IT * size(stage.v.by_workload):
            break
        v = build(stage.v.problem, left)
        tightening = Tightening(v, stage.tightening.found)
        relaxed = tighten(v, tightening, Rounding(v, tightening, widely=True))
        if relaxed is None:
            incumbent.prove(limit)
            return None
        incumbent.prove(min(limit, relaxed.objective))
        stage = _Stage(v, tightening, relaxed)
    return stage


def _recorded(problem: Problem, by_workload: dict[str, list[Candidate]]) -> tuple[BoughtPool, ...]:
    """What the recorded fleet has for these workloads; nothing if it does not have all of them."""
    placements = problem.recorded.placements if problem.recorded else ()
    there = assignment_of(placements, by_workload)
    complete = {candidate.workload.name for candidate, _ in there} == by_workload.keys()
    return buy(there) if complete else ()


class _Rounds:
    """Answers packed and cut, round by round, of one model and then of another, to *goal*."""

    def __init__(self, incumbent: Incumbent, progress: Progress, goal: Fraction) -> None:
        self.incumbent = incumbent
        self.progress = progress
        self.goal = goal
        self.number = 0
        self._best: dict[str, float] = {}

    @property
    def is_done(self) -> bool:
        """Whether the gap is as small as it has to be."""
        return self.incumbent.gap <= self.goal

    @property
    def is_optimal(self) -> bool:
        """Whether the gap is so small that the answer counts as the best there is."""
        return self.incumbent.gap <= min(self.goal, LARGE_GAP)

    def run(self, v: Variables, tightening: Tightening, *, beyond: float) -> None:
        """Until what *v* allows is as good as proven, or the work limit comes.

        Every fleet that *v* leaves out costs at least *beyond*: infinity, if it leaves out none.
        Raises NoFeasibleAnswer if there is none at all.
        """
        for _ in range(ROUNDS):
            self.number += 1
            answer = solve_model(
                v.model,
                lambda gap: self.progress.note(f"gap {gap:.2%}"),
                gap=self._allowed(beyond),
                start=self._start(v),
            )
            if answer.values is None:
                self._without_answer(answer, beyond)
                return
            bought = buy(_assignment(v, answer.values))
            self._learn(v, answer, bought, beyond)
            if self.is_done or not answer.ended or self._is_settled(answer):
                return
            if not _cut(v, tightening, bought, answer.values):
                return

    def _allowed(self, beyond: float) -> float:
        """The gap at which a model need not be searched on: what it leaves out bounds as well."""
        if beyond == INFINITY or self.incumbent.objective is None:
            return float(self.goal)
        left_out = 1 - beyond / max(1e-6, self.incumbent.objective.to_float())
        return max(float(ALLOWED * self.goal), left_out / 2)

    def _without_answer(self, answer: Answer, beyond: float) -> None:
        if not answer.ended:
            return
        if beyond < INFINITY:
            self.incumbent.prove(beyond)
        elif self.incumbent.objective is None:
            raise NoFeasibleAnswer

    def _is_settled(self, answer: Answer) -> bool:
        """Whether *answer* leaves nothing cheaper to be found in its model."""
        objective = self.incumbent.objective
        return objective is not None and answer.bound >= _limit(self.incumbent, self.goal)

    def _learn(
        self, v: Variables, answer: Answer, bought: tuple[BoughtPool, ...], beyond: float
    ) -> None:
        self.incumbent.prove(min(answer.bound, beyond))
        if self.incumbent.learn(bought) and answer.values is not None:
            named = zip(v.model.columns, answer.values, strict=True)
            self._best = {column.name: value for column, value in named if value}
        self.progress.note(f"gap {float(self.incumbent.gap):.3%} after {self.number} rounds")

    def _start(self, v: Variables) -> dict[int, float]:
        if not self._best:
            return {}
        return {
            number: round(self._best.get(column.name, 0.0))
            for number, column in enumerate(v.model.columns)
            if column.integer
        }


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
