"""What a saved plan proposes, once it may be carried out here and now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from broker.domain.blocks import Removed
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName
from broker.domain.members import Member, StackPreview
from broker.planning.addresses import spellings
from broker.planning.blocks import Blocks, Read, blocks_in, read_as
from broker.planning.desired import fleet_of
from broker.planning.member_documents import member_of
from broker.planning.parts import NOTHING, Part, part_of, pools_of
from broker.planning.stacks import stack_documents, stack_previews
from broker.ports.state import State
from broker.ports.stores import SignedPlan
from broker.usecases.anew import clusters_anew
from broker.usecases.carry_out import Errand
from broker.usecases.checks import judge_saved
from broker.usecases.choices import Choices, choices_of
from broker.usecases.mend import Aside, aside_warnings
from broker.usecases.operation import Operation
from broker.usecases.previews import (
    check_kept,
    check_ready,
    check_unmoved,
    checkpoints_of,
    going,
    preview_all,
    urns_to_replace,
)
from broker.usecases.proposal import Proposal, among
from broker.usecases.recorded import recorded_state
from broker.usecases.removals import made_anew, protected_anew
from broker.usecases.resumed import approved_still, what_is_done, what_is_left


def is_previewed(saved: SignedPlan) -> bool:
    """Whether the plan says what would be done to resources, so that it is the approval of it."""
    return "stacks" in saved.document


def saved_proposal(
    saved: SignedPlan, operation: Operation, aside: Aside, *, is_resumed: bool
) -> Proposal:
    """What the plan says. One that goes on starts from what it has done already itself.

    Without a preview in it, the engine is asked now. Raises EngineMissing, StateConflict, PlanStale, and what
    `preview_all` raises.
    """
    means = operation.means
    blocks = blocks_in(saved.document)
    read = _recorded(operation.state, blocks)
    recorded = read.fleet or NOTHING
    members = {m.name: m for m in map(member_of, saved.document["members"])}
    check_ready(list(members.values()), means.provisioner)
    part = _part(saved, recorded)
    choices = choices_of(part, members, operation.state, recorded)
    if is_previewed(saved):
        seen = _seen_before(saved)
        if is_resumed:
            seen = _resumed(seen, saved, operation, members, choices, aside)
        else:
            _check_unmoved(seen, members, operation, aside)
    else:
        only = _touched(part, members, operation.state)
        seen = _seen_now(saved, operation, members, only, choices, aside)
    proposal = Proposal(
        document={**saved.document, **seen.document},
        errand=Errand(
            recorded=read.whole,
            target=fleet_of(saved.document),
            members=members,
            approved={name: seen.previews[name] for name in seen.previews if name in members},
            is_binding=is_previewed(saved),
            aside=aside,
            forgotten=blocks.gone,
            only=seen.only,
            choices=choices,
            replace={
                name: urns_to_replace(member, means.provisioner, saved.bindings.replace)
                for name, member in members.items()
                if name not in seen.done
            },
        ),
        has_changes=True,
        warnings=(
            *aside_warnings(aside),
            *seen.warnings,
            *clusters_anew(seen.previews.values()),
        ),
        denied=tuple(protected_anew(members.values(), made_anew(seen.previews.values()))),
    )
    return proposal.judged(judge_saved(saved.document, read.whole, means.clock.now()))


def _recorded(state: State, blocks: Blocks) -> Read:
    """What is recorded, as the plan has read it."""
    gone = [Removed(cluster=name) for name in sorted(blocks.gone)]
    fleet = recorded_state(state).fleet
    return read_as(fleet, blocks.moves, gone, currency=state.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What stacks would do, and *only* to which; None for all. Nothing is left to do to those *done*."""

    previews: Mapping[ClusterName, StackPreview]
    only: frozenset[ClusterName] | None
    document: Mapping[str, Any]
    done: frozenset[ClusterName] = frozenset()
    warnings: tuple[Diagnostic, ...] = ()


