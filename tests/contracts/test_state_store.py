"""What every state store and every lock promise (broker.ports.state)."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from broker.domain.errors import Locked, StateConflict, StateInvalid, UsageInvalid
from broker.domain.ids import ClusterName
from broker.domain.redaction import SECRET_MARK
from broker.domain.stock_outs import Shortage
from broker.ports.audit import JournalHead
from broker.ports.objects import Objects
from broker.ports.state import Lease, Locks, MemberRecord, State, StateStore
from broker.storage.clock import StoppedClock, SystemClock
from broker.storage.holders import Holder, ThisProcess
from broker.storage.leases import LeaseFile
from broker.storage.object_leases import object_locks, object_states
from broker.storage.replica import ObjectReplica
from broker.storage.replicated_state import ReplicatedLocks, ReplicatedStates
from broker.storage.state_store import StateFile
from tests.fakes.objects import MemoryObjects
from tests.fakes.problems import offer, sold_out
from tests.fakes.shared_places import PLACES
from tests.fakes.state import Folder, MemoryLocks, MemoryStates

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)

DYING = """
import os, signal, sys
from pathlib import Path
from broker.storage.clock import SystemClock
from broker.storage.holders import Holder, ThisProcess
from broker.storage.leases import LeaseFile
from broker.storage.object_leases import object_locks, object_states

with LeaseFile(Path(sys.argv[1]), SystemClock()).held("apply", who="dead@nowhere") as lease:
    os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass(frozen=True)
class Subject:
    """*locks* makes another user of the same lock; *abandon* leaves one behind whose holder died."""

    store: StateStore
    locks: Callable[[], Locks]
    abandon: Callable[[], object]


def files(folder: Path) -> Subject:
    return Subject(
        store=StateFile(folder, StoppedClock(NOON)),
        locks=lambda: LeaseFile(folder, SystemClock()),
        abandon=lambda: subprocess.run([sys.executable, "-c", DYING, folder], check=False),
    )


def memory(_: Path) -> Subject:
    folder = Folder(StoppedClock(NOON))
    return Subject(
        store=MemoryStates(folder),
        locks=lambda: MemoryLocks(folder),
        abandon=lambda: folder.abandon("apply"),
    )


class Dead(ThisProcess):
    """A process of this computer that has ended."""

    def holder(self) -> Holder:
        return replace(super().holder(), started=1)


LEFT: list[AbstractContextManager[Lease]] = []
"""What is forgotten would be closed, and its lease be given back."""


def shared(objects: Objects) -> Subject:
    def abandon() -> None:
        locks = object_locks(objects, SystemClock(), process=Dead())
        LEFT.append(locks.held("apply", who="dead@nowhere"))
        LEFT[-1].__enter__()

    return Subject(
        store=object_states(objects, StoppedClock(NOON)),
        locks=lambda: object_locks(objects, SystemClock()),
        abandon=abandon,
    )


def replicated(folder: Path) -> Subject:
    """With a replica, which changes nothing of what is promised."""
    clock, copies = SystemClock(), MemoryObjects()
    replica = ObjectReplica(
        objects=copies, clock=clock, source="here", head=lambda: JournalHead(size=0, root="")
    )
    plain = files(folder)
    return Subject(
        store=ReplicatedStates(primary=plain.store, replica=replica),
        locks=lambda: ReplicatedLocks(locks=plain.locks(), replica=replica, clock=clock),
        abandon=plain.abandon,
    )


HERE = {"files": files, "memory": memory, "replicated": replicated}


@pytest.fixture(params=[*HERE, *(f"shared-{name}" for name in PLACES if "-" not in name)])
def subject(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Subject]:
    if request.param in HERE:
        yield HERE[request.param](tmp_path / ".broker")
        return
    with PLACES[request.param.removeprefix("shared-")](monkeypatch) as objects:
        yield shared(objects)


@pytest.fixture
def store(subject: Subject) -> StateStore:
    return subject.store


@pytest.fixture
def locks(subject: Subject) -> Locks:
    return subject.locks()


FIRST = State(lineage="", serial=0, fleet="research", currency="USD")

