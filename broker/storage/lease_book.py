"""What is kept of a lock, wherever it is kept: the lease that is out, and the last number given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from broker.ports.state import Lease
from broker.storage.holders import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """The lease that is out. *beat* counts its renewals; *ends* is on the holder's own clock."""

    lease: Lease
    holder: Holder
    beat: int
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseBook:
    """*token* is the highest number ever given, and never set back, whoever held the lock.

    *row* may have run out.
    """

    token: int = 0
    row: LeaseRow | None = None


Decide = Callable[[LeaseBook], LeaseBook]


class LeasePlace(Protocol):
    """Where a book is kept. Raises Unwritable, and StateInvalid for a damaged or newer one."""

    @property
    def name(self) -> str:
        """What to call the place in messages."""
        ...

    def read(self) -> LeaseBook:
        """The book; an empty one if there is none."""
        ...

    def change(self, decide: Decide) -> None:
        """Let the book be what *decide* makes of it, which nobody else changes meanwhile.

        *decide* may be asked again, and raise: then nothing is changed.
        """
        ...

    def floor(self) -> int:
        """The number under which the state was last written, should the book have been lost."""
        ...

    def fence(self, token: int) -> None:
        """From now on, nothing is written under a lower number."""
        ...