def _seen_before(saved: SignedPlan) -> _Seen:
    stacks = stack_previews(saved.document["stacks"])
    only = frozenset(stacks) if "part" in saved.document else None
    return _Seen(previews=stacks, only=only, document={})


def _check_unmoved(
    seen: _Seen,
    members: Mapping[ClusterName, Member],
    operation: Operation,
    aside: Aside,
) -> None:
    """That the engine starts where the plan does, of what is there: StateConflict and PlanStale."""
    known = {record.name for record in operation.state.members} & set(seen.previews)
    there = {name: members[name] for name in sorted(known) if name in members and name not in aside}
    now = checkpoints_of(there, operation.means)
    check_kept(now, operation.state)
    check_unmoved(seen.previews, now)


def _resumed(
    seen: _Seen,
    saved: SignedPlan,
    operation: Operation,
    members: Mapping[ClusterName, Member],
    choices: Choices,
    aside: Aside,
) -> _Seen:
    """The same approval, from where it was left; shown is what is left of it."""
    records = operation.means.provisioner.state
    document = what_is_left(
        saved.document,
        members,
        operation,
        replace=saved.bindings.replace,
        choices=choices,
        aside=aside,
    )
    now = {name: records(members[name]).checkpoint for name in seen.previews if name in members}
    check_kept(now, operation.state)
    done = frozenset(what_is_done(saved.document, members, operation.state))
    fresh = stack_previews(document["stacks"])
    left = {
        name: ()
        if name in done
        else approved_still(seen.previews[name], fresh.get(name), operation.state)
        for name in now
    }
    previews = {
        name: replace(seen.previews[name], checkpoint=now[name], steps=left[name]) for name in now
    }
    return replace(seen, previews=previews, document=document, done=done)


def _seen_now(
    saved: SignedPlan,
    operation: Operation,
    members: Mapping[ClusterName, Member],
    only: frozenset[ClusterName] | None,
    choices: Choices,
    aside: Aside,
) -> _Seen:
    state = operation.state
    left_alone = {*aside, *blocks_in(saved.document).gone}
    changing, leaving = (
        {name: m for name, m in among(only, each).items() if name not in left_alone}
        for each in (members, going(members, state))
    )
    anew = saved.bindings.replace
    previews = preview_all(changing, leaving, operation.means, replace=anew, choices=choices)
    check_kept({name: preview.checkpoint for name, preview in previews.items()}, state)
    return _Seen(
        previews=previews,
        only=only,
        document={"stacks": stack_documents(previews.values())},
        warnings=(not_previewed("They are previewed now, and nothing is done before you agree."),),
    )


def _part(saved: SignedPlan, recorded: Fleet) -> Part | None:
    """Of what the plan is, as its addresses mean it; None for all."""
    told = saved.document.get("part")
    if told is None:
        return None
    fleets = (recorded, fleet_of(saved.document))
    known = spellings(pools_of(fleets))
    # What would be made, and was excluded, is in neither of them.
    return part_of(fleets, told["target"], [a for a in told["exclude"] if a in known])


def _touched(
    part: Part | None, members: Mapping[ClusterName, Member], state: State
) -> frozenset[ClusterName] | None:
    if part is None:
        return None
    names = {*members, *(record.name for record in state.members)}
    return frozenset(name for name in names if part.touches(name))


def not_previewed(hint: str) -> Diagnostic:
    """That a plan says nothing about resources: a warning, with what to do."""
    return Diagnostic(
        severity=Severity.WARNING,
        code="plan-not-previewed",
        subject="saved plan",
        summary="The plan was saved without a preview of its resources, so that it approves none",
        hint=hint,
    )


def approval_missing() -> Diagnostic:
    """That nobody has approved what a plan without a preview comes to, and nobody can be asked."""
    return Diagnostic(
        code="plan-not-previewed",
        subject="saved plan",
        summary="Nothing was changed: the plan was saved without a preview of its resources, and "
        "nobody has approved what would be done to them",
        hint="Make it again with `broker plan -preview=true -out FILE`, where there is an engine "
        "(`broker doctor`) and the clouds can be asked; or give -auto-approve.",
    )
