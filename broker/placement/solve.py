"""The one function behind every question: a problem in, the cheapest lawful fleet out, with proof."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from broker.domain.errors import Denied, Infeasible, Unsolved
from broker.domain.fleet import Fleet
from broker.domain.ids import TeamName, WorkloadName
from broker.domain.money import Money, total
from broker.placement.assemble import fleet
from broker.placement.budget import (
    check_budget,
    is_over_budget,
    over_team_budgets,
    over_team_budgets_in_part,
    without_team_budgets,
)
from broker.placement.candidates import Candidate, Candidates, candidates
from broker.placement.charges import binding_budgets, charges
from broker.placement.dominance import undominated
from broker.placement.graph import components
from broker.placement.infeasible import conflict, not_found
from broker.placement.moves import weighs_moves, without_stability
from broker.placement.nowhere import nowhere_to_run
from broker.placement.outcome import Failure
from broker.placement.partial import solve_in_part, without
from broker.placement.parts import Outcome, solved_parts
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool, assignment_of, broken_rules, buy, costs
from broker.placement.search import ComponentAnswer, NoAnswerFound, NoFeasibleAnswer
from broker.placement.solution import Component, Solution, SolveStatus
from broker.placement.ties import Parts, smallest_names
from broker.placement.traffic import flows
from broker.ports.progress import Progress, Silence
from broker.ports.workers import InTurn, Workers


def solve(
    problem: Problem, progress: Progress | None = None, workers: Workers | None = None
) -> Solution:
    """Find the fleet of least cost per month that keeps every rule, for all workloads at once.

    Raises Infeasible if no fleet does, Denied if none does within a binding budget, Unsolved if
    the work limit came before any answer. Where work may be left out, the lightest that has to is.
    """
    means = _Means(progress or Silence(), workers or InTurn())
    asked = _in_part if problem.allow_unplaced else _within_team_budgets
    return _within_budget(problem, lambda changed: asked(changed, means))


def solve_with(problem: Problem, needed: str) -> Solution:
    """The best fleet for a part of the work in which the *needed* workload is, if any has it.

    Raises Denied where it is not within a binding budget, and Unsolved as `solve` does.
    """
    means = _Means(Silence(), InTurn())
    return _within_budget(
        problem,
        lambda changed: solve_in_part(changed, lambda part: _solve_part(part, means), needed),
    )


def solved_or_why(problem: Problem, needed: str = "") -> Solution | Failure:
    """As `solve`, or as `solve_with` what is *needed*; where they raise, why there is no such fleet."""
    try:
        return solve_with(problem, needed) if needed else solve(problem)
    except Denied:
        return Failure.OVER_BUDGET
    except Infeasible:
        return Failure.IMPOSSIBLE
    except Unsolved:
        return Failure.UNDECIDED


@dataclass(frozen=True, slots=True)
class _Means:
    """Whom to tell how far it is, and who solves several parts at once."""

    watcher: Progress
    workers: Workers


def _within_budget(problem: Problem, asked: Callable[[Problem], Solution]) -> Solution:
    """What is *asked*, as long as there is the money; raises Denied."""
    solution, weighs = asked(problem), weighs_moves(problem)
    if problem.recorded is not None and is_over_budget(problem, solution):
        # Staying put costs more than there is: moves need not save a share any more.
        solution, weighs = asked(without_stability(problem)), False
    check_budget(problem, solution)
    return replace(solution, weighs_moves=weighs)


def _in_part(problem: Problem, means: _Means) -> Solution:
    """Work yields to the budgets of teams too, where it may."""
    return solve_in_part(problem, lambda part: _solve_part(part, means))


def _solve_part(problem: Problem, means: _Means) -> Solution:
    """As `_solve`; where it is the budgets of teams that work has to yield to, Infeasible says by how much."""
    try:
        return _solve(problem, means)
    except Infeasible as error:
        raise _in_money(problem, error, means) from None


def _in_money(problem: Problem, conflict: Infeasible, means: _Means) -> Infeasible:
    """*conflict* as it is, unless its workloads have a fleet once teams may be charged more."""
    if not conflict.workloads or not binding_budgets(problem):
        return conflict
    others = {w.name for w in problem.spec.workloads} - set(conflict.workloads)
    try:
        free = _solve(without_team_budgets(without(problem, others)), means)
    except (Infeasible, Unsolved):
        return conflict
    return over_team_budgets_in_part(problem, conflict, free)


def _within_team_budgets(problem: Problem, means: _Means) -> Solution:
    """The cheapest fleet; Denied where there is one, but none within the budgets of the teams."""
    try:
        return _solve(problem, means)
    except Infeasible:
        if not binding_budgets(problem):
            raise
        free = _solve(without_team_budgets(problem), means)
        raise over_team_budgets(problem, free) from None


def _solve(problem: Problem, means: _Means) -> Solution:
    watcher = means.watcher
    watcher.phase("applying rules")
    found = candidates(problem)
    if any(not lawful for lawful in found.by_workload.values()):
        raise nowhere_to_run(problem, found)
    watcher.phase("solving")
    left = undominated(problem, found.by_workload) if found.by_workload else {}
    parts = components(problem, left)
    outcomes = zip(parts, solved_parts(problem, parts, watcher, means.workers), strict=True)
    answers = [_answered(problem, part, outcome) for part, outcome in outcomes]
    answers = _by_name(problem, found, parts, answers)
    built = fleet(problem, (b for answer in answers for b in answer.bought))
    solution = _solution(problem, built, parts, answers)
    best = _unmoved(problem, found, solution) or solution
    return replace(best, traffic=flows(problem, best.fleet))


def _by_name(
    problem: Problem, found: Candidates, parts: Parts, answers: list[ComponentAnswer]
) -> list[ComponentAnswer]:
    """Of fleets that cost the same, the one of the smallest names."""
    bought = [pool for answer in answers for pool in answer.bought]
    named = smallest_names(problem, found.by_workload, parts, bought)
    return [
        _bought_anew(problem, answer, [b for b in named if b.candidates[0].workload.name in part])
        for part, answer in zip(parts, answers, strict=True)
    ]


def _bought_anew(
    problem: Problem, answer: ComponentAnswer, bought: list[BoughtPool]
) -> ComponentAnswer:
    cost = costs(problem, bought)
    return replace(
        answer,
        bought=tuple(bought),
        objective=cost.total,
        moves=cost.moves,
        bound=min(answer.bound, cost.total),
    )


def _unmoved(problem: Problem, found: Candidates, solution: Solution) -> Solution | None:
    """The fleet that is there, if it is lawful and costs no more: of equals, the one that stays."""
    if problem.recorded is None:
        return None
    staying = assignment_of(problem.recorded.placements, found.by_workload)
    bought = buy(staying)
    complete = {candidate.workload.name for candidate, _ in staying} == set(found.by_workload)
    if not complete or any(broken_rules(problem, bought)):
        return None
    cost = costs(problem, bought)
    if cost.total > solution.objective:
        return None
    built = fleet(problem, bought)
    return replace(
        solution,
        fleet=built,
        charges=_charges(problem, bought),
        objective=cost.total,
        moves=cost.moves,
        bound=min(solution.bound, cost.total),
    )


def _answered(
    problem: Problem, part: dict[str, list[Candidate]], outcome: Outcome
) -> ComponentAnswer:
    """The answer to one part; raises Infeasible or Unsolved, with words about it, if there is none."""
    match outcome:
        case NoFeasibleAnswer():
            raise conflict(problem, part)
        case NoAnswerFound():
            raise not_found(part)
        case _:
            return outcome


def _solution(
    problem: Problem,
    built: Fleet,
    parts: list[dict[str, list[Candidate]]],
    answers: list[ComponentAnswer],
) -> Solution:
    currency = problem.spec.objective.currency
    status = SolveStatus.OPTIMAL if all(a.is_optimal for a in answers) else SolveStatus.STOPPED
    return Solution(
        fleet=built,
        status=status,
        objective=total((a.objective for a in answers), currency),
        bound=total((a.bound for a in answers), currency),
        charges=_charges(problem, (b for a in answers for b in a.bought)),
        moves=total((a.moves for a in answers), currency),
        components=tuple(
            Component(
                workloads=tuple(WorkloadName(name) for name in sorted(part)),
                objective=answer.objective,
                bound=answer.bound,
                variables=answer.variables,
                constraints=answer.constraints,
                rounds=answer.rounds,
            )
            for part, answer in zip(parts, answers, strict=True)
        ),
    )


def _charges(problem: Problem, bought: Iterable[BoughtPool]) -> tuple[tuple[TeamName, Money], ...]:
    currency = problem.spec.objective.currency
    pools = ((b.candidates, b.units, b.packing.nodes) for b in bought)
    return tuple((team, Money(round(micros), currency)) for team, micros in charges(pools).items())
