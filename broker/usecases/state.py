"""`broker state`: look at what is recorded, and put it right by hand.

Whatever changes it holds the lock, is written down in the journal before and after, and keeps a copy
of what was there.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, StateConflict, StateInvalid, UsageInvalid
from broker.planning.desired import desired_document
from broker.planning.edits import address_of_cluster, renamed, without
from broker.planning.records import (
    Record,
    exists,
    inside,
    paid,
    recorded_fleet_of,
    records,
    renamed_member,
)
from broker.planning.state_document import state_document, state_of_text
from broker.ports.clock import Clock
from broker.ports.state import Entry, Journal, Lease, Locks, State, StateStore

NOT_THERE = frozenset({"state-damaged", "state-lost"})
"""The codes of a state in whose place another may be put without being asked."""

ADDRESS = re.compile(r"(cluster|pool|workload|data)\.")
"""How a sentence begins that keeps its first letter."""

MOST_NAMED = 5
"""So many addresses are named where one is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What is recorded, with its lock and the journal; *who* asks, and waits *lock_seconds*."""

    states: StateStore
    locks: Locks
    journal: Journal
    clock: Clock
    who: str
    lock_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What came of a change: *addresses* are those concerned, *state* what is recorded now."""

    addresses: tuple[str, ...]
    state: State
    written: bool = True


def listed(states: StateStore, addresses: Sequence[str] = ()) -> list[Record]:
    """What is recorded, all of it or what is at *addresses* and inside.

    Raises UsageInvalid where there is nothing, and StateInvalid.
    """
    found = records(_recorded(states))
    return inside(found, known(found, addresses)) if addresses else list(found.values())


def shown(states: StateStore, address: str) -> Record:
    """What is recorded at *address*; raises UsageInvalid and StateInvalid."""
    found = records(_recorded(states))
    known(found, [address])
    return found[address]


def pulled(states: StateStore) -> dict[str, Any] | None:
    """The whole document, None if nothing was recorded yet; raises StateInvalid."""
    state = states.read()
    return None if state is None else state_document(state)


def moved(books: Books, source: str, destination: str, *, dry_run: bool = False) -> Edited:
    """Let what is at *source* be at *destination*; nothing happens in the cloud.

    Raises UsageInvalid where that would not be true of what the cloud has, and what `edited` raises.
    """

    def change(state: State) -> State:
        found = records(state)
        known(found, [source])
        _check_move(found, source, destination)
        try:
            fleet = renamed(recorded_fleet_of(state), source, destination)
        except ValueError as error:
            raise _impossible(source, str(error)) from error
        return replace(
            state,
            desired=state.desired and desired_document(fleet),
            members=tuple(renamed_member(m, source, destination) for m in state.members),
        )

    return edited(books, "state-mv", (source, destination), change, dry_run=dry_run)


def removed(
    books: Books, addresses: Sequence[str], *, allow_orphan: bool = False, dry_run: bool = False
) -> Edited:
    """Forget what is at *addresses* and inside; the cloud keeps it.

    Raises UsageInvalid if that goes on costing money, which nobody sees, unless *allow_orphan*; and
    what `edited` raises.
    """

    def change(state: State) -> State:
        found = records(state)
        named = known(found, addresses, is_forgetting=True)
        gone = {record.address for record in inside(found, named)}
        orphans = sorted(set(paid(found, addresses)))
        if orphans and not allow_orphan:
            raise _orphans(orphans)
        try:
            fleet = without(recorded_fleet_of(state), gone)
        except ValueError as error:
            raise _impossible(", ".join(addresses), str(error)) from error
        return replace(
            state,
            desired=state.desired and desired_document(fleet),
            members=tuple(m for m in state.members if address_of_cluster(m.name) not in gone),
        )

    return edited(books, "state-rm", tuple(addresses), change, dry_run=dry_run)


def pushed(books: Books, text: bytes, subject: str, *, force: bool = False) -> Edited:
    """Let the state in *text*, of the file *subject*, take the place of what is recorded.

    Raises StateConflict where it is of another lineage, or older, unless *force*; StateInvalid where
    it is no state, or one of a newer broker; and what `edited` raises. A damaged state is replaced
    without being asked.
    """
    new = state_of_text(text, subject)
    recorded_fleet_of(new)
    with _edit(books, "state-push", subject) as lease:
        there = _readable(books.states)
        if there is not None and not force:
            _check_push(new, there, subject)
        if there is not None and state_document(there) == state_document(new):
            return Edited(addresses=(), state=there, written=False)
        return Edited(addresses=(), state=books.states.replace(new, lease))


def edited(
    books: Books,
    act: str,
    addresses: tuple[str, ...],
    change: Callable[[State], State],
    *,
    dry_run: bool,
) -> Edited:
    """Write down what *change* makes of the state, under the lock; with *dry_run* only say it.

    *act* is for the journal. Raises what *change* raises, UsageInvalid where nothing is recorded, and
    Locked, Unwritable, StateConflict, StateInvalid.
    """
    if dry_run:
        state = change(_recorded(books.states))
        return Edited(addresses=addresses, state=state, written=False)
    with _edit(books, act, " ".join(addresses)) as lease:
        new = change(_recorded(books.states))
        return Edited(
            addresses=addresses, state=books.states.write(replace(new, under_way=None), lease)
        )


