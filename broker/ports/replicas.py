"""A copy of the state in another cloud, to read from while that of the state is down."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from broker.ports.audit import JournalHead
from broker.ports.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a replica holds: the *state* of *source*, as it was written at *copied_at* under lock *token*.

    *journal* is how far the journal had come by then, None where nobody could say.
    """

    state: State
    token: int
    source: str
    copied_at: datetime
    journal: JournalHead | None = None

    def is_from(self, place: str) -> bool:
        """Whether it was copied from *place*, as far as can be told.

        A folder of a computer bears its user and its name, and may be another's by now: of two such
        folders nobody can tell.
        """
        return self.source == place or not any("://" in each for each in (self.source, place))


class StateReplica(Protocol):
    """One replica. Raises CloudError where it can not be reached, and StateInvalid where it is damaged."""

    @property
    def address(self) -> str:
        """What to call it in messages."""
        ...

    @property
    def source(self) -> str:
        """What the state is called that is copied there from here."""
        ...

    def read(self) -> Copied | None:
        """The newest copy; None before the first one.

        Raises StateConflict where it was promoted, or something else is there: a state of its own.
        """
        ...

    def copy(self, state: State, token: int, *, force: bool = False) -> bool:
        """Let it hold *state*, which was written under lock *token*; whether it did not already.

        Nothing newer is replaced, and with *force* only what is another's. Raises StateConflict where it
        was promoted, or holds another lineage, unless *force*: then what was there is kept beside.
        """
        ...

    def promote(self, found: Copied, state: State) -> None:
        """Let *state* be the state itself from now on, in place of the copy that was *found*.

        Whoever still writes to the source of it has a lower number of the lock, and copies nothing here any
        more. Raises StateConflict where something else is there by now.
        """
        ...