RECORD = MemberRecord(
    name=ClusterName("aws-us-east-1"),
    member={"name": "aws-us-east-1", "pools": [{"nodes": 2}]},
    outputs={"endpoint": "https://10.0.0.1", "node_share": 0.5},
    resources=({"urn": "urn:1", "type": "t", "name": "n", "id": "i-1"},),
    checkpoint="sha256:1",
    is_tainted=True,
)


def test_nothing_is_recorded_before_the_first_write(store: StateStore) -> None:
    assert store.read() is None


def test_what_is_written_is_read(store: StateStore, locks: Locks) -> None:
    state = replace(
        FIRST,
        desired={"clusters": []},
        members=(RECORD,),
        applied=("sha256:a", "sha256:b"),
        under_way="sha256:c",
        stock_outs=(sold_out(offer()), sold_out(offer("p4"), shortage=Shortage.QUOTA)),
    )

    with locks.held("apply", who="ann@desk") as lease:
        written = store.write(state, lease)

    assert store.read() == written
    assert replace(written, lineage="", serial=0, tool="") == state
    assert written.tool


def test_serials_count_and_the_lineage_stays(store: StateStore, locks: Locks) -> None:
    with locks.held("apply", who="ann@desk") as lease:
        first = store.write(FIRST, lease)
        second = store.write(replace(first, fleet="other"), lease)

    assert (first.serial, second.serial) == (1, 2)
    assert first.lineage
    assert first.lineage == second.lineage


def test_a_change_of_an_older_state_is_refused(store: StateStore, locks: Locks) -> None:
    with locks.held("apply", who="ann@desk") as lease:
        first = store.write(FIRST, lease)
        second = store.write(first, lease)
        with pytest.raises(StateConflict):
            store.write(first, lease)

    assert store.read() == second


def test_a_state_of_another_lineage_is_refused(store: StateStore, locks: Locks) -> None:
    with locks.held("apply", who="ann@desk") as lease:
        first = store.write(FIRST, lease)
        with pytest.raises(StateConflict):
            store.write(replace(first, lineage="another"), lease)

    assert store.read() == first


def test_who_no_longer_holds_the_lock_changes_nothing(store: StateStore, locks: Locks) -> None:
    with locks.held("apply", who="ann@desk") as old:
        first = store.write(FIRST, old)
    with pytest.raises(StateConflict):
        store.write(first, old)
    with locks.held("apply", who="bob@desk") as new, pytest.raises(StateConflict):
        store.write(first, old)

    assert store.read() == first
    assert new.token > old.token


def test_a_replacement_gets_a_serial_above_both(store: StateStore, locks: Locks) -> None:
    with locks.held("state push", who="ann@desk") as lease:
        first = store.write(FIRST, lease)
        newer = store.replace(replace(first, lineage="another", serial=41), lease)
        older = store.replace(replace(first, serial=7), lease)

    assert (newer.serial, newer.lineage) == (42, "another")
    assert (older.serial, older.lineage) == (43, first.lineage)
    assert store.read() == older


def test_a_replacement_needs_the_newest_lock_too(store: StateStore, locks: Locks) -> None:
    with locks.held("state push", who="ann@desk") as lease:
        first = store.write(FIRST, lease)
    with pytest.raises(StateConflict):
        store.replace(first, lease)

    assert store.read() == first


@pytest.mark.parametrize(
    "outputs",
    [
        {"kubeconfig": {SECRET_MARK: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}},
        {"deep": [{"er": f'{{"{SECRET_MARK}": "x"}}'}]},
        {"key": "-----BEGIN RSA PRIVATE KEY-----\nMII"},
    ],
)
def test_a_secret_is_never_recorded(
    store: StateStore, locks: Locks, outputs: dict[str, object]
) -> None:
    state = replace(FIRST, members=(replace(RECORD, outputs=outputs),))

    with locks.held("apply", who="ann@desk") as lease, pytest.raises(StateInvalid) as caught:
        store.write(state, lease)

    assert store.read() is None
    assert [d.code for d in caught.value.diagnostics] == ["state-secret"]
    assert "members[0].outputs" in caught.value.diagnostics[0].subject


