"""A lease binds as long as its holder may live, whatever clocks say, and no longer."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, Locked, StateConflict, StateInvalid, Unwritable
from broker.ports.state import Lease, first_state
from broker.storage.clock import StoppedClock, SystemClock
from broker.storage.heartbeat import Heart
from broker.storage.holders import Holder, ThisProcess
from broker.storage.leases import SKEW_SECONDS, LeaseFile
from broker.storage.state_store import StateFile
from tests.fakes.holders import Anyone

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
TTL = 30.0


@dataclass
class HandClock:
    """Tells the time of day that it was set to."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


LEFT: list[AbstractContextManager[Lease]] = []
"""What is forgotten would be closed, and its lease be given back."""


def left_behind(folder: Path, process: Anyone, clock: HandClock) -> None:
    """A lease that nobody will renew."""
    locks = LeaseFile(folder, clock, ttl_seconds=TTL, process=process)
    LEFT.append(locks.held("apply", who="dead@nowhere"))
    LEFT[-1].__enter__()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".broker"


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No heart beats: who holds a lease is as good as dead."""
    monkeypatch.setattr(Heart, "beat", lambda _: None)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("later", "is_free"), [(0.0, False), (TTL - 0.1, False), (TTL, True), (TTL + 9, True)]
)
@pytest.mark.parametrize("set_by", [timedelta(0), timedelta(days=-400), timedelta(days=400)])
def test_on_one_computer_a_lease_ends_in_time_however_the_clock_is_set(
    folder: Path, later: float, set_by: timedelta, *, is_free: bool
) -> None:
    clock = HandClock()
    left_behind(folder, Anyone(), clock)
    clock.at = NOON + set_by
    other = LeaseFile(folder, clock, ttl_seconds=TTL, process=Anyone(pid=2, seconds=1000 + later))

    assert (other.current() is None) is is_free


@pytest.mark.usefixtures("quiet")
def test_on_one_computer_a_dead_holder_is_seen_at_once(folder: Path) -> None:
    left_behind(folder, Anyone(pid=1), HandClock())
    other = LeaseFile(folder, HandClock(), process=Anyone(pid=2, dead={1}))

    with other.held("apply", who="ann@desk") as lease:
        assert lease.taken_from is not None
        assert lease.taken_from.who == "dead@nowhere"


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("later", "is_free"),
    [(0.0, False), (TTL, False), (TTL + SKEW_SECONDS - 1, False), (TTL + SKEW_SECONDS, True)],
)
def test_on_another_computer_it_ends_by_the_time_of_day_and_a_little_more(
    folder: Path, later: float, *, is_free: bool
) -> None:
    clock = HandClock()
    left_behind(folder, Anyone(), clock)
    clock.at = NOON + timedelta(seconds=later)
    other = LeaseFile(folder, clock, ttl_seconds=TTL, process=Anyone(boot="boot-2", dead={1}))

    assert (other.current() is None) is is_free


@pytest.mark.usefixtures("quiet")
def test_who_waits_on_a_computer_whose_clock_is_behind_sees_that_nobody_renews(
    folder: Path,
) -> None:
    left_behind(folder, Anyone(), HandClock())
    behind = HandClock(NOON - timedelta(days=3))
    other = LeaseFile(folder, behind, ttl_seconds=TTL, process=Anyone(boot="boot-2", seconds=5))

    with pytest.raises(Locked), other.held("apply", who="ann@desk", wait_seconds=TTL):
        pytest.fail("it may be renewed yet")
    with other.held("apply", who="ann@desk", wait_seconds=TTL) as lease:
        assert lease.token == 2


@pytest.mark.usefixtures("quiet")
def test_a_lease_that_is_renewed_is_not_taken_by_who_watches(folder: Path) -> None:
    clock, holder = HandClock(), Anyone()
    locks = LeaseFile(folder, clock, ttl_seconds=TTL, process=holder)
    watcher = Anyone(boot="boot-2")
    other = LeaseFile(folder, HandClock(NOON - timedelta(days=3)), ttl_seconds=TTL, process=watcher)
    with locks.held("apply", who="ann@desk") as lease:
        for _ in range(20):
            watcher.seconds += TTL / 3
            holder.seconds += TTL / 3
            locks.renew(lease)
            assert other.current() is not None


def test_a_lease_outlives_its_time_while_its_holder_works(folder: Path) -> None:
    locks = LeaseFile(folder, SystemClock(), ttl_seconds=6.0)
    other = LeaseFile(folder, SystemClock(), ttl_seconds=6.0)
    with locks.held("apply", who="ann@desk") as lease:
        first = lease.expires_at
        patience = time.monotonic() + 40
        while True:
            current = other.current()
            assert current is not None
            if current.expires_at > first + timedelta(seconds=0.7):
                break
            assert time.monotonic() < patience
            time.sleep(0.02)

    assert other.current() is None


STOPPED = """
import sys
from pathlib import Path
from broker.domain.errors import Locked, StateConflict
from broker.ports.state import first_state
from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile
from broker.storage.state_store import StateFile

