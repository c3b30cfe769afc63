"""`broker plan`: decide the cheapest lawful fleet, and what has to change for it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from broker import __broker__
from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.placement.budget import budget_warnings
from broker.placement.partial import unplaced_warnings
from broker.placement.solve import solve
from broker.placement.stated_quotas import with_recorded
from broker.planning.decision_graph import DecisionGraph, decision_graph
from broker.planning.diff import diff
from broker.planning.document import Plan, document
from broker.ports.stores import Bindings, PlanStore
from broker.spec.load import fleet_file
from broker.usecases.question import Surroundings, ask
from broker.usecases.recorded import check_currency, recorded_fleet

VALID_FOR = timedelta(hours=24)
"""How long a saved plan may be applied; its prices are looked at again then anyway."""

PRICE_TOLERANCE = Decimal("0.02")

NO_POLICY = digest([])
"""The digest of the packs in force, while there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What was asked for, at *issued_at*.

    *out* is where to save the plan. *against* is a saved plan whose fleet is taken for what is
    there already; without one, nothing is. *json_into* and *graph* are where the caller will write the
    document and the decision graph. *allow_unplaced* plans what can be placed where not all can.
    """

    fleet: Path
    issued_at: datetime
    out: Path | None = None
    json_into: Path | None = None
    graph: Path | None = None
    against: Path | None = None
    allow_unplaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMade:
    """The answer; *saved* is the digest of the saved plan, None if it was not to be saved.

    *graph* is the decision graph, None if nobody asked for it.
    """

    document: dict[str, Any]
    has_changes: bool
    warnings: tuple[Diagnostic, ...]
    saved: str | None
    graph: DecisionGraph | None


def plan(request: PlanRequest, around: Surroundings, plans: PlanStore) -> PlanMade:
    """Load, lower, solve, compare, and save if asked to.

    Nothing is written unless all of it succeeds. Raises UsageInvalid, Unwritable, PlanFileInvalid,
    SignatureInvalid, SpecInvalid, CatalogInvalid, Infeasible, Denied and Unsolved.
    """
    _check_output(request, plans)
    recorded = recorded_fleet(request.against, plans)

    question = ask(request.fleet, around)
    check_currency(request.against, recorded, question.spec.objective.currency)

    problem = replace(
        with_recorded(question.problem, recorded.fleet), allow_unplaced=request.allow_unplaced
    )
    solution = solve(problem, around.progress)
    made = Plan(
        spec=question.spec,
        snapshot=question.snapshot,
        solution=solution,
        recorded=recorded.fleet,
        recorded_digest=recorded.digest,
        changes=diff(solution.fleet, recorded.fleet),
        broker_version=__broker__,
    )
    written = document(made)
    warnings = (
        *question.warnings,
        *budget_warnings(problem, solution),
        *unplaced_warnings(problem, solution),
    )
    graph = None if request.graph is None else decision_graph(problem, solution)
    saved = None
    if request.out is not None:
        saved = plans.save(request.out, written, _bindings(written, request.issued_at))
    return PlanMade(
        document=written,
        has_changes=made.has_changes,
        warnings=warnings,
        saved=saved,
        graph=graph,
    )


def _bindings(document: dict[str, Any], issued_at: datetime) -> Bindings:
    """What *document* was computed from; a plan against no state starts from none."""
    digests = document["digests"]
    return Bindings(
        spec=digests["spec"],
        snapshot=digests["snapshot"],
        policy=NO_POLICY,
        desired=digest(document["desired"]),
        tool=digests["tool"],
        issued_at=issued_at,
        expires_at=issued_at + VALID_FOR,
        price_tolerance=PRICE_TOLERANCE,
    )


def _check_output(request: PlanRequest, plans: PlanStore) -> None:
    """Refuse what could not be written, and what would be written over: before any work."""
    spec = fleet_file(request.fleet)
    _refuse_overwriting("-out", request.out, spec, "spec")
    for option, output in (("-json-into", request.json_into), ("-graph", request.graph)):
        _refuse_overwriting(option, output, spec, "spec")
        if request.against is not None:
            _refuse_overwriting(option, output, request.against, "saved plan")
    if request.out is not None:
        plans.check_writable(request.out)


def _refuse_overwriting(option: str, output: Path | None, read: Path, what: str) -> None:
    if output is not None and output.resolve() == read.resolve():
        raise UsageInvalid(
            Diagnostic(
                code="output-is-input",
                subject=str(output),
                summary=f"The plan would be written over the {what} {output}",
                hint=f"Give {option} another name, such as fleet.plan.",
            )
        )