def test_one_holds_it_and_others_are_told_who(subject: Subject, locks: Locks) -> None:
    other = subject.locks()

    with locks.held("apply", who="ann@desk") as lease:
        current = other.current()
        with pytest.raises(Locked) as caught, other.held("destroy", who="bob@desk"):
            pytest.fail("both hold it")

    told = str(caught.value) + caught.value.diagnostics[0].detail
    assert current is not None
    assert (current.id, current.operation, current.who) == (lease.id, "apply", "ann@desk")
    assert all(word in told for word in (lease.id, "apply", "ann@desk"))
    assert locks.current() is None


def test_the_next_holder_has_a_higher_token(subject: Subject, locks: Locks) -> None:
    with locks.held("apply", who="ann@desk") as first:
        pass
    with subject.locks().held("apply", who="bob@desk") as second:
        pass

    assert second.token > first.token
    assert second.id != first.id
    assert second.taken_from is None


def test_it_is_free_after_a_failure(locks: Locks) -> None:
    with pytest.raises(ZeroDivisionError), locks.held("apply", who="ann@desk"):
        _ = 1 // 0

    assert locks.current() is None


def test_who_waits_gets_it_when_it_is_free(subject: Subject, locks: Locks) -> None:
    holding, enough = Event(), Event()

    def hold() -> None:
        with subject.locks().held("apply", who="ann@desk"):
            holding.set()
            enough.wait(10)

    holder = Thread(target=hold)
    holder.start()
    holding.wait(10)
    with pytest.raises(Locked), locks.held("apply", who="bob@desk", wait_seconds=0.05):
        pytest.fail("both hold it")
    enough.set()
    with locks.held("apply", who="bob@desk", wait_seconds=10) as lease:
        who = lease.who
    holder.join()

    assert who == "bob@desk"


def test_the_lock_of_a_dead_holder_is_free_and_taking_it_is_told(
    subject: Subject, locks: Locks
) -> None:
    subject.abandon()

    current = locks.current()
    with locks.held("apply", who="ann@desk") as lease:
        pass

    assert current is None
    assert lease.taken_from is not None
    assert (lease.taken_from.who, lease.taken_from.operation) == ("dead@nowhere", "apply")
    assert lease.taken_from.token < lease.token


def test_a_holder_may_say_that_it_lives(locks: Locks) -> None:
    with locks.held("apply", who="ann@desk") as lease:
        locks.renew(lease)
        current = locks.current()

    assert current is not None
    assert current.id == lease.id


def test_a_broken_lock_is_free_and_its_holder_can_do_nothing_more(
    subject: Subject, store: StateStore, locks: Locks
) -> None:
    with locks.held("apply", who="ann@desk") as lease:
        subject.locks().break_lock(lease.id)
        assert locks.current() is None
        with pytest.raises(Locked):
            locks.renew(lease)
        with pytest.raises(StateConflict):
            store.write(FIRST, lease)
        with subject.locks().held("apply", who="bob@desk"):
            with pytest.raises(Locked):
                locks.renew(lease)
            with pytest.raises(StateConflict):
                store.write(FIRST, lease)

    assert store.read() is None


def test_leaving_late_does_not_free_the_lock_of_the_next(subject: Subject, locks: Locks) -> None:
    with locks.held("apply", who="ann@desk") as lease:
        locks.break_lock(lease.id)
        later = subject.locks().held("apply", who="bob@desk")
        later.__enter__()
    current = locks.current()
    later.__exit__(None, None, None)

    assert current is not None
    assert current.who == "bob@desk"


@pytest.mark.parametrize("is_held", [False, True])
def test_only_the_lock_with_that_id_is_broken(
    subject: Subject, locks: Locks, *, is_held: bool
) -> None:
    with locks.held("apply", who="ann@desk") as lease:
        if is_held:
            with pytest.raises(UsageInvalid):
                subject.locks().break_lock(f"{lease.id}0")
            assert locks.current() is not None
    if not is_held:
        with pytest.raises(UsageInvalid):
            locks.break_lock(lease.id)