folder = Path(sys.argv[1])
store, locks = StateFile(folder, SystemClock()), LeaseFile(folder, SystemClock(), ttl_seconds=0.5)
with locks.held("apply", who="slow@desk") as lease:
    print("held", flush=True)
    sys.stdin.readline()
    try:
        store.write(store.read() or first_state("slow", "USD"), lease)
    except StateConflict as error:
        print(error.diagnostics[0].code, flush=True)
    try:
        locks.renew(lease)
    except Locked as error:
        print(error.diagnostics[0].code, flush=True)
"""


@contextmanager
def stopped_holder(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the lock and does nothing, not even renew it, until SIGCONT."""
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            os.kill(process.pid, signal.SIGSTOP)
            yield process
        finally:
            process.kill()


def test_a_holder_that_was_stopped_meanwhile_can_record_nothing(folder: Path) -> None:
    locks = LeaseFile(folder, SystemClock())
    with (
        stopped_holder(folder) as process,
        locks.held("apply", who="ann@desk", wait_seconds=20) as lease,
    ):
        state = StateFile(folder, SystemClock()).write(first_state("fleet", "USD"), lease)
        os.kill(process.pid, signal.SIGCONT)
        told, _ = process.communicate("go on\n", timeout=20)
        current = locks.current()

    assert told.split() == ["state-fenced", "lock-lost"]
    assert StateFile(folder, SystemClock()).read() == state
    assert current is not None
    assert current.id == lease.id


def test_a_process_that_ended_is_dead_even_before_anybody_waits_for_it() -> None:
    this = ThisProcess()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        stat = Path(f"/proc/{child.pid}/stat")
        started = int(stat.read_text().rpartition(")")[2].split()[19])
        holder = replace(this.holder(), pid=child.pid, started=started)
        alive = this.is_dead(holder)
        child.kill()
        patience = time.monotonic() + 20
        while not this.is_dead(holder):  # a zombie: `wait` comes at the end of the block
            assert time.monotonic() < patience
            time.sleep(0.01)
        assert stat.exists()

    assert not alive
    assert this.is_dead(holder)


def test_another_process_with_the_same_number_is_not_taken_for_the_holder() -> None:
    this = ThisProcess()
    holder = this.holder()

    assert not this.is_dead(holder)
    assert this.is_dead(replace(holder, started=holder.started - 1))


@pytest.mark.parametrize(
    "change",
    [{"boot": "another"}, {"space": "another"}, {"boot": ""}, {"space": ""}, {"started": 0}],
)
def test_nobody_knows_whether_a_process_elsewhere_lives(change: dict[str, Any]) -> None:
    this = ThisProcess()

    assert not this.is_dead(replace(this.holder(), **({"started": 1} | change)))


@pytest.mark.parametrize("missing", ["boot_id", "pid", "stat", None])
def test_where_the_computer_does_not_tell_nobody_is_taken_for_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str | None
) -> None:
    own = tmp_path / str(os.getpid())
    for folder in (tmp_path / "sys/kernel/random", tmp_path / "self/ns", own):
        folder.mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("boot\n")
    (tmp_path / "self/ns/pid").symlink_to("pid:[1]")
    (own / "stat").write_bytes(Path("/proc/self/stat").read_bytes())
    if missing is not None:
        files = ("sys/kernel/random/boot_id", "self/ns/pid", f"{os.getpid()}/stat")
        (tmp_path / next(file for file in files if file.endswith(missing))).unlink()
    monkeypatch.setattr("broker.storage.holders.PROC", tmp_path)
    gone = Holder(boot="boot", space="pid:[1]", pid=1, started=5)

    assert ThisProcess().is_dead(gone) is (missing is None)


def test_a_lock_of_a_newer_broker_is_refused(folder: Path) -> None:
    locks = LeaseFile(folder, SystemClock())
    with locks.held("apply", who="ann@desk"):
        pass
    with closing(sqlite3.connect(folder / "lock.db")) as database:
        database.execute("PRAGMA user_version = 2")
    for attempt in (locks.current, lambda: locks.held("apply", who="a").__enter__()):
        with pytest.raises(StateInvalid) as caught:
            attempt()
        assert caught.value.diagnostics[0].code == "lock-newer"


