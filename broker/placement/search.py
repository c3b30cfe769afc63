"""Relax, pack, cut: solve one component of coupled workloads to a proven optimum.

The model's rows relax vector packing, so its bound never exceeds the true optimum. Each answer is
packed for real; a pool that needs more nodes than the model believed costs more, and gets a row
that the next round must respect. What was packed is an upper bound, the model a lower one.

    bound ≤ cost of the best fleet there is ≤ objective
    gap = (objective - bound) / objective

A large model is searched in parts: first the most promising candidates, then all that are not proven
too dear. The bound of a part holds for its fleets; every other costs at least what the relaxation
does, and what the next dearer candidate adds.

A huge model begins with a part of which the outside is priced, which bounds all fleets by itself.

The search ends when the gap is closed (after much work, nearly closed), when no row is left that the
answer breaks, or at a limit of work. It never says more than it has proven: the bound holds whenever
it ends.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from broker.domain.money import Money
from broker.placement.branching import divided, kept_by_any
from broker.placement.candidates import Candidate
from broker.placement.constraints import FAMILIES
from broker.placement.cutting import assignment
from broker.placement.highs import RELATIVE_GAP, SolverFailed, solve_model
from broker.placement.incumbent import Incumbent
from broker.placement.matrix import Mask
from broker.placement.mending import mendable
from broker.placement.model import INFINITY
from broker.placement.narrowing import dearness, part_of, promising
from broker.placement.problem import Problem
from broker.placement.purchase import Assignment, BoughtPool, assignment_of, buy, costs
from broker.placement.rounds import NoFeasibleAnswer, Rounds
from broker.placement.strengthening import ROUNDINGS, Strengthened, tighten
from broker.placement.tightening import Tightening
from broker.placement.variables import Variables, define_variables
from broker.placement.widening import widen
from broker.ports.progress import Progress

TINY, SMALL, LARGE, HUGE = 20, 1_000, 5_000, 20_000
"""Columns. Up to TINY no relaxation is worth its time; up to SMALL a model is searched as it is;
above, parts of it first, and then what these leave. Above LARGE a round takes seconds: none is begun
once the gap is small enough."""

LARGE_GAP, HUGE_GAP = Fraction(1, 10_000), Fraction(1, 1_000)
"""The gap at which the search of a large or huge model ends. Up to LARGE it is RELATIVE_GAP."""

MENDED_GAP = Fraction(1, 200)
"""The same where it is urgent, offers can not be had, and the rest stays: somebody waits for it, in the
middle of an apply, and the proof takes several times as long as the answer."""

PROMISING = (2, 4, 8, 12)
"""So many candidates of each workload are tried first: a good fleet of few is soon found, and a
search that begins with a good fleet is much shorter."""

FEW_ROUNDINGS = 4
"""How often rows of whole nodes are looked for in a huge model: what more of them would prove, its
priced part proves sooner."""

MANY, TOO_MANY = 3_000, 15_000
"""Candidates that are left: of more, fleets are divided by their nodes, to leave out more. Of too many
the solver's first relaxation alone would take minutes: what is proven by then has to do."""

NARROWINGS, WORTH_IT = 3, 0.9
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
    mended = _mended(problem, by_workload)
    there = mended or _recorded(problem, by_workload)
    incumbent.learn(buy(there) if there else ())
    is_mended = problem.is_urgent and bool(mended) and incumbent.objective is not None
    rounds = Rounds(incumbent, progress, _goal(variables, is_mended=is_mended))
    try:
        _run(v, rounds)
    except SolverFailed:
        progress.note("the solver gave up; the best fleet so far is kept")
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


def _run(v: Variables, rounds: Rounds) -> None:
    tightening = Tightening(v)
    variables = len(v.model.columns)
    roundings = FEW_ROUNDINGS if variables > HUGE else ROUNDINGS
    relaxed = tighten(v, tightening, widely=True, roundings=roundings) if variables > TINY else None
    if relaxed is not None:
        rounds.incumbent.prove(relaxed.bound)
    if relaxed is None or variables <= SMALL:
        rounds.run(v, tightening, beyond=INFINITY)
    else:
        _by_parts(_Stage(v, tightening, relaxed), rounds)


