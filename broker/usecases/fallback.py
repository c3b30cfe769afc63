"""When the cloud has run out of what was chosen: the next best fleet, within what was agreed to."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import (
    BrokerError,
    Interrupted,
    Locked,
    PartlyApplied,
    PlanStale,
    StateConflict,
)
from broker.domain.stock_outs import StockOut
from broker.planning.addresses import spellings
from broker.planning.cost import cost
from broker.planning.instead import bought_instead
from broker.planning.parts import NOTHING, pools_of
from broker.ports.state import State
from broker.usecases.carry_out import Errand, Outcome, carry_out
from broker.usecases.complete import failures, resume
from broker.usecases.operation import Operation
from broker.usecases.recorded import recorded_state
from broker.usecases.shortages import pools_short, stock_out_of_pool

MOST_ROUNDS = 20
"""How often another fleet is tried; each round rules out at least one more offer."""

AskAgain = Callable[[Sequence[StockOut], Errand], Errand]
"""Decides anew without what is out of stock, once an errand is begun; raises any BrokerError where it can not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """What is done about a stock-out: *again* decides anew, and it is remembered for the time of *memory*.

    *command* is what to type to ask for the same once more.
    """

    again: AskAgain
    memory: timedelta
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack:
    """What came of it in the end: the last *errand*, and the offers that were *masked* on the way."""

    outcome: Outcome
    errand: Errand
    masked: tuple[str, ...] = ()


def carry_out_or_fall_back(errand: Errand, operation: Operation, way_out: WayOut) -> FellBack:
    """Carry out *errand*; where an offer is out of stock or over quota, what is decided without it.

    Where that finds nothing, what could be done is done. Raises PartlyApplied then, with the reasons of
    both and the command that goes on.
    """
    masked: dict[str, StockOut] = {}
    outcome = carry_out(errand, operation)
    for left in reversed(range(MOST_ROUNDS + 1)):
        short = _offers_short(outcome, errand, operation, way_out.memory)
        short = {name: each for name, each in short.items() if name not in masked}
        if not short:
            break
        masked |= short
        try:
            if way_out.memory:
                operation.remember([*short.values()])
            if not left:
                break
            errand = _decided_again(way_out.again, masked, short, errand, operation)
        except (Locked, StateConflict, Interrupted):
            raise
        except BrokerError as error:
            reasons = [*failures(outcome), *error.diagnostics]
            raise PartlyApplied(
                *reasons, resume(outcome, way_out.command, code="partly-applied")
            ) from error
        outcome = _together(outcome, carry_out(errand, operation))
    return FellBack(outcome=outcome, errand=errand, masked=tuple(sorted(masked)))


def _together(before: Outcome, now: Outcome) -> Outcome:
    """What came of both rounds; what is undone, *now* tells."""
    others = {*now.removed, *now.failed, *now.left}
    made = tuple(sorted({*now.made, *before.made} - others))
    return replace(now, made=made, has_begun=True)


def _decided_again(
    again: AskAgain,
    masked: Mapping[str, StockOut],
    short: Collection[str],
    errand: Errand,
    operation: Operation,
) -> Errand:
    what = ", ".join(sorted(short))
    operation.intend("fall-back", what)
    with operation.failing("fall-back", what):
        other = again([*masked.values()], errand)
    monthly = cost(other.target, operation.state.currency).total.monthly
    operation.conclude(
        "fall-back",
        what,
        instead=[*bought_instead(other.target, errand.target)],
        monthly_cost=str(monthly),
        currency=monthly.currency,
    )
    return other


def _offers_short(
    outcome: Outcome, errand: Errand, operation: Operation, memory: timedelta
) -> dict[str, StockOut]:
    """The offers of the pools that a cloud had no room for, by name."""
    now = operation.means.clock.now()
    return {
        pool.offer.name: stock_out_of_pool(pool, error, now, now + memory)
        for pool, error in pools_short(outcome.failed, errand.target)
    }


def left_to_replace(
    addresses: Collection[str], state: State, sold_out: Collection[StockOut]
) -> tuple[str, ...]:
    """Those of *addresses* that are still to be made anew: the pools of clusters that are not done yet.

    A pool of an offer that is *sold_out* goes, in place of being made anew.
    """
    fleet = recorded_state(state).fleet or NOTHING
    begun = {record.name for record in state.members if record.is_tainted}
    left = {
        (pool.cluster, pool.name)
        for pool in fleet.pools
        if pool.cluster in begun and not any(each.covers(pool.offer) for each in sold_out)
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
