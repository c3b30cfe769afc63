"""A saved plan that was begun before: what of it is done already, and what is left."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from broker.domain.canonical import digest
from broker.domain.ids import ClusterName
from broker.domain.members import Member, ResourceStep, StackPreview, StepOp
from broker.planning.member_documents import member_document
from broker.planning.stacks import stack_documents
from broker.ports.state import State
from broker.usecases.choices import Choices
from broker.usecases.operation import Operation
from broker.usecases.previews import going, preview_all

NOWHERE = object()


def what_is_left(
    document: Mapping[str, Any],
    wanted: Mapping[ClusterName, Member],
    operation: Operation,
    *,
    replace: Collection[str],
    choices: Choices,
    aside: Collection[ClusterName],
) -> dict[str, Any]:
    """*document* with `stacks` as the engine previews them now, and with `resumed`.

    What was approved is not changed by that: it is for people to see. *aside* are members of which
    nobody can tell anything now. Raises what previewing raises.
    """
    done = what_is_done(document, wanted, operation.state)
    told = {stack["cluster"] for stack in document.get("stacks", ())}
    left = {n: m for n, m in wanted.items() if n not in done and n in told and n not in aside}
    gone = going(wanted, operation.state)
    leaving = {n: m for n, m in gone.items() if n in told and n not in aside}
    previews = preview_all(left, leaving, operation.means, replace=replace, choices=choices)
    return {
        **document,
        "stacks": stack_documents(previews.values()),
        "resumed": {"done": done, "left": sorted({*wanted, *leaving} - {*done})},
    }


def approved_still(
    approved: StackPreview, now: StackPreview | None, state: State
) -> tuple[ResourceStep, ...]:
    """The steps that were *approved*, and those of *now* that take back what a next best fleet has left.

    What was not recorded when the plan was begun was made in its name, and may go; what it sets may
    become as it says, whatever it has become meanwhile.
    """
    if now is None:
        return approved.steps
    meant = {step.urn: step.after for step in approved.steps}
    before = _before(approved.member, state)
    return (*approved.steps, *(step for step in now.steps if _leads_back(step, meant, before)))


def _before(name: ClusterName, state: State) -> frozenset[str] | None:
    """What was there before a change of that cluster that did not end well; None if there is none."""
    begun = (record for record in state.members if record.name == name and record.is_tainted)
    return next((frozenset(held["urn"] for held in each.resources) for each in begun), None)


def _leads_back(
    step: ResourceStep, meant: Mapping[str, Mapping[str, Any]], before: frozenset[str] | None
) -> bool:
    if step.op is StepOp.DELETE:
        return before is not None and step.urn not in {*before, *meant}
    after = meant.get(step.urn)
    return (
        step.op is StepOp.UPDATE
        and after is not None
        and all(value_at(after, path) == value for path, value in step.after.items())
    )


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """What *values* have at *path*, as the engine writes it; NOWHERE if they have nothing there.

    >>> value_at({"labels": {"values": ["p4d", "p5"]}}, "labels.values[1]")
    'p5'
    """
    found: Any = values
    for part in [path] if path in values else re.findall(r"[^.\[\]]+", path):
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return NOWHERE
    return found


def what_is_done(
    document: Mapping[str, Any], wanted: Mapping[ClusterName, Member], state: State
) -> list[ClusterName]:
    """The members of which the plan has nothing left to do.

    They are recorded as what they are to be, nothing of them was cut short, and they are not as they
    were when the plan was made, unless it was to leave them so.
    """
    steps = {stack["cluster"]: stack["steps"] for stack in document.get("stacks", ())}
    start = {stack["cluster"]: stack["checkpoint"] for stack in document.get("stacks", ())}
    return sorted(
        record.name
        for record in state.members
        if record.name in wanted
        and not record.is_tainted
        and digest(record.member) == digest(member_document(wanted[record.name]))
        and not (steps.get(record.name) and record.checkpoint == start[record.name])
    )
