"""The solver, called one way: HiGHS with one seed, one thread and work limits."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import highspy
import numpy as np

from broker.placement.model import Model

RELATIVE_GAP = 1e-5
"""At which an answer counts as optimal."""

NODES_TIMES_SIZE = 6_000_000
FEWEST_NODES, MOST_NODES = 100, 10_000
"""At which the search ends whatever the gap: so many nodes times rows and columns, within bounds.

Limits of work, not of time: answers repeat.
"""

LARGEST_COST = 1e9
"""Of a column: the solver's tolerances are absolute, and among larger costs it loses its way."""

NO_SUBMODELS = (
    ("mip_heuristic_run_rens", False),
    ("mip_heuristic_run_rins", False),
    ("mip_heuristic_run_root_reduced_cost", False),
)
"""Without searches of smaller models for better answers."""

FEW_HEURISTICS = (
    ("mip_heuristic_effort", 0.0),
    *NO_SUBMODELS,
    ("mip_allow_restart", False),
)
"""For a bound alone: searches of smaller models for better answers would take half of the time, and
those at the root are made whatever the effort allowed. Beginning anew with fewer columns pays by what
those searches then find."""

FEW_COLUMNS = 50
"""Up to which the search by jumps, 8 milliseconds at least, takes fifteen times as long as all the rest."""

