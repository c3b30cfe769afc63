"""`broker destroy`: take away what was made, once nothing needs it and the user has said so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Denied
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName
from broker.domain.members import Member, StackPreview
from broker.domain.spec import FleetSpec
from broker.planning.desired import desired_document
from broker.planning.parts import NOTHING, between, part_of
from broker.planning.stacks import steps_digest
from broker.ports.provisioning import PoolChoice
from broker.ports.state import State
from broker.ports.work import LiveWork, nobody_works
from broker.usecases.carry_out import Errand, Outcome, carry_out
from broker.usecases.choices import Choices, as_it_was
from broker.usecases.complete import check_complete, ending
from broker.usecases.mend import Aside, mend, raise_aside
from broker.usecases.operation import Means, Operation, operation
from broker.usecases.previews import check_kept, going, preview_all
from broker.usecases.recorded import recorded_state
from broker.usecases.removals import (
    busy_pools,
    firm_work,
    protected_pools,
    to_be_forgotten,
)
from broker.usecases.unrecorded import unrecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyRequest:
    """What was asked for; no *target* means all of it. *command* goes on after a failure.

    *spec* says which work forbids it and which clusters are to be forgotten, and is None where there is none any more: then what is recorded
    says so. *drained* says that work was taken off.
    """

    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    drained: bool = False
    spec: FleetSpec | None = None
    command: str = "broker destroy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What is about to go: *gone* is the fleet before it, *left* the one after it.

    *previews* are the steps of each stack; *members* those that stay, perhaps with fewer pools: of
    these, *choices* say which go.
    Members *aside* would go too, and can not be looked at now: they are left.
    """

    gone: Fleet
    left: Fleet
    currency: str
    members: Mapping[ClusterName, Member]
    previews: Mapping[ClusterName, StackPreview]
    choices: Choices = field(default_factory=dict)
    aside: Aside = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """What came of it; *removal* is None where there was nothing to take away."""

    removal: Removal | None
    outcome: Outcome
    state: State
    cancelled: bool = False
    warnings: tuple[Diagnostic, ...] = ()


def destroy(
    request: DestroyRequest,
    means: Means,
    agree: Callable[[Removal], bool],
    *,
    told: Callable[[Removal], None] = lambda removal: None,
    work: LiveWork = nobody_works,
) -> Destroyed:
    """Show what would go, ask, and take it away: pools and clusters, their protection first.

    *told* hears of it first, even if it is not allowed then. Where nothing is recorded, warnings tell what is there. A member of which the cloud does not
    answer is left, and the others go. Raises Denied, after which nothing was changed, for pools that are protected, or on
    which *work* runs unless they were drained, and for clusters that are to be forgotten; StateConflict where the engine has lost its record;
    PartlyApplied, Interrupted, Locked, EngineMissing.
    """
    with operation("destroy", means) as op:
        return destroy_under(op, request, agree, told=told, work=work)


def destroy_under(
    op: Operation,
    request: DestroyRequest,
    agree: Callable[[Removal], bool],
    *,
    told: Callable[[Removal], None] = lambda removal: None,
    work: LiveWork = nobody_works,
) -> Destroyed:
    """The same under a lock that is held already."""
    aside = mend(op).aside
    if not op.state.members:
        lost = tuple(_unrecorded(request, op.means, op.state))
        return Destroyed(removal=None, outcome=Outcome(), state=op.state, warnings=lost)
    removal = removal_of(request, op.state, op.means, aside)
    told(removal)
    check_removable(request, removal, op.state, work)
    if not agree(removal):
        return Destroyed(removal=removal, outcome=Outcome(), state=op.state, cancelled=True)
    return _carried_out(request, removal, op)


