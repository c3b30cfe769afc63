"""What an auditor reads: the journal as it lies there, believed by nobody yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One line as it is stored.

    *body* is the text of an entry, *leaf* its hash, and *root* that of all entries up to this one.
    """

    position: int
    body: bytes
    leaf: bytes
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A signed checkpoint as it was found under *name*."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHead:
    """How far a journal has come: the number of its entries, and the root over all of them, in hex."""

    size: int
    root: str


class AuditTrail(Protocol):
    """The stored journal. Raises JournalInvalid where what is stored can not even be read."""

    def rows(self) -> Sequence[JournalRow]:
        """All lines in the order of their positions; empty before the first entry."""
        ...

    def notes(self) -> Sequence[Note]:
        """The checkpoints kept beside the journal, by name."""
        ...

    def head(self) -> JournalHead:
        """How far it has come, as its last entry says."""
        ...
