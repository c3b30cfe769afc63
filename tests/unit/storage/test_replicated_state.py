"""A state with a replica: what is copied, what is told, and who may go on while one of them is down."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import (
    AccessDenied,
    BrokerError,
    CloudError,
    JournalInvalid,
    NotFound,
    StateConflict,
    StateInvalid,
    Unavailable,
)
from broker.domain.ids import ClusterName
from broker.ports.audit import JournalHead
from broker.ports.state import Lease, MemberRecord, State, first_state
from broker.storage.clock import StoppedClock
from broker.storage.replica import ObjectReplica
from broker.storage.replicated_state import ReadableStates, ReplicatedLocks, ReplicatedStates
from tests.fakes.objects import MemoryObjects, unreachable
from tests.fakes.state import Folder, MemoryLocks, MemoryStates

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def down(kind: type[CloudError] = Unavailable) -> CloudError:
    return kind(Diagnostic(code="bucket-unreachable", subject="primary", summary="It is down"))


class Primary(MemoryStates):
    """A state that may be out of reach."""

    error: BrokerError | None = None

    def read(self) -> State | None:
        if self.error is not None:
            raise self.error
        return super().read()


class Unlockable(MemoryLocks):
    """A lock that is out of reach."""

    def __init__(self, folder: Folder, error: BrokerError) -> None:
        super().__init__(folder)
        self._error = error

    @contextmanager
    def held(self, *_: object, **__: object) -> Iterator[Lease]:
        raise self._error
        yield  # a generator, as the lock is


@dataclass
class Scene:
    """One state and its replica in memory, and what was *told*."""

    objects: MemoryObjects = field(default_factory=MemoryObjects)
    folder: Folder = field(default_factory=lambda: Folder(StoppedClock(NOON)))
    told: list[Diagnostic] = field(default_factory=list)
    head: Callable[[], JournalHead] = lambda: JournalHead(size=2, root="ab")

    def __post_init__(self) -> None:
        self.primary = Primary(self.folder)
        self.replica = ObjectReplica(
            objects=self.objects, clock=StoppedClock(NOON), source="s3://here", head=self.head
        )
        self.states = ReplicatedStates(
            primary=self.primary, replica=self.replica, told=self.told.extend
        )

    def write(self, times: int = 1) -> State:
        with MemoryLocks(self.folder).held("apply", who="me@here") as lease:
            for _ in range(times):
                state = self.states.read() or first_state("research", "USD")
                written = self.states.write(state, lease)
        return written

    def reader(self, minutes: int = 0) -> ReadableStates:
        clock = StoppedClock(NOON + timedelta(minutes=minutes))
        return ReadableStates(
            primary=self.primary, replica=self.replica, clock=clock, told=self.told.extend
        )

    def locks(self, error: BrokerError | None = None) -> ReplicatedLocks:
        plain = MemoryLocks(self.folder) if error is None else Unlockable(self.folder, error)
        return ReplicatedLocks(locks=plain, replica=self.replica, clock=StoppedClock(NOON))

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.told]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def copied(scene: Scene) -> State | None:
    there = scene.replica.read()
    return None if there is None else there.state


def test_each_write_is_copied_after_it_is_there(scene: Scene) -> None:
    held: list[int] = []
    scene.objects.before_put = lambda _: held.append(len(scene.folder.states))

    state = scene.write(times=2)

    assert held == [1, 2]
    assert copied(scene) == state
    assert scene.told == []


def test_a_state_that_takes_the_place_of_another_is_copied_too(scene: Scene) -> None:
    state = scene.write()
    with MemoryLocks(scene.folder).held("state push", who="me@here") as lease:
        put = scene.states.replace(replace(state, serial=70), lease)

    assert put.serial == 71
    assert copied(scene) == put


def test_a_copy_that_fails_is_told_once_and_fails_nothing(scene: Scene) -> None:
    scene.objects.before_put = unreachable

    state = scene.write(times=5)

    assert scene.states.read() == state
    assert scene.codes == ["replica-behind"]
    assert "serial 1 could not be copied" in scene.told[0].summary


def test_a_place_that_fails_is_left_alone_for_the_rest_of_the_command(scene: Scene) -> None:
    tried: list[str] = []

    def fails(name: str) -> None:
        tried.append(name)
        unreachable(name)

    scene.objects.before_put = fails

    scene.write(times=9)

    assert len(tried) == 1


def test_a_copy_that_fails_is_made_up_for_by_the_next_command(scene: Scene) -> None:
    scene.objects.before_put = unreachable
    scene.write(times=2)
    scene.objects.before_put = lambda _: None
    scene.states = ReplicatedStates(
        primary=scene.primary, replica=scene.replica, told=scene.told.extend
    )

    state = scene.write()

    assert copied(scene) == state
    assert scene.codes == ["replica-behind"]


def test_a_journal_that_can_not_be_read_keeps_no_state_from_being_copied() -> None:
    def damaged() -> JournalHead:
        raise JournalInvalid(Diagnostic(code="journal-damaged", subject="journal", summary="Bad"))

    scene = Scene(head=damaged)

    state = scene.write()

    there = scene.replica.read()
    assert there is not None
    assert (there.state, there.journal) == (state, None)


def test_a_writer_is_stopped_once_the_replica_was_promoted(scene: Scene) -> None:
    state = scene.write()
    found = scene.replica.read()
    assert found is not None
    scene.replica.promote(found, replace(state, serial=1001))

    with pytest.raises(StateConflict) as late:
        scene.write()

    assert [d.code for d in late.value.diagnostics] == ["replica-promoted"]
    with pytest.raises(StateConflict), scene.locks().held("apply", who="me@here"):
        pytest.fail("the lock of a state that is none any more was given")


def test_a_replica_of_another_state_is_told_and_left_alone(scene: Scene) -> None:
    other = replace(first_state("other", "USD"), lineage="decaf", serial=9)
    scene.replica.copy(other, 1)

    scene.write()

    assert scene.codes == ["replica-behind"]
    assert "lineage decaf" in scene.told[0].detail
    assert copied(scene) == other


@pytest.mark.parametrize("kind", [Unavailable, AccessDenied])
def test_who_reads_gets_the_replica_while_the_state_is_down_and_hears_of_it(
    scene: Scene, kind: type[CloudError]
) -> None:
    state = scene.write()
    scene.primary.error = down(kind)

    assert scene.reader(minutes=31).read() == state

    (told,) = scene.told
    assert told.code == "state-from-replica"
    assert "serial 1 of lineage lineage-of-research, copied from s3://here" in told.detail
    assert "31 min ago" in told.detail
    assert "It is down" in told.detail


def test_who_reads_gets_the_state_itself_while_it_can_be_reached(scene: Scene) -> None:
    state = scene.write()
    scene.objects.held.clear()

    assert scene.reader().read() == state
    assert scene.told == []


@pytest.mark.parametrize("clusters", [0, 1])
def test_a_state_that_is_gone_is_no_beginning_where_clusters_were_copied(
    scene: Scene, clusters: int
) -> None:
    record = MemberRecord(
        name=ClusterName("aws-eu-west-1"), member={}, outputs={}, resources=(), checkpoint=None
    )
    state = replace(
        first_state("research", "USD"), lineage="abad1dea", members=(record,) * clusters
    )
    scene.replica.copy(state, 1)

    for states in (scene.states, scene.reader()):
        if not clusters:
            assert states.read() is None
            continue
        with pytest.raises(StateInvalid) as lost:
            states.read()
        assert [finding.code for finding in lost.value.diagnostics] == ["state-lost"]


def test_a_wrong_address_is_no_state_that_is_down(scene: Scene) -> None:
    scene.write()
    scene.primary.error = down(NotFound)

    with pytest.raises(NotFound):
        scene.reader().read()


def test_without_a_copy_the_reason_comes_through(scene: Scene) -> None:
    scene.primary.error = down()

    with pytest.raises(Unavailable):
        scene.reader().read()


def test_who_only_reads_can_not_write(scene: Scene) -> None:
    state = scene.write()
    with MemoryLocks(scene.folder).held("apply", who="me@here") as lease:
        for attempt in (scene.reader().write, scene.reader().replace):
            with pytest.raises(StateConflict):
                attempt(state, lease)


def test_who_can_not_get_the_lock_hears_how_the_replica_takes_its_place(scene: Scene) -> None:
    scene.write()

    with (
        pytest.raises(Unavailable) as refused,
        scene.locks(down()).held("apply", who="me@here"),
    ):
        pytest.fail("there is no lock")

    why, way_on = refused.value.diagnostics
    assert (why.code, way_on.code) == ("bucket-unreachable", "state-unavailable")
    assert "serial 1" in way_on.detail
    assert "broker state promote" in way_on.hint


def test_a_replica_that_is_down_keeps_nobody_from_the_lock(scene: Scene) -> None:
    class Down(MemoryObjects):
        def read(self, name: str) -> None:
            raise down()

    replica = replace(scene.replica, objects=Down())
    locks = replace(scene.locks(), replica=replica)

    with locks.held("apply", who="me@here") as lease:
        assert locks.current() == lease
        locks.renew(lease)
        locks.break_lock(lease.id)


def test_what_goes_wrong_under_the_lock_is_not_taken_for_a_lock_out_of_reach(scene: Scene) -> None:
    with (
        pytest.raises(AccessDenied),
        scene.locks().held("apply", who="me@here"),
    ):
        raise down(AccessDenied)


def test_a_replica_of_another_place_is_not_read_without_saying_so(scene: Scene) -> None:
    scene.write()
    scene.replica = replace(scene.replica, source="s3://hear")
    scene.primary.error = down()

    assert scene.reader().read() == copied(scene)

    (told,) = scene.told
    assert (told.code, told.subject) == ("state-from-replica", "s3://hear")
    assert "NOT a copy" in told.summary
    assert "the state of s3://here" in told.summary
    assert "promote" not in told.hint
    with pytest.raises(Unavailable) as refused, scene.locks(down()).held("apply", who="me@here"):
        pytest.fail("it was locked")
    assert "s3://here" in refused.value.diagnostics[-1].summary
    assert "promote" not in refused.value.diagnostics[-1].hint
