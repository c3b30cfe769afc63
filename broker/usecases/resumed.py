"""A saved plan that was begun before: what of it is done already, and what is left."""

from collections.abc import Collection, Mapping
from typing import Any

from broker.domain.canonical import digest
from broker.domain.ids import ClusterName
from broker.domain.members import Member
from broker.planning.member_documents import member_document
from broker.planning.stacks import stack_documents
from broker.ports.state import State
from broker.usecases.choices import Choices
from broker.usecases.operation import Operation
from broker.usecases.previews import going, preview_all


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
