"""What may go wrong while a fleet is changed: nothing is lost, doubled or done in silence."""

import resource
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import (
    BrokerError,
    Interrupted,
    Locked,
    PartlyApplied,
    PlanStale,
    Unwritable,
)
from broker.journal.verification import verified
from broker.ports.provisioning import StepEvent, Watch
from broker.ports.state import Lease, State
from broker.storage.clock import StoppedClock
from broker.storage.holders import Holder, ThisProcess
from broker.storage.journal_store import JournalFile
from broker.storage.lease_book import Decide
from broker.storage.lease_rows import LeaseTable
from broker.storage.leases import Leases
from broker.storage.state_store import StateFile
from broker.usecases.apply import Applied
from broker.usecases.operation import Means
from tests.fakes.changing import NOW, Desk, assert_made_once, dearer, prices
from tests.fakes.keys import Believing, FixedKey
from tests.fakes.specs import TINY
from tests.fakes.state import MemoryLocks

PLAN = Path("fleet.plan")
KEY = FixedKey()
PATIENCE_SECONDS = 30.0


def codes(error: BrokerError) -> list[str]:
    return [diagnostic.code for diagnostic in error.diagnostics]


def fleet_in(folder: Path) -> Path:
    fleet = folder / "fleet.yaml"
    fleet.write_text(TINY)
    return fleet


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(fleet_in(tmp_path))


def recorded(desk: Desk) -> State:
    state = desk.states.read()
    assert state is not None
    return state


def pool_of(desk: Desk) -> str:
    ((cluster,)) = desk.plan().document["desired"]["clusters"]
    return str(cluster["pools"][0]["name"])


# A disk that is full, at each of all writes.


@dataclass
class Disk:
    """Has no room for the *number*-th write of *what*, and for none after it until it is `cleared`."""

    what: str = ""
    number: int = 0
    done: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def at(self, what: str) -> Iterator[None]:
        self.done[what] += 1
        is_full = what == self.what and self.done[what] >= self.number
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        if is_full:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            yield
        finally:
            if is_full:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def cleared(self) -> None:
        self.what = ""


class States(StateFile):
    disk: Disk

    def write(self, state: State, lease: Lease) -> State:
        with self.disk.at("state"):
            return super().write(state, lease)


class Journal(JournalFile):
    disk: Disk

    def append(self, entry: Any) -> int:
        with self.disk.at("journal"):
            return super().append(entry)

    def checkpoint(self) -> None:
        with self.disk.at("checkpoint"):
            super().checkpoint()


class Book(LeaseTable):
    disk: Disk

    def change(self, decide: Decide) -> None:
        with self.disk.at("lock"):
            super().change(decide)


class OnlyProcess(ThisProcess):
    """Knows that the runs before it have ended; all of them are this very process here."""

    def is_dead(self, holder: Holder) -> bool:
        return True


@dataclass
class DeskOnDisk(Desk):
    """The same, with the real files of a folder."""

    disk: Disk = field(default_factory=Disk)
    lock_seconds: float = 0.0
    process: ThisProcess = field(default_factory=OnlyProcess)
    ttl_seconds: float = 30.0

    @property
    def states(self) -> States:  # type: ignore[override]
        states = States(self._folder, self.folder.clock)
        states.disk = self.disk
        return states

    @property
    def written(self) -> Journal:
        journal = Journal(self._folder, KEY, self.folder.clock)
        journal.disk = self.disk
        return journal

    def means(self) -> Means:
        book = Book(self._folder / "lock.db", self._folder / "state.db")
        book.disk = self.disk
        return replace(
            super().means(),
            states=self.states,
            locks=Leases(
                book, self.folder.clock, process=self.process, ttl_seconds=self.ttl_seconds
            ),
            journal=self.written,
            lock_seconds=self.lock_seconds,
        )

    @property
    def _folder(self) -> Path:
        return self.fleet.parent / ".broker"


def writes() -> list[tuple[str, int]]:
    """Every write of an apply of the tiny fleet; a test holds that these are all."""
    counts = {"lock": 4, "journal": 4, "state": 4, "checkpoint": 1}
    return [(what, number) for what in counts for number in range(1, counts[what] + 1)]


def test_these_are_all_writes_of_an_apply(tmp_path: Path) -> None:
    desk = DeskOnDisk(fleet_in(tmp_path))

    desk.apply()

    assert desk.disk.done == Counter(what for what, _ in writes())


