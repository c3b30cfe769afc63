"""`broker reap`: take away every fleet whose end has come, in each workspace; nothing else, ever."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, Denied, PartlyApplied, StateInvalid
from broker.domain.ids import ClusterName
from broker.domain.money import Money
from broker.domain.spec import FleetSpec
from broker.domain.wording import many
from broker.planning.cost import cost
from broker.planning.lifetime import has_run_out, shown
from broker.planning.parts import NOTHING
from broker.planning.staleness import CLOCK_SKEW
from broker.ports.state import State, StateStore
from broker.ports.work import LiveWork, nobody_works
from broker.usecases.destroy import Destroyed, DestroyRequest, Removal, destroy_under
from broker.usecases.operation import Means, operation
from broker.usecases.recorded import Recorded, recorded_state
from broker.usecases.removals import firm_by_either, protected_pools

NO_GRACE = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """A fleet whose end has come, and of which something is left, half made or not.

    *monthly* is what it costs, None where nobody can tell. *forbidden* is why it may not go.
    """

    workspace: str
    fleet: str
    expires_at: datetime
    clusters: tuple[ClusterName, ...]
    monthly: Money | None
    forbidden: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is *overdue*, of all *workspaces*; some may be *unknown*, and why."""

    workspaces: tuple[str, ...]
    overdue: tuple[Overdue, ...]
    unknown: Mapping[str, BrokerError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReapRequest:
    """What was asked for: fleets that ran out that *grace* ago.

    *spec* says which work forbids it, beside what is recorded of each: it is one for all of them.
    """

    grace: timedelta = NO_GRACE
    spec: FleetSpec | None = None
    command: str = "broker reap"


def survey(
    names: Sequence[str],
    store_of: Callable[[str], StateStore],
    request: ReapRequest,
    now: datetime,
) -> Survey:
    """Look into each workspace, and take no lock; one that can not be read keeps none from being read."""
    overdue: list[Overdue] = []
    unknown: dict[str, BrokerError] = {}
    for name in names:
        try:
            found = _overdue(name, store_of(name).read(), request, now)
        except BrokerError as error:
            unknown[name] = error
            continue
        overdue += [] if found is None else [found]
    return Survey(workspaces=tuple(names), overdue=tuple(overdue), unknown=unknown)


def reap(
    request: ReapRequest,
    means: Means,
    told: Callable[[Removal], None] = lambda removal: None,
    *,
    work: LiveWork = nobody_works,
) -> Destroyed | None:
    """Destroy the fleet of one state, if its end has come; None if it was put off meanwhile.

    Nobody is asked: who gave it an end has agreed to it, and to the loss of pods that still run then.
    What was half made, or half taken away, is mended and goes too. Raises what `destroy` raises: Denied
    for pools of work that forbids it; StateInvalid where the clock can not be right.
    """
    with operation("reap", means) as op:
        if not _is_due(op.state, request, means.clock.now()):
            return None
        forbidden = _forbidden(request, recorded_state(op.state))
        if forbidden:
            raise Denied(*forbidden)
        # The spec has had its say, and may be of another fleet: what it forgets is not of this one.
        asked = DestroyRequest(drained=True, command=request.command)
        return destroy_under(op, asked, lambda removal: True, told=told, work=work)


def _is_due(state: State, request: ReapRequest, now: datetime) -> bool:
    if state.expires_at is None:
        return False
    _check_clock(state, now)
    return bool(state.members) and has_run_out(state.expires_at, now, request.grace)


def _overdue(name: str, state: State | None, request: ReapRequest, now: datetime) -> Overdue | None:
    if state is None or state.expires_at is None or not _is_due(state, request, now):
        return None
    recorded = recorded_state(state)
    fleet = recorded.fleet or NOTHING
    there = {cluster.name for cluster in fleet.clusters}
    is_whole = all(record.name in there and not record.is_tainted for record in state.members)
    return Overdue(
        workspace=name,
        fleet=state.fleet,
        expires_at=state.expires_at,
        clusters=tuple(record.name for record in state.members),
        monthly=cost(fleet, state.currency).total.monthly if is_whole else None,
        forbidden=tuple(_forbidden(request, recorded)),
    )


def _forbidden(request: ReapRequest, recorded: Recorded) -> list[Diagnostic]:
    """Why none of it may go. What lifts a protection has to be applied to that fleet first."""
    firm = firm_by_either(request.spec, recorded.firm)
    return protected_pools(firm, recorded.fleet or NOTHING, NOTHING)


def _check_clock(state: State, now: datetime) -> None:
    """Refuse to go by a clock that is behind the one by which the end was stated: raises StateInvalid."""
    stated_at = state.expiry_stated_at
    if stated_at is not None and stated_at - now > CLOCK_SKEW:
        raise StateInvalid(
            Diagnostic(
                code="clock-behind",
                subject="the clock of this computer",
                summary=f"The end of {state.fleet} was stated at {shown(stated_at)}, and it is "
                f"{shown(now)} here",
                detail="Whether a fleet has run out can not be told by this clock.",
                hint="Set the clock of this computer, and run it again.",
            )
        )


def check_reaped(
    reaped: Sequence[str], failed: Mapping[str, BrokerError], left: Sequence[str], command: str
) -> None:
    """Nothing, if all went; raises PartlyApplied with the reasons, and the *command* that goes on."""
    if not failed and not left:
        return
    told = {
        **dict.fromkeys(reaped, "reaped"),
        **dict.fromkeys(failed, "failed"),
        **dict.fromkeys(left, "not begun"),
    }
    ending = Diagnostic(
        code="partly-reaped",
        subject="reap",
        summary=f"Reaped: {len(reaped)} of {many(len(told), 'workspace')} of which something had run out",
        detail="\n".join(f"{name}: {what}" for name, what in sorted(told.items())),
        hint=f"Go on with: {command}",
    )
    raise PartlyApplied(*(d for each in failed.values() for d in each.diagnostics), ending)