@contextmanager
def _edit(books: Books, act: str, subject: str) -> Iterator[Lease]:
    """Hold the lock, and say what is done before and after.

    Raises Locked, Unwritable, StateConflict, StateInvalid.
    """
    operation = act.replace("-", " ")
    with books.locks.held(operation, who=books.who, wait_seconds=books.lock_seconds) as lease:
        if lease.taken_from is not None:
            before = lease.taken_from
            detail = {"id": before.id, "operation": before.operation}
            _say(books, "lock-taken-over", "outcome", subject, lease.token, detail)
        with noted(books, act, subject, token=lease.token):
            yield lease
        books.journal.checkpoint()


@contextmanager
def noted(books: Books, act: str, subject: str, *, token: int) -> Iterator[dict[str, Any]]:
    """Say what is done before and after; what is put into the block's dictionary is told after."""
    _say(books, act, "intent", subject, token, {})
    detail: dict[str, Any] = {}
    try:
        yield detail
    except BrokerError as error:
        failed = [diagnostic.code for diagnostic in error.diagnostics]
        _say(books, act, "outcome", subject, token, {"failed": failed})
        raise
    _say(books, act, "outcome", subject, token, detail)


def _say(
    books: Books, act: str, phase: str, subject: str, token: int, detail: dict[str, Any]
) -> None:
    books.journal.append(
        Entry(
            at=books.clock.now(),
            who=books.who,
            act=act,
            phase=phase,
            subject=subject,
            token=f"{token}",
            detail=detail,
        )
    )


def _recorded(states: StateStore) -> State:
    state = states.read()
    if state is None:
        raise UsageInvalid(
            Diagnostic(
                code="state-missing",
                subject="broker state",
                summary="Nothing is recorded here yet: there is no state",
                hint="`broker apply` makes one. -chdir=DIR works in another folder, and a sandbox "
                "has a state of its own.",
            )
        )
    return state


def _readable(states: StateStore) -> State | None:
    """What is recorded, None if there is nothing that can be read: then whatever is pushed is better."""
    try:
        return states.read()
    except StateInvalid as error:
        if any(diagnostic.code not in NOT_THERE for diagnostic in error.diagnostics):
            raise
        return None


def known(
    found: dict[str, Record], addresses: Sequence[str], *, is_forgetting: bool = False
) -> Sequence[str]:
    """*addresses*, if each is in *found*.

    Who wants to forget one gets no guess: a wrong one, taken at its word, would forget another.
    """
    hint = _recorded_ones if is_forgetting else _guess
    unknown = [address for address in addresses if address not in found]
    if unknown:
        raise UsageInvalid(
            *(
                Diagnostic(
                    code="address-unknown",
                    subject=address,
                    summary=f"Nothing is recorded at {address}",
                    hint=hint(address, found),
                )
                for address in unknown
            )
        )
    return addresses


def _guess(address: str, found: dict[str, Record]) -> str:
    close = get_close_matches(address, found, n=1, cutoff=0.6)
    guess = f"Did you mean {close[0]}? " if close else ""
    return f"{guess}`broker state list` shows all addresses."


def _recorded_ones(address: str, found: dict[str, Record]) -> str:
    """What is recorded of that kind: all of it, or the first few."""
    kind = address.partition(".")[0]
    alike = [each for each in sorted(found) if each.startswith(f"{kind}.")] or sorted(found)
    more = len(alike) - MOST_NAMED
    rest = f" and {more} more" if more > 0 else ""
    named = f"Recorded: {', '.join(alike[:MOST_NAMED])}{rest}. " if alike else ""
    return f"{named}`broker state list` shows all addresses."


def _check_move(found: dict[str, Record], source: str, destination: str) -> None:
    if destination in found:
        raise _impossible(source, f"{destination} is there already")
    record = found[source]
    holder = found.get(record.cluster or source)
    if holder is not None and holder.made is not None and exists(holder.made):
        raise _impossible(
            source,
            "it exists in a cloud under this name, and would be made again under the other one",
        )


def _impossible(subject: str, why: str) -> UsageInvalid:
    return UsageInvalid(
        Diagnostic(
            code="state-edit-impossible",
            subject=subject,
            summary="The state would not be true any more",
            detail=f"{why if ADDRESS.match(why) else why[:1].upper() + why[1:]}.",
            hint="Nothing was changed.",
        )
    )


def _orphans(orphans: Sequence[str]) -> UsageInvalid:
    return UsageInvalid(
        Diagnostic(
            code="state-orphan",
            subject=", ".join(orphans),
            summary="What exists in a cloud would be forgotten, and be paid for all the same",
            hint="`broker destroy -target=ADDRESS` removes it. -allow-orphan forgets it nevertheless.",
        )
    )


def _check_push(new: State, there: State, subject: str) -> None:
    if new.lineage != there.lineage:
        raise _unfit(
            subject,
            f"Can not push a state of lineage {new.lineage} over an unrelated one of lineage "
            f"{there.lineage}",
        )
    if new.serial < there.serial:
        raise _unfit(
            subject,
            f"Can not push a state of serial {new.serial} over a newer one of serial "
            f"{there.serial}",
        )
    if new.serial == there.serial and state_document(new) != state_document(there):
        raise _unfit(
            subject,
            f"Can not push a different state of serial {new.serial} over the one that has it",
        )


def _unfit(subject: str, summary: str) -> StateConflict:
    return StateConflict(
        Diagnostic(
            code="state-push-refused",
            subject=subject,
            summary=summary,
            hint="-force does it all the same; what is recorded now is kept as a backup.",
        )
    )
