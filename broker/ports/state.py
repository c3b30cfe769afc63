"""Where the broker keeps what it has made, and who may change it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from broker.domain.errors import BrokerError
from broker.domain.ids import ClusterName, PoolName
from broker.domain.stock_outs import StockOut

Lost = Callable[[BrokerError], None]
"""Hears why a lease is not its holder's any more, while that still works under it."""


def unheard(_: BrokerError) -> None:
    """Find out at the next write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRecord:
    """One member as it was recorded: *member* is its document, *checkpoint* the engine's digest.

    *outputs* hold no secret. *is_tainted*: a change of it began and did not end well; *was* is its
    document before that. *anew* are the pools that the user wants to be made anew, though nothing of
    them changes.
    """

    name: ClusterName
    member: dict[str, Any]
    outputs: dict[str, Any]
    resources: tuple[dict[str, str], ...]
    checkpoint: str | None
    is_tainted: bool = False
    was: dict[str, Any] | None = None
    anew: tuple[PoolName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that was recorded of a fleet.

    *lineage* is the identity of the state, made once; *serial* counts its versions. *desired* is the
    fleet as plan documents write it (with its *currency*), None before the first apply. *applied* are
    digests of the plans that were carried out, so that none is carried out twice. *under_way* is that
    of the plan that is being carried out, or whose carrying out was cut short: the same may go on.
    *stock_outs* are nodes that clouds had not to give a little while ago. *expires_at*: the fleet may live until then, as was stated at *expiry_stated_at*; None for one that
    lasts.
    """

    lineage: str
    serial: int
    fleet: str
    currency: str
    desired: dict[str, Any] | None = None
    members: tuple[MemberRecord, ...] = ()
    applied: tuple[str, ...] = ()
    under_way: str | None = None
    tool: str = ""
    expires_at: datetime | None = None
    expiry_stated_at: datetime | None = None
    stock_outs: tuple[StockOut, ...] = ()


def first_state(fleet: str, currency: str) -> State:
    """What is recorded before anything is; the store gives it its lineage when it is written."""
    return State(lineage="", serial=0, fleet=fleet, currency=currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who may change the state: *token* grows with each holder, a lower one is refused for ever.

    *taken_from* is the lease of a holder that died, or did not renew it: what was under way then has
    to be looked into.
    """

    id: str
    token: int
    who: str
    operation: str
    since: datetime
    expires_at: datetime
    taken_from: "Lease | None" = None


class StateStore(Protocol):
    """The state of one folder. Raises StateInvalid for a damaged or newer one, and Unwritable."""

    def read(self) -> State | None:
        """What is recorded; None before the first write."""
        ...

    def write(self, state: State, lease: Lease) -> State:
        """Replace it, with a copy of the old one kept beside, and return it with its new serial.

        *state.serial* is that of the state it was made from. Raises StateConflict if it is not the one
        recorded, or if *lease* is not the newest: a late writer changes nothing.
        """
        ...

    def replace(self, state: State, lease: Lease) -> State:
        """Put *state* in the place of whatever is there: damaged, newer in serial, another lineage.

        What was there is kept beside. Return it with its new serial, which is higher than both.
        Raises StateConflict if *lease* is not the newest, StateInvalid if what is there is from a
        newer broker.
        """
        ...


class Locks(Protocol):
    """A lease on the state of one folder."""

    def held(
        self, operation: str, *, who: str, wait_seconds: float = 0.0, lost: Lost = unheard
    ) -> AbstractContextManager[Lease]:
        """Hold it while the block runs, renewing it; wait that long for another's to end.

        A lease that is not renewed ends by itself, so that a killed holder blocks nobody for long. One
        that is taken away, broken, or can not be renewed before it runs out is *lost*, which is called
        at once and once, from another thread.
        Raises Locked, which says who holds it, for what and since when.
        """
        ...

    def current(self) -> Lease | None:
        """Who holds it now; None if nobody does, or the lease has run out."""
        ...

    def renew(self, lease: Lease) -> None:
        """Say that the holder lives; raises Locked if somebody else has taken it over."""
        ...

    def break_lock(self, lock_id: str) -> None:
        """Free the lock with that id, whoever holds it; raises UsageInvalid if it is not held."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal: what is about to be done (`intent`) or what came of it (`outcome`).

    *act* is what (`apply`, `stack-up`, `state-write`, `lock-taken-over`), *subject* of what. *detail*
    is canonical JSON without floats and secrets.
    """

    at: datetime
    who: str
    act: str
    phase: str
    subject: str
    token: str
    detail: dict[str, Any] = field(default_factory=dict)


class Journal(Protocol):
    """Append-only; each append is on the disk when it returns. Raises Unwritable: then do not act."""

    def append(self, entry: Entry) -> int:
        """Add *entry*; return its index."""
        ...

    def entries(self) -> Sequence[Entry]:
        """All of them, oldest first; raises JournalInvalid if they are not what was appended."""
        ...

    def checkpoint(self) -> None:
        """Sign how far the journal has come: at the end of each operation that changed something."""
        ...
