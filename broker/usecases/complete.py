"""What is said when not all of a plan could be carried out."""

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import Interrupted, Locked, PartlyApplied, PlanStale, StateConflict
from broker.domain.wording import many
from broker.usecases.carry_out import Outcome


def check_complete(outcome: Outcome, command: str, *, stopped: bool) -> None:
    """Nothing, if all is done.

    Raises PartlyApplied with the reason of each failure and the *command* that goes on; Interrupted if
    the user *stopped* it; Locked and StateConflict as they are: somebody else goes on already; and
    PlanStale where nothing was done, since it is not what had been approved.
    """
    if outcome.is_complete:
        return
    for error in outcome.failed.values():
        if isinstance(error, (Locked, StateConflict)):
            raise error
    if stopped and not outcome.failed:
        raise Interrupted(resume(outcome, command, code="apply-interrupted"))
    if outcome.is_stale and outcome.is_untouched:
        raise PlanStale(*failures(outcome))
    raise PartlyApplied(*failures(outcome), resume(outcome, command, code="partly-applied"))


def failures(outcome: Outcome) -> list[Diagnostic]:
    """Why each cluster failed."""
    return [d for error in outcome.failed.values() for d in error.diagnostics]


def resume(outcome: Outcome, command: str, *, code: str) -> Diagnostic:
    """What is done, what is not, and how to go on."""
    done = [*(f"{name}: made" for name in outcome.made), *(f"{n}: gone" for n in outcome.removed)]
    undone = [
        *(f"{name}: failed" for name in outcome.failed),
        *(f"{name}: not done" for name in outcome.left),
    ]
    return Diagnostic(
        severity=Severity.ERROR,
        code=code,
        subject="apply",
        summary=f"As planned: {len(done)} of {many(len(done) + len(undone), 'cluster')}; "
        "what was done is recorded",
        detail="\n".join([*done, *undone]),
        hint="Plan again, and apply that." if outcome.is_stale else f"Go on with: {command}",
    )
