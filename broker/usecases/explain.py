"""`broker explain`: say why a workload runs where the plan puts it."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.spec import FleetSpec
from broker.domain.workloads import Workload
from broker.placement.explain import Explanation, explain
from broker.placement.solution import Solution
from broker.placement.solve import solve
from broker.usecases.question import Surroundings, ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The answer, and the plan that it is about; *offers* is how many there were in all."""

    explanation: Explanation
    solution: Solution
    offers: int
    warnings: tuple[Diagnostic, ...]


def explain_workload(fleet: Path, name: str, around: Surroundings) -> Explained:
    """Plan the fleet as `broker plan` does, then compare *name* with every offer.

    Raises what `plan` raises, and UsageInvalid for a workload that the spec does not have.
    """
    question = ask(fleet, around)
    workload = _workload(question.spec, name)
    solution = solve(question.problem, around.progress)
    around.progress.phase("comparing offers")
    return Explained(
        explanation=explain(question.problem, solution, workload),
        solution=solution,
        offers=len(question.snapshot.offers),
        warnings=question.warnings,
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