def _goal(variables: int, *, is_mended: bool) -> Fraction:
    if is_mended and variables > LARGE:
        return MENDED_GAP
    if variables > HUGE:
        return HUGE_GAP
    return LARGE_GAP if variables > LARGE else Fraction(RELATIVE_GAP)


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    """What is left of the model, the rows known of it, and its best answer in fractions."""

    v: Variables
    tightening: Tightening
    relaxed: Strengthened


def _by_parts(stage: _Stage, rounds: Rounds) -> None:
    """Search the most promising, more and more of them, then all that is not proven too dear."""
    if len(stage.v.model.columns) > HUGE:
        widen(stage.v, stage.tightening.found, stage.relaxed, rounds)
    for most in PROMISING:
        if not rounds.is_done:
            kept = promising(stage.v, stage.relaxed, most)
            _run_part(stage, kept, rounds, beyond=stage.relaxed.bound)
    rest = None if rounds.is_done else _narrowed(stage, rounds)
    if rest is not None and len(rest.v.place) <= TOO_MANY:
        rounds.run(rest.v, rest.tightening, beyond=rounds.limit)


def _run_part(stage: _Stage, kept: Mask, rounds: Rounds, *, beyond: float) -> None:
    part = part_of(stage.v, stage.relaxed.placing, kept)
    if all(part.by_workload.values()):
        rounds.run(part, Tightening(part, stage.tightening.found), beyond=beyond)


def _narrowed(stage: _Stage, rounds: Rounds) -> _Stage | None:
    """What is left without all that is too dear; None if nothing could be cheaper enough."""
    limit = rounds.limit
    for _ in range(NARROWINGS if limit < INFINITY else 0):
        kept = _left(stage, rounds, limit)
        part = part_of(stage.v, stage.relaxed.placing, kept)
        if not all(part.by_workload.values()):
            rounds.incumbent.prove(limit)
            return None
        if kept.sum() > WORTH_IT * len(stage.relaxed.placing.all):
            break
        tightening = Tightening(part, stage.tightening.found)
        relaxed = tighten(part, tightening, widely=True)
        if relaxed is None:
            rounds.incumbent.prove(limit)
            return None
        rounds.incumbent.prove(min(limit, relaxed.bound))
        stage = _Stage(part, tightening, relaxed)
    return stage


def _left(stage: _Stage, rounds: Rounds, limit: float) -> Mask:
    """The places that a fleet below *limit* may use; of many, kind by kind of fleet."""
    kept: Mask = dearness(stage.relaxed) <= limit - stage.relaxed.bound
    if kept.sum() <= MANY:
        return kept
    kinds = divided(stage.v, stage.relaxed, limit)
    rounds.incumbent.prove(min([limit, *(kind.relaxed.bound for kind in kinds)]))
    return kept & kept_by_any(kinds, limit) if kinds else np.zeros_like(kept)


def _recorded(problem: Problem, by_workload: dict[str, list[Candidate]]) -> Assignment:
    """What the recorded fleet has for these workloads; nothing if it does not have all of them."""
    there = _there(problem, by_workload)
    complete = {candidate.workload.name for candidate, _ in there} == by_workload.keys()
    return there if complete else []


def _there(problem: Problem, by_workload: dict[str, list[Candidate]]) -> Assignment:
    placements = problem.recorded.placements if problem.recorded else ()
    return assignment_of(placements, by_workload)


def _mended(problem: Problem, by_workload: dict[str, list[Candidate]]) -> Assignment:
    """The recorded fleet, with other offers for those that have lost theirs; of large models only."""
    there = _there(problem, by_workload)
    few = mendable(by_workload, there) if there else {}
    is_large = sum(map(len, by_workload.values())) > SMALL
    return _within(problem, few) if few and is_large else []


def _within(problem: Problem, few: dict[str, list[Candidate]]) -> Assignment:
    """The best of *few* candidates by the model alone; nothing if there is no answer."""
    v = build(problem, few)
    values = solve_model(v.model, gap=float(HUGE_GAP)).values
    return [] if values is None else assignment(v, np.array(values))


__all__ = ["ComponentAnswer", "NoAnswerFound", "NoFeasibleAnswer", "build", "search"]
