"""-lock=false: who is in the way loses the lock, which is told and noted."""

from datetime import UTC, datetime

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Locked, StateConflict
from broker.ports.state import Lease, first_state
from broker.storage.clock import StoppedClock
from broker.usecases.force_unlock import Unlocking
from broker.usecases.set_aside import Insisting
from tests.fakes.state import Folder, MemoryJournal, MemoryLocks, MemoryStates

CLOCK = StoppedClock(datetime(2026, 12, 1, 12, tzinfo=UTC))


class JustEnded(MemoryLocks):
    """Locks whose holder gives them back as soon as it has been seen."""

    def current(self) -> Lease | None:
        seen = super().current()
        self.folder.lease = None
        return seen


class Insisted:
    """A folder, and locks that insist."""

    def __init__(self, kind: type[MemoryLocks] = MemoryLocks) -> None:
        self.folder = Folder(CLOCK)
        self.usual = kind(self.folder)
        self.journal = MemoryJournal()
        self.told: list[Diagnostic] = []
        unlocking = Unlocking(locks=self.usual, journal=self.journal, clock=CLOCK, who="me@here")
        self.locks = Insisting(unlocking=unlocking, told=self.told.append)

    def acts(self) -> list[tuple[str, str]]:
        return [(entry.act, entry.phase) for entry in self.journal.entries()]


def test_a_free_lock_is_held_as_ever() -> None:
    insisted = Insisted()

    with (
        insisted.locks.held("apply", who="me@here"),
        pytest.raises(Locked),
        insisted.usual.held("destroy", who="ann@desk"),
    ):
        pass

    assert insisted.told == []
    assert insisted.acts() == []


def test_who_is_in_the_way_is_set_aside_and_can_record_nothing_more() -> None:
    insisted = Insisted()
    states = MemoryStates(insisted.folder)
    theirs = insisted.folder.give("destroy", "ann@desk")

    with insisted.locks.held("apply", who="me@here") as mine:
        states.write(first_state("research", "USD"), mine)
        with pytest.raises(StateConflict):
            states.write(first_state("research", "USD"), theirs)

    (finding,) = insisted.told
    assert finding.code == "lock-set-aside"
    assert "ann@desk" in finding.summary
    assert insisted.acts() == [("force-unlock", "intent"), ("force-unlock", "outcome")]


def test_nobody_was_set_aside_who_had_ended_by_then() -> None:
    insisted = Insisted(JustEnded)
    insisted.folder.give("destroy", "ann@desk")

    with insisted.locks.held("apply", who="me@here"):
        pass

    assert insisted.told == []
