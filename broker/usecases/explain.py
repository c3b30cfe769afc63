"""`broker explain`: say why a workload runs where the plan puts it."""

from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.spec import FleetSpec
from broker.domain.stock_outs import StockOut
from broker.domain.workloads import Workload
from broker.placement.counterfactual import SMALL
from broker.placement.explain import Explanation, explain
from broker.placement.outcome import Failure
from broker.placement.partial import without
from broker.placement.raising import MoreRoom, StillOut, more_room
from broker.placement.solution import Solution, Unplaced
from broker.placement.solve import solve
from broker.placement.stated_quotas import with_recorded
from broker.placement.stock import concerning, with_sold_out
from broker.placement.yielding import Instead, Outbids, instead, misses, outbids
from broker.ports.state import State
from broker.ports.stores import PlanStore
from broker.usecases.question import Surroundings, ask
from broker.usecases.reading import read_by
from broker.usecases.recorded import check_currency, check_fleet, recorded_fleet, recorded_state
from broker.usecases.shortages import remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The answer, and the plan that it is about; *offers* is how many there were in all.

    *outbids* is what is left out of the plan because of the workload, if anything is. *left_aside*
    was out of stock for the fleet a little while ago, and the plan is made without it.
    """

    explanation: Explanation
    outbids: Outbids | None
    solution: Solution
    offers: int
    warnings: tuple[Diagnostic, ...]
    left_aside: tuple[StockOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Why the *workload* is not in the best fleet that there is, what that costs, and what makes room.

    *more* are limits with which there would be room, or which are in vain, *instead* who would be left
    out in its place, or why nobody. *misses* says what to do where it has no lawful offer.
    *left_aside* is what the plan is made without, as in `Explained`, *is_whole* as in `Explanation`.
    """

    workload: Workload
    entry: Unplaced
    misses: tuple[str, ...]
    more: tuple[MoreRoom | StillOut, ...]
    instead: Instead | Failure
    is_whole: bool
    solution: Solution
    warnings: tuple[Diagnostic, ...]
    left_aside: tuple[StockOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainRequest:
    """Which *workload* of *fleet* to explain; *against* is a saved plan, as for `broker plan`.

    *allow_unplaced* asks about the best fleet for a part of the work, where there is none for all.
    What is remembered as out of stock *now* is left aside, unless the user *forgets* that.
    """

    fleet: Path
    workload: str
    now: datetime
    against: Path | None = None
    allow_unplaced: bool = False
    forgets: bool = False


def explain_workload(
    request: ExplainRequest, around: Surroundings, plans: PlanStore, state: State | None = None
) -> Explained | LeftOut:
    """Plan the fleet as `broker plan` does, then compare the workload's offers with all others.

    *state* is what is recorded; a plan to compare with is taken in its place. Raises what `plan` raises, and UsageInvalid for a workload that the spec does not have.
    """
    is_against = request.against is not None
    recorded = recorded_fleet(request.against, plans) if is_against else recorded_state(state)
    question = ask(request.fleet, around)
    check_fleet(state, question.spec.name)
    check_currency(request.against, recorded, question.spec.objective.currency)
    workload = _workload(question.spec, request.workload)
    problem = replace(
        with_recorded(question.problem, read_by(question.spec, recorded).recorded.fleet),
        allow_unplaced=request.allow_unplaced,
    )
    sold_out = remembered(state, request.now, forgets=request.forgets)
    problem = with_sold_out(problem, sold_out)
    left_aside = concerning(sold_out, problem)
    solution = solve(problem, around.progress, around.workers)
    unplaced = {entry.workload: entry for entry in solution.unplaced}
    if workload.name in unplaced:
        around.progress.phase("looking for room")
        return LeftOut(
            workload=workload,
            entry=unplaced[workload.name],
            misses=misses(problem, workload),
            more=tuple(more_room(problem, solution, workload)),
            instead=instead(problem, solution, workload),
            is_whole=solution.variables <= SMALL,
            solution=solution,
            warnings=question.warnings,
            left_aside=left_aside,
        )
    around.progress.phase("comparing offers")
    return Explained(
        explanation=explain(without(problem, unplaced), solution, workload),
        outbids=outbids(problem, solution, workload),
        solution=solution,
        offers=len(question.snapshot.offers),
        warnings=question.warnings,
        left_aside=left_aside,
    )


def _workload(spec: FleetSpec, name: str) -> Workload:
    by_name = {str(workload.name): workload for workload in spec.workloads}
    if name in by_name:
        return by_name[name]
    close = get_close_matches(name, by_name, n=1)
    raise UsageInvalid(
        Diagnostic(
            code="workload-unknown",
            subject=name,
            summary=f"The fleet {spec.name} has no workload named {name}",
            hint=f"Did you mean {close[0]}?" if close else f"It has {', '.join(sorted(by_name))}.",
        )
    )