INTEGRALITY = 1e-5
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Values of the columns, or None if there is no feasible answer; *bound* holds regardless.

    *ended* tells whether the search came to its end, or was stopped by a work limit. *iterations* are
    those of the simplex method that it took, however fast the computer is.
    """

    values: tuple[float, ...] | None
    objective: float
    bound: float
    ended: bool
    iterations: int = 0


class SolverFailed(Exception):
    """The solver reported an error of its own: a bug or a model beyond its numbers."""


def solve_model(
    model: Model,
    watch: Callable[[float], None] | None = None,
    *,
    gap: float = RELATIVE_GAP,
    start: Mapping[int, float] | None = None,
    below: float = math.inf,
    options: Iterable[tuple[str, float]] = (),
) -> Answer:
    """Minimise *model* to *gap*, beginning with *start*: values of all its whole-number columns.

    *watch* is told the gap whenever a better answer is found. Answers that cost *below* or more need
    not be found, and are where nothing else is. *options* are HiGHS's own.
    Raises KeyboardInterrupt within a tenth of a second of Ctrl-C, and SolverFailed.
    """
    solver = solver_of(model)
    scale = cost_scale(_largest_cost(model))
    check(solver.setOptionValue("mip_rel_gap", gap), "the gap")
    check(solver.setOptionValue("objective_bound", below * scale), "what is too much")
    for option, value in options:
        check(solver.setOptionValue(option, value), f"option {option}")
    if start:
        _begin_with(solver, start)
    if watch is not None:
        # The logging callback would come oftener, but never does while output is off.
        solver.cbMipImprovingSolution.subscribe(
            lambda event: _tell_gap(event.data_out.mip_gap, watch)
        )
    run(solver)
    return answer_of(solver, scale)


def bound_of(model: Model, *, gap: float, start: Mapping[int, float], enough: float) -> Answer:
    """What *model* costs at least, to *gap*; where that is *enough* or more, *enough* is told.

    Good answers are not looked for: *start* is one, as for `solve_model`, which raises the same.
    """
    if not any(column.integer for column in model.columns):
        answer = solve_model(model)
        # Without whole numbers the solver tells no bound: an optimum is its own.
        bound = answer.objective if answer.ended else -math.inf
        return replace(answer, bound=min(bound, enough))
    solver = solver_of(model)
    scale = cost_scale(_largest_cost(model))
    check(solver.setOptionValue("mip_rel_gap", gap), "the gap")
    for option, value in FEW_HEURISTICS:
        check(solver.setOptionValue(option, value), f"option {option}")
    if enough < math.inf:
        # All that costs so much is left out from the beginning: of it the solver's bound says nothing.
        check(solver.setOptionValue("objective_bound", enough * scale), "what is enough")
    _begin_with(solver, start)
    stop = _Stop(enough * scale)
    solver.cbMipInterrupt.subscribe(stop.hear)
    run(solver)
    answer = answer_of(solver, scale)
    # Stopped at its last node, the solver may begin once more, and tell the bound of that beginning.
    return replace(answer, bound=enough if stop.is_reached else min(answer.bound, enough))


@dataclass(slots=True)
class _Stop:
    """Stops a solver as soon as it has proven *enough*."""

    enough: float
    is_reached: bool = False

    def hear(self, event: highspy.HighsCallbackEvent) -> None:
        """Stop now, if that is proven."""
        if self.is_reached or event.data_out.mip_dual_bound >= self.enough:
            self.is_reached = True
            event.interrupt()


def cost_scale(largest: float) -> float:
    """By what costs are multiplied for the solver: 1, or a power of two that keeps all digits.

    >>> cost_scale(7e5), cost_scale(4e9)
    (1.0, 0.25)
    """
    return 2.0 ** -max(0, math.ceil(math.log2(max(largest, 1.0) / LARGEST_COST)))


def _largest_cost(model: Model) -> float:
    return max((abs(column.cost) for column in model.columns), default=0.0)


def _begin_with(solver: highspy.Highs, start: Mapping[int, float]) -> None:
    # Whole numbers alone: the solver finds the others, and takes it if all rows can be kept.
    columns = np.array(list(start), dtype=np.int32)
    values = np.array(list(start.values()), dtype=np.double)
    check(solver.setSolution(len(columns), columns, values), "the beginning")


def _tell_gap(gap: float, watch: Callable[[float], None]) -> None:
    if math.isfinite(gap):
        watch(gap)


def solver_of(model: Model) -> highspy.Highs:
    """A solver with *model* in it, one seed, one thread and limits of work."""
    solver = _solver()
    check(solver.setOptionValue("mip_max_nodes", _node_limit(model)), "the limit of work")
    is_jumping = len(model.columns) > FEW_COLUMNS
    check(solver.setOptionValue("mip_heuristic_run_feasibility_jump", is_jumping), "jumping")
    check(solver.passModel(_matrix(model)), "the model")
    return solver


def relaxing_solver() -> highspy.Highs:
    """A solver of relaxations with nothing in it yet, one seed and one thread."""
    solver = _solver()
    check(solver.setOptionValue("solve_relaxation", True), "relaxing")  # noqa: FBT003
    return solver


def _solver() -> highspy.Highs:
    # The scheduler is global to the process: a second model with another number of threads would
    # end in an error without an exception.
    highspy.Highs.resetGlobalScheduler(True)  # noqa: FBT003 - the parameter is positional in C++
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
    ):
        check(solver.setOptionValue(option, value), f"option {option}")
    return solver


def _node_limit(model: Model) -> int:
    size = len(model.columns) + len(model.rows)
    return min(MOST_NODES, max(FEWEST_NODES, NODES_TIMES_SIZE // max(1, size)))


def _matrix(model: Model) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_ = len(model.columns)
    lp.num_row_ = len(model.rows)
    costs = np.array([column.cost for column in model.columns], dtype=np.double)
    lp.col_cost_ = costs * cost_scale(_largest_cost(model))
    lp.col_lower_ = np.array([column.lower for column in model.columns], dtype=np.double)
    lp.col_upper_ = np.array([column.upper for column in model.columns], dtype=np.double)
    lp.row_lower_ = np.array([row.lower for row in model.rows], dtype=np.double)
    lp.row_upper_ = np.array([row.upper for row in model.rows], dtype=np.double)
    lp.integrality_ = [
        highspy.HighsVarType.kInteger if column.integer else highspy.HighsVarType.kContinuous
        for column in model.columns
    ]
    lengths = [len(row.coefficients) for row in model.rows]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    lp.a_matrix_.index_ = np.array(
        [index for row in model.rows for index, _ in row.coefficients], dtype=np.int32
    )
    lp.a_matrix_.value_ = np.array(
        [value for row in model.rows for _, value in row.coefficients], dtype=np.double
    )
    return lp


def run(solver: highspy.Highs) -> None:
    """Run in a thread, so that Ctrl-C is seen at once and not after the search."""
    solver.HandleUserInterrupt = True
    solver.startSolve()
    try:
        ended, status = solver.wait(POLL_SECONDS)
        while not ended:
            ended, status = solver.wait(POLL_SECONDS)
    except KeyboardInterrupt:
        solver.cancelSolve()
        while not solver.wait(POLL_SECONDS)[0]:
            pass
        raise
    check(status, "the search")


def check(status: highspy.HighsStatus | None, what: str) -> None:
    """Raises SolverFailed if the solver refused *what*."""
    if status in (None, highspy.HighsStatus.kError):
        message = f"the solver refused {what}"
        raise SolverFailed(message)


def answer_of(solver: highspy.Highs, scale: float = 1.0) -> Answer:
    """What the solver ended with, its costs having been multiplied by *scale*."""
    status = solver.getModelStatus()
    infeasible = (
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    )
    if status in infeasible:
        return Answer(values=None, objective=float("inf"), bound=float("inf"), ended=True)
    info = solver.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return Answer(
        values=tuple(solver.getSolution().col_value) if feasible else None,
        objective=info.objective_function_value / scale,
        bound=info.mip_dual_bound / scale,
        ended=status == highspy.HighsModelStatus.kOptimal,
        iterations=info.simplex_iteration_count,
    )
