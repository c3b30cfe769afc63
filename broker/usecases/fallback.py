"""When the cloud has run out of what was chosen: the next best fleet, within what was agreed to."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import (
    BrokerError,
    InsufficientCapacity,
    Interrupted,
    Locked,
    PartlyApplied,
    PlanStale,
    QuotaExceeded,
    StateConflict,
)
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName
from broker.planning.addresses import spellings
from broker.planning.parts import NOTHING, pools_of
from broker.ports.state import State
from broker.usecases.carry_out import Errand, Outcome, carry_out
from broker.usecases.complete import failures, resume
from broker.usecases.operation import Operation
from broker.usecases.recorded import recorded_state

MOST_ROUNDS = 20
"""How often another fleet is tried; each round rules out at least one more offer."""

AskAgain = Callable[[frozenset[str]], Errand]
"""Decides anew without the offers of these names; raises any BrokerError where it can not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack:
    """What came of it in the end: the last *errand*, and the offers that were *masked* on the way."""

    outcome: Outcome
    errand: Errand
    masked: tuple[str, ...] = ()


def carry_out_or_fall_back(
    errand: Errand, operation: Operation, again: AskAgain, command: str
) -> FellBack:
    """Carry out *errand*; where an offer is out of stock or over quota, what *again* decides instead.

    Where that finds nothing, what could be done is done. Raises PartlyApplied then, with the reasons of
    both and the *command* that goes on.
    """
    masked: set[str] = set()
    outcome = carry_out(errand, operation)
    for _ in range(MOST_ROUNDS):
        short = offers_short(outcome.failed, errand.target) - masked
        if not short:
            break
        masked |= short
        try:
            errand = _decided_again(again, masked, short, operation)
        except (Locked, StateConflict, Interrupted):
            raise
        except BrokerError as error:
            reasons = [*failures(outcome), *error.diagnostics]
            raise PartlyApplied(
                *reasons, resume(outcome, command, code="partly-applied")
            ) from error
        outcome = _together(outcome, carry_out(errand, operation))
    return FellBack(outcome=outcome, errand=errand, masked=tuple(sorted(masked)))


def _together(before: Outcome, now: Outcome) -> Outcome:
    """What came of both rounds; what is undone, *now* tells."""
    others = {*now.removed, *now.failed, *now.left}
    return replace(now, made=tuple(sorted({*now.made, *before.made} - others)))


def _decided_again(
    again: AskAgain, masked: set[str], short: set[str], operation: Operation
) -> Errand:
    what = ", ".join(sorted(short))
    operation.intend("fall-back", what)
    try:
        errand = again(frozenset(masked))
    except BrokerError as error:
        operation.fail("fall-back", what, error)
        raise
    operation.conclude("fall-back", what)
    return errand


def offers_short(failed: Mapping[ClusterName, BrokerError], target: Fleet) -> set[str]:
    """The offers of the pools that the cloud had no room for."""
    asked = {
        (error.member, error.pool)
        for error in failed.values()
        if isinstance(error, (InsufficientCapacity, QuotaExceeded))
    }
    return {pool.offer.name for pool in target.pools if (pool.cluster, pool.name) in asked}


def left_to_replace(
    addresses: Collection[str], state: State, masked: Collection[str]
) -> tuple[str, ...]:
    """Those of *addresses* that are still to be made anew: the pools of clusters that are not done yet.

    A pool of an offer that is *masked* goes, in place of being made anew.
    """
    fleet = recorded_state(state).fleet or NOTHING
    begun = {record.name for record in state.members if record.is_tainted}
    left = {
        (pool.cluster, pool.name)
        for pool in fleet.pools
        if pool.cluster in begun and pool.offer.name not in masked
    }
    known = spellings(pools_of([fleet]))
    return tuple(address for address in addresses if known.get(address) in left)


def check_whole(*, is_part: bool) -> None:
    """Refuse another fleet where only a part was asked for: it may need other parts. Raises PlanStale."""
    if is_part:
        raise PlanStale(
            Diagnostic(
                code="fallback-of-part",
                subject="fleet",
                summary="No other fleet is tried in place of a part of one",
                detail="-target or -exclude was given, and another fleet may need the rest.",
                hint="`broker apply` without them decides on the whole fleet.",
            )
        )
