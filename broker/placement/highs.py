"""The solver, called one way: HiGHS with one seed, one thread and work limits."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import highspy
import numpy as np

from broker.placement.model import Model

RELATIVE_GAP = 1e-5
"""At which an answer counts as optimal."""

NODE_LIMIT = 500
NODES_TIMES_SIZE = 6_000_000
"""At which the search ends whatever the gap: the greater of so many nodes, and so many nodes times
rows and columns. Limits of work, not of time: answers repeat."""

INTEGRALITY = 1e-5
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Values of the columns, or None if there is no feasible answer; *bound* holds regardless.

    *ended* tells whether the search came to its end, or was stopped by a work limit.
    """

    values: tuple[float, ...] | None
    objective: float
    bound: float
    ended: bool


class SolverFailed(Exception):
    """The solver reported an error of its own: a bug or a model beyond its numbers."""


def solve_model(model: Model, watch: Callable[[float], None] | None = None) -> Answer:
    """Minimise *model*; *watch* is told the gap whenever a better answer is found.

    Raises KeyboardInterrupt within a tenth of a second of Ctrl-C, and SolverFailed.
    """
    solver = _solver(model)
    if watch is not None:
        # The logging callback would come oftener, but never does while output is off.
        solver.cbMipImprovingSolution.subscribe(
            lambda event: _tell_gap(event.data_out.mip_gap, watch)
        )
    _run(solver)
    return _answer(solver)


class Relaxation:
    """A model without its whole numbers, solved again and again as rows are added.

    Each time from where it ended before.
    """

    def __init__(self, model: Model) -> None:
        self._solver = _solver(model)
        _check(self._solver.setOptionValue("solve_relaxation", True), "relaxing")  # noqa: FBT003

    def at_most(self, terms: Mapping[int, float], bound: float) -> None:
        """Add the row: sum of *terms* <= *bound*."""
        columns = np.array(list(terms), dtype=np.int32)
        values = np.array(list(terms.values()), dtype=np.double)
        _check(self._solver.addRow(-float("inf"), bound, len(columns), columns, values), "a row")

    def solve(self) -> Answer:
        """The optimum of what has been added so far."""
        _run(self._solver)
        return _answer(self._solver)


def _tell_gap(gap: float, watch: Callable[[float], None]) -> None:
    if math.isfinite(gap):
        watch(gap)


def _solver(model: Model) -> highspy.Highs:
    # The scheduler is global to the process: a second model with another number of threads would
    # end in an error without an exception.
    highspy.Highs.resetGlobalScheduler(True)  # noqa: FBT003 - the parameter is positional in C++
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("mip_rel_gap", RELATIVE_GAP),
        ("mip_max_nodes", _node_limit(model)),
    ):
        _check(solver.setOptionValue(option, value), f"option {option}")
    _check(solver.passModel(_matrix(model)), "the model")
    return solver


def _node_limit(model: Model) -> int:
    size = len(model.columns) + len(model.rows)
    return max(NODE_LIMIT, NODES_TIMES_SIZE // max(1, size))


def _matrix(model: Model) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_ = len(model.columns)
    lp.num_row_ = len(model.rows)
    lp.col_cost_ = np.array([column.cost for column in model.columns], dtype=np.double)
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


def _run(solver: highspy.Highs) -> None:
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
    _check(status, "the search")


def _check(status: highspy.HighsStatus | None, what: str) -> None:
    if status in (None, highspy.HighsStatus.kError):
        message = f"the solver refused {what}"
        raise SolverFailed(message)


def _answer(solver: highspy.Highs) -> Answer:
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
        objective=info.objective_function_value,
        bound=info.mip_dual_bound,
        ended=status == highspy.HighsModelStatus.kOptimal,
    )
