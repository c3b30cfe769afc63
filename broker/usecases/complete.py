"""What is said when not all of a plan could be carried out."""

from collections.abc import Iterator
from contextlib import contextmanager

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import (
    DiskFull,
    Interrupted,
    Locked,
    PartlyApplied,
    PlanStale,
    StateConflict,
    Unwritable,
)
from broker.domain.wording import many
from broker.usecases.carry_out import NotBegun, Outcome


def check_complete(outcome: Outcome, command: str, *, stopped: bool) -> None:
    """Nothing, if all is done.

    Raises PartlyApplied with the reason of each failure and the *command* that goes on; Interrupted if
    the user *stopped* it; Locked and StateConflict as they are: somebody else goes on already;
    PlanStale where nothing was done, since it is not what had been approved; and Unwritable where
    nothing was begun, since it could not be written down.
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
    if outcome.is_unbegun:
        raise Unwritable(*failures(outcome), resume(outcome, command, code="nothing-begun"))
    raise PartlyApplied(*failures(outcome), resume(outcome, command, code="partly-applied"))


@contextmanager
def ending(outcome: Outcome, command: str) -> Iterator[None]:
    """Tell of an end that the block can not write down as of the rest of a plan: all before it was done.

    Raises PartlyApplied then, with the *command* that goes on.
    """
    try:
        yield
    except Unwritable as error:
        resumed = resume(outcome, command, code="partly-applied")
        raise PartlyApplied(*error.diagnostics, resumed) from error


def failures(outcome: Outcome) -> list[Diagnostic]:
    """Why each cluster failed; one reason of several is told once."""
    reasons = {d: None for error in outcome.failed.values() for d in error.diagnostics}
    return list(reasons)


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
        f"{_recorded(outcome)}",
        detail="\n".join([*done, *undone]),
        hint="Plan again, and apply that."
        if outcome.is_stale
        else f"{_first(outcome)}Go on with: {command}",
    )


def _recorded(outcome: Outcome) -> str:
    if outcome.is_unbegun:
        return "nothing was changed"
    if any(
        isinstance(e, Unwritable) and not isinstance(e, NotBegun) for e in outcome.failed.values()
    ):
        return "what was done and is not recorded is looked for when this goes on"
    return "what was done is recorded"


def _first(outcome: Outcome) -> str:
    is_full = any(isinstance(error, DiskFull) for error in outcome.failed.values())
    return "Make room on the disk first. " if is_full else ""