@pytest.mark.parametrize("content", [b"x", b"x" * 5000, b"SQLite format 3\0" + b"\0" * 5000])
def test_a_damaged_lock_is_said(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "lock.db").write_bytes(content)
    locks = LeaseFile(folder, SystemClock())
    with pytest.raises(StateInvalid) as caught, locks.held("apply", who="ann@desk"):
        pytest.fail("it is damaged")

    assert caught.value.diagnostics[0].code == "lock-damaged"


@pytest.mark.parametrize(
    "spoil", [lambda folder: folder.write_text("x"), lambda folder: folder.mkdir(mode=0)]
)
def test_without_a_place_for_the_lock_nothing_begins(
    folder: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(folder)
    (folder / "lock.db").mkdir() if folder.is_dir() else None
    locks = LeaseFile(folder, SystemClock())
    with pytest.raises(Unwritable), locks.held("apply", who="ann@desk"):
        pytest.fail("there is no place for it")


def test_a_first_start_that_was_cut_off_does_not_block(folder: Path) -> None:
    folder.mkdir()
    (folder / "lock.db").touch()
    locks = LeaseFile(folder, SystemClock())

    assert locks.current() is None
    with locks.held("apply", who="ann@desk") as lease:
        assert lease.token == 1


def test_ids_follow_from_what_is_known_of_the_holder(folder: Path, tmp_path: Path) -> None:
    def first(folder: Path, process: Anyone) -> str:
        locks = LeaseFile(folder, StoppedClock(NOON), process=process)
        with locks.held("apply", who="ann@desk") as lease:
            return lease.id

    assert first(folder, Anyone()) == first(tmp_path / "other", Anyone())
    assert first(tmp_path / "a", Anyone(pid=2)) != first(tmp_path / "b", Anyone(pid=3))
    assert first(folder, Anyone()) != first(folder, Anyone())


def test_threads_of_one_process_exclude_each_other(folder: Path) -> None:
    inside: list[int] = []
    most, go = [], Event()

    def work(number: int) -> None:
        go.wait(10)
        with LeaseFile(folder, SystemClock()).held("apply", who=f"{number}", wait_seconds=60):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    threads = [Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()

    assert most == [1] * 6


def test_a_write_and_a_renewal_do_not_wait_for_each_other_for_ever(folder: Path) -> None:
    store, locks = StateFile(folder, SystemClock()), LeaseFile(folder, SystemClock())
    enough = Event()
    with locks.held("apply", who="ann@desk") as lease:

        def renew() -> None:
            while not enough.wait(0.01):
                LeaseFile(folder, SystemClock()).renew(lease)

        heart = Thread(target=renew)
        heart.start()
        state = first_state("fleet", "USD")
        for _ in range(10):
            state = store.write(state, lease)
        enough.set()
        heart.join()

    assert state.serial == 10
    with pytest.raises(StateConflict):
        store.write(state, lease)


def losses_of(locks: LeaseFile, spoil: Callable[[Lease], None]) -> list[str]:
    """What the holder of a lease hears once it was spoilt."""
    heard: list[BrokerError] = []
    told = Event()

    def lost(error: BrokerError) -> None:
        heard.append(error)
        told.set()

    with locks.held("apply", who="ann@desk", lost=lost) as lease:
        spoil(lease)
        assert told.wait(20)
    return [diagnostic.code for error in heard for diagnostic in error.diagnostics]


def test_a_holder_hears_at_once_that_its_lock_was_broken(folder: Path) -> None:
    locks = LeaseFile(folder, SystemClock(), ttl_seconds=0.3)
    other = LeaseFile(folder, SystemClock())

    assert losses_of(locks, lambda lease: other.break_lock(lease.id)) == ["lock-lost"]


def test_a_holder_that_can_not_renew_it_hears_so(folder: Path) -> None:
    locks = LeaseFile(folder, SystemClock(), ttl_seconds=0.3)

    def full(_: Lease) -> None:
        raise Unwritable(Diagnostic(code="output-unwritable", subject="lock.db", summary="full"))

    locks.renew = full  # type: ignore[method-assign]
    assert losses_of(locks, lambda _: None) == ["lock-lost"]


def test_a_holder_that_gave_it_back_hears_nothing(folder: Path) -> None:
    locks = LeaseFile(folder, SystemClock(), ttl_seconds=0.1)
    heard: list[BrokerError] = []

    with locks.held("apply", who="ann@desk", lost=heard.append):
        pass

    assert heard == []