def foresee(
    request: DestroyRequest,
    means: Means,
    told: Callable[[Removal], None],
    *,
    warned: Callable[[Sequence[Diagnostic]], None] = lambda findings: None,
    work: LiveWork = nobody_works,
) -> Removal | None:
    """What `destroy` would take away; None for nothing. Changes nothing, and takes no lock.

    *warned* hears of what is there and not recorded, where nothing is. Raises Denied, once *told* has heard of it, for what destroy would refuse; StateConflict, EngineMissing.
    """
    state = means.states.read()
    if state is None or not state.members:
        warned(_unrecorded(request, means, state))
        return None
    removal = removal_of(request, state, means, {})
    told(removal)
    check_removable(request, removal, state, work)
    return removal


def _unrecorded(request: DestroyRequest, means: Means, state: State | None) -> list[Diagnostic]:
    fleet = "" if request.spec is None else request.spec.name
    return unrecorded(means.provisioner.known(fleet), state)


def removal_of(request: DestroyRequest, state: State, means: Means, aside: Aside) -> Removal:
    """What *request* takes away of what *state* records, but of members *aside*."""
    before = recorded_state(state).fleet or NOTHING
    known = {record.name: as_it_was(record) for record in state.members}
    part = part_of((before,), request.target, request.exclude)
    left = between(before, NOTHING, part)
    staying = {cluster.name: cluster for cluster in left.clusters}
    members = {
        name: member.shrunk({pool.name for pool in staying[name].pools})
        for name, member in known.items()
        if name in staying
    }
    touched = {name: members[name] for name in members if members[name] != known[name]}
    named = {cluster.name for cluster in before.clusters}
    is_part = bool(request.target or request.exclude)
    # What was begun and never finished is in no fleet: it goes with everything, not with a part.
    leaving = {n: m for n, m in going(members, state).items() if n in named or not is_part}
    passed_over = {n: aside[n] for n in aside if n in touched or n in leaving}
    able, gone = ({n: m for n, m in each.items() if n not in aside} for each in (touched, leaving))
    if not able and not gone:
        raise_aside(passed_over)
    choices = {name: _going(known[name], members[name]) for name in able}
    previews = preview_all(able, gone, means, choices=choices)
    check_kept({name: preview.checkpoint for name, preview in previews.items()}, state)
    return Removal(
        gone=before,
        left=left,
        currency=state.currency,
        members=members,
        previews=previews,
        choices=choices,
        aside=passed_over,
    )


def _going(before: Member, left: Member) -> PoolChoice:
    """The pools that go; nothing else of their cluster is touched."""
    gone = {pool.name for pool in before.pools} - {pool.name for pool in left.pools}
    return PoolChoice(pools=frozenset(gone), before=before)


def check_removable(
    request: DestroyRequest, removal: Removal, state: State, work: LiveWork
) -> None:
    """Refuse to take away what is protected or to be forgotten, and pools on which work runs."""
    firm = firm_work(request.spec, recorded_state(state).firm)
    refusals = protected_pools(firm, removal.gone, removal.left)
    refusals += to_be_forgotten(request.spec, {*removal.previews, *removal.aside})
    if not request.drained:
        refusals += busy_pools(state, removal.left, work, among=removal.previews)
    if refusals:
        raise Denied(*refusals)


def _carried_out(request: DestroyRequest, removal: Removal, op: Operation) -> Destroyed:
    plan = digest({name: steps_digest(preview) for name, preview in removal.previews.items()})
    op.intend("destroy", plan)
    op.abandon()
    outcome = carry_out(errand_of(removal), op)
    with op.failing("destroy", plan):
        check_complete(outcome, request.command, stopped=op.means.watch.stop.is_set())
    with ending(outcome, request.command):
        op.finish(None, desired_document(removal.left))
        op.conclude("destroy", plan, serial=op.state.serial)
    return Destroyed(removal=removal, outcome=outcome, state=op.state)


def errand_of(removal: Removal, *, is_binding: bool = False) -> Errand:
    """What is to be done for it; with *is_binding*, nothing but its steps."""
    return Errand(
        recorded=removal.gone,
        target=removal.left,
        members=removal.members,
        approved={n: removal.previews[n] for n in removal.previews if n in removal.members},
        is_binding=is_binding,
        only=frozenset({*removal.previews, *removal.aside}),
        choices=removal.choices,
        aside=removal.aside,
    )