@pytest.mark.parametrize(("what", "number"), writes(), ids=str)
def test_a_disk_that_is_full_ends_it_with_everything_known_and_the_next_run_finishes(
    tmp_path: Path, what: str, number: int
) -> None:
    desk = DeskOnDisk(fleet_in(tmp_path))
    desk.disk = Disk(what=what, number=number)
    is_the_release = (what, number) == ("lock", 4)

    if is_the_release:
        desk.apply()  # a lease that can not be given back ends by itself
    else:
        with pytest.raises((Unwritable, PartlyApplied)) as refused:
            desk.apply()
        assert {*codes(refused.value)} & {"output-unwritable", "journal-unwritable"}

    state = desk.states.read()
    assert (state is not None and len(state.members) == 1) or desk.provisioner.names() == []
    desk.disk.cleared()
    desk.apply()
    assert_made_once(desk)
    journal = desk.written
    assert verified(journal.rows(), journal.notes(), Believing(KEY)).signed_size > 0


@pytest.mark.parametrize(("what", "number"), [("journal", 6), ("state", 4)])
def test_a_disk_that_is_full_once_another_fleet_is_begun_hides_not_what_the_first_has_made(
    tmp_path: Path, what: str, number: int
) -> None:
    desk = DeskOnDisk(fleet_in(tmp_path))
    desk.provisioner.refuse(pool_of(desk), "InsufficientInstanceCapacity")
    desk.disk = Disk(what=what, number=number)

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(tolerance=Fraction(100))

    assert desk.provisioner.names() == ["cluster", "network"]
    assert "capacity-insufficient" not in codes(partly.value)
    assert "nothing was changed" not in str(partly.value)
    desk.disk.cleared()
    desk.apply(tolerance=Fraction(100))
    assert_made_once(desk)


# Somebody else, at the same time.


@contextmanager
def under_way(desk: Desk, name: str = "cluster") -> Iterator["Future[Applied]"]:
    """An apply that has made *name*, and goes on when it is told to stop, or after a while."""
    begun = desk.provisioner.slow(name, PATIENCE_SECONDS)
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(desk.apply)
        try:
            assert begun.acquire(timeout=PATIENCE_SECONDS)
            yield running
        finally:
            desk.watch.stop.set()


def test_of_two_applies_at_once_one_wins_and_the_other_changes_nothing(desk: Desk) -> None:
    with under_way(desk) as running:
        calls = len(desk.provisioner.calls)
        with pytest.raises(Locked) as refused:
            Desk(desk.fleet, desk.provisioner, folder=desk.folder).apply()
        assert codes(refused.value) == ["state-locked"]
        assert len(desk.provisioner.calls) == calls

    with pytest.raises(Interrupted):
        running.result()


def test_who_waits_for_the_other_finds_nothing_to_do(tmp_path: Path) -> None:
    desk = DeskOnDisk(fleet_in(tmp_path), lock_seconds=PATIENCE_SECONDS, process=ThisProcess())
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(desk.apply) for _ in range(2)]
        outcomes = [running.result() for running in both]

    assert sorted(len(applied.outcome.made) for applied in outcomes) == [0, 1]
    assert_made_once(desk)


def test_a_lock_that_is_broken_while_the_engine_works_lets_nothing_more_be_recorded(
    desk: Desk,
) -> None:
    pool, serials = pool_of(desk), []

    def somebody_breaks_it(event: StepEvent) -> None:
        if (event.step.name, event.state) == (pool, "done"):
            serials.append(recorded(desk).serial)
            assert desk.folder.lease is not None
            MemoryLocks(desk.folder).break_lock(desk.folder.lease.id)

    desk.watch = Watch(heard=somebody_breaks_it)
    with pytest.raises(Locked) as late:
        desk.apply()

    assert codes(late.value) == ["lock-lost", "state-fenced"]
    assert [recorded(desk).serial] == serials
    desk.watch = Watch()
    desk.apply()
    assert_made_once(desk)


def test_a_lock_that_is_broken_stops_the_engine_and_the_next_run_finishes(tmp_path: Path) -> None:
    desk = DeskOnDisk(fleet_in(tmp_path), process=ThisProcess(), ttl_seconds=6)
    with under_way(desk) as running:
        locks = desk.means().locks
        lease = locks.current()
        assert lease is not None
        locks.break_lock(lease.id)
        with pytest.raises(Locked) as lost:
            running.result(PATIENCE_SECONDS / 2)

    assert codes(lost.value) == ["lock-lost", "apply-interrupted"]
    assert desk.provisioner.names() == ["cluster", "network"]
    assert recorded(desk).members[0].is_tainted
    desk.watch.stop.clear()
    desk.apply()
    assert_made_once(desk)


