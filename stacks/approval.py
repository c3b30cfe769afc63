"""Holds what is about to be done against what was approved: steps, reasons and values."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from broker.domain.canonical import without_floats
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanStale
from broker.domain.members import Member, ResourceStep, StackPreview
from broker.domain.wording import many
from stacks.steps import KNOWN_AFTER


def require_approval(member: Member, fresh: StackPreview, approved: StackPreview) -> None:
    """Refuse to do of *member* what was not *approved*; raises PlanStale."""
    if fresh.checkpoint != approved.checkpoint:
        raise PlanStale(
            Diagnostic(
                code="plan-stale",
                subject=str(member.name),
                summary=f"{member.name} has been changed since the plan was made",
                hint="Plan again.",
            )
        )
    extra = unapproved(fresh.steps, approved.steps)
    if extra:
        raise PlanStale(
            Diagnostic(
                code="plan-stale",
                subject=str(member.name),
                summary=f"{member.name}: {many(len(extra), 'change')} would be made without approval",
                detail="\n".join(_told(step, approved) for step in extra),
                hint="Plan again.",
            )
        )


def unapproved(
    done: Sequence[ResourceStep], approved: Sequence[ResourceStep]
) -> list[ResourceStep]:
    """Return those of *done* that are not among *approved*: another resource, change, reason or value."""
    return [step for step in done if not any(is_approved(step, each) for each in approved)]


def is_approved(step: ResourceStep, approved: ResourceStep) -> bool:
    """Whether it is the step *approved*, with the values that were approved.

    Who agreed to another one before the old one goes has not agreed to be without either for a while.
    """
    is_gentle = approved.deletes_first or not step.deletes_first
    return is_gentle and _kind(step) == _kind(approved) and not other_values(step, approved)


def other_values(step: ResourceStep, approved: ResourceStep) -> list[str]:
    """Return the paths at which *step* would set another value than was *approved*.

    What nobody knew then may be anything now. Of a secret, only that it is one can be told: the engine
    hands none out. A physical name that a provider made up is another one in each preview.
    """
    meant, now = without_floats(approved.after), without_floats(step.after)
    return sorted(
        path
        for path in {*meant, *now}
        if path not in meant
        or path not in now
        or not _is_as_approved(now[path], meant[path], step.name)
    )


def _is_as_approved(value: Any, approved: Any, name: str) -> bool:
    if approved == KNOWN_AFTER:
        return True
    if isinstance(value, Mapping) and isinstance(approved, Mapping):
        return value.keys() == approved.keys() and all(
            _is_as_approved(value[key], approved[key], name) for key in value
        )
    if isinstance(value, list) and isinstance(approved, list):
        return len(value) == len(approved) and all(
            _is_as_approved(one, other, name) for one, other in zip(value, approved, strict=True)
        )
    # True is no 1 to a cloud.
    is_same = type(value) is type(approved) and value == approved
    return is_same or (_is_made_up(value, name) and _is_made_up(approved, name))


def _is_made_up(value: Any, name: str) -> bool:
    """Whether it is the name of the program's with digits after it: what nobody named otherwise."""
    return isinstance(value, str) and bool(
        re.fullmatch(rf"{re.escape(name)}-?[0-9a-f]{{7,8}}", value)
    )


def _kind(step: ResourceStep) -> tuple[Any, ...]:
    return (step.name, step.type, step.op, tuple(step.changed), tuple(step.forcing))


def _told(step: ResourceStep, approved: StackPreview) -> str:
    """A step that was not approved, and what of it was approved otherwise."""
    paths = [path for each in approved.steps if each.urn == step.urn
             for path in other_values(step, each)]  # fmt: skip
    values = f": another value of {', '.join(paths)}" if paths else ""
    order = ", the old one first" if step.deletes_first else ""
    return f"{step.op} {step.type} {step.name}{order}{values}"