def test_a_lock_that_is_lost_while_asking_stops_too(desk: Desk) -> None:
    def breaks_it(member: Any, **_: Any) -> Any:
        assert desk.folder.lease is not None
        MemoryLocks(desk.folder).break_lock(desk.folder.lease.id)
        raise Interrupted(Diagnostic(code="interrupted", subject=member.name, summary="stopped"))

    desk.provisioner.preview = breaks_it  # type: ignore[method-assign]
    with pytest.raises(Locked) as lost:
        desk.apply()

    assert codes(lost.value) == ["lock-lost"]
    assert desk.watch.stop.is_set()
    assert desk.journal.said()[-1] == ("lock-lost", "outcome")
    assert desk.journal.checkpoints == [len(desk.journal.lines)]


# Ctrl-C.


def test_what_was_stopped_half_way_is_known_and_the_same_command_goes_on(desk: Desk) -> None:
    with under_way(desk) as running:
        pass

    with pytest.raises(Interrupted) as stopped:
        running.result()
    assert codes(stopped.value) == ["apply-interrupted"]
    assert stopped.value.diagnostics[0].hint == "Go on with: broker apply"
    (member,) = recorded(desk).members
    assert member.is_tainted
    assert desk.provisioner.names() == ["cluster", "network"]
    desk.watch.stop.clear()
    desk.apply()
    assert_made_once(desk)


# Plans that are not to be carried out any more.


def refused_plan(desk: Desk, **asked: Any) -> list[str]:
    with pytest.raises(PlanStale) as refused:
        desk.apply(plan=PLAN, **asked)
    assert desk.provisioner.names() == []
    return codes(refused.value)


def test_a_plan_that_has_run_out_is_refused(desk: Desk) -> None:
    desk.plan(out=PLAN)
    desk.folder.clock = StoppedClock(NOW + timedelta(days=2))

    assert refused_plan(desk) == ["plan-expired"]


def test_a_plan_that_is_older_than_asked_for_is_refused(desk: Desk) -> None:
    desk.plan(out=PLAN)
    desk.folder.clock = StoppedClock(NOW + timedelta(minutes=20))

    assert refused_plan(desk, oldest_plan=timedelta(minutes=10)) == ["plan-too-old"]


def test_a_plan_for_another_state_is_refused(desk: Desk) -> None:
    other = Desk(desk.fleet, plans=desk.plans)
    other.apply()
    other.destroy()
    other.plan(out=PLAN)
    desk.folder.states.append(replace(recorded(other), lineage="another"))

    assert refused_plan(desk) == ["plan-for-other-state"]


def test_a_plan_of_a_workspace_without_a_record_is_refused_in_another_without_one(
    desk: Desk,
) -> None:
    other = Desk(desk.fleet, plans=desk.plans, place=".broker/workspaces/other")
    other.plan(out=PLAN)

    assert refused_plan(desk) == ["plan-for-other-state"]
    assert other.apply(plan=PLAN).outcome.failed == {}


def test_prices_that_rose_since_they_were_read_refuse_what_was_just_agreed_to(desk: Desk) -> None:
    desk.offers = dearer(prices().offers, 2)

    with pytest.raises(PlanStale) as refused:
        desk.apply()

    assert codes(refused.value) == ["price-moved"]
    assert len(desk.shown) == 1
    assert desk.provisioner.names() == []
    assert desk.states.read() is None


def test_a_lock_that_the_disk_takes_away_ends_it_with_the_command_that_goes_on(desk: Desk) -> None:
    def the_disk_refuses(event: StepEvent) -> None:
        if (event.step.name, event.state) == ("cluster", "done"):
            finding = Diagnostic(code="lock-lost", subject="lock.db", summary="it is read-only")
            desk.folder.lost(Unwritable(finding))

    desk.watch = Watch(heard=the_disk_refuses)
    with pytest.raises(PartlyApplied) as stopped:
        desk.apply(command="broker apply -auto-approve")

    assert codes(stopped.value) == ["lock-lost", "apply-interrupted"]
    assert stopped.value.diagnostics[-1].hint == "Go on with: broker apply -auto-approve"
    desk.watch = Watch()
    desk.apply()
    assert_made_once(desk)
