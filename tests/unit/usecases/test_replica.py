"""The replica by hand: copied, promoted, and how far behind it is."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.domain.errors import (
    BrokerError,
    Locked,
    StateConflict,
    StateInvalid,
    Unavailable,
    UsageInvalid,
)
from broker.planning.state_document import state_text
from broker.ports.audit import JournalHead
from broker.ports.objects import Stored
from broker.ports.state import Locks, State, first_state
from broker.storage.clock import StoppedClock
from broker.storage.object_leases import object_locks, object_states
from broker.storage.replica import ObjectReplica
from broker.storage.replicated_state import ReplicatedLocks, ReplicatedStates
from broker.usecases.operation import Means
from broker.usecases.replica import LEAP, Promotion, Sides, lag, promoted, replicated
from broker.usecases.state import Books, pushed
from tests.fakes.changing import Desk, recorded
from tests.fakes.objects import MemoryObjects, unreachable
from tests.fakes.specs import WIDE
from tests.fakes.state import Folder, MemoryJournal

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
CLOCK = StoppedClock(NOON)
HEAD = JournalHead(size=5, root="ab")


class Cloud(MemoryObjects):
    """Objects in a cloud that may be *down*."""

    down: bool = False

    def read(self, name: str) -> Stored | None:
        if self.down:
            unreachable(name)
        return super().read(name)


@dataclass
class Scene:
    """A state in one cloud, its replica in another."""

    here: Cloud = field(default_factory=Cloud)
    there: Cloud = field(default_factory=Cloud)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    journal_there: MemoryJournal = field(default_factory=MemoryJournal)
    asked: list[Promotion] = field(default_factory=list)
    answer: bool = True

    def __post_init__(self) -> None:
        self.replica = self._of(self.there, "here")
        self.states = object_states(self.here, CLOCK)

    def _of(self, objects: Cloud, source: str) -> ObjectReplica:
        here = object_states(self.here, CLOCK).read
        return ObjectReplica(
            objects=objects, clock=CLOCK, source=source, head=lambda: HEAD, here=here
        )

    def locks(self) -> Locks:
        return ReplicatedLocks(
            locks=object_locks(self.here, CLOCK), replica=self.replica, clock=CLOCK
        )

    def books(self) -> Books:
        return Books(
            states=self.states,
            locks=self.locks(),
            journal=self.journal,
            clock=CLOCK,
            who="me@here",
        )

    def write(self) -> State:
        with object_locks(self.here, CLOCK).held("apply", who="me@here") as lease:
            state = self.states.read() or first_state("research", "USD")
            return self.states.write(state, lease)

    def promote(self, *, force: bool = False) -> State | None:
        def agree(asked: Promotion) -> bool:
            self.asked.append(asked)
            return self.answer

        sides = Sides(
            replica=self.replica,
            journal=lambda: self.journal_there,
            turned=self._of(self.here, "there"),
        )
        return promoted(self.books(), sides, agree, force=force)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def code(error: BrokerError) -> str:
    return error.diagnostics[-1].code


def test_a_state_is_copied_by_hand_and_that_is_noted(scene: Scene) -> None:
    state = scene.write()

    assert replicated(scene.books(), scene.replica) == state

    assert lag(scene.states, scene.replica).behind == 0
    assert scene.journal.said() == [("state-replicate", "intent"), ("state-replicate", "outcome")]
    assert scene.journal.lines[-1].detail == {"serial": 1}
    assert scene.journal.checkpoints == [2]


def test_how_far_a_replica_is_behind(scene: Scene) -> None:
    scene.write()
    assert lag(scene.states, scene.replica).behind == 1
    replicated(scene.books(), scene.replica)
    scene.write()
    scene.write()

    assert lag(scene.states, scene.replica).behind == 2
    scene.here.down = True
    told = lag(scene.states, scene.replica)
    assert (told.behind, told.why, told.unread) == (None, "", "Down")
    assert told.copied is not None


def test_a_replica_of_another_state_is_not_behind_but_wrong(scene: Scene) -> None:
    scene.write()
    scene.replica.copy(replace(first_state("other", "USD"), lineage="decaf", serial=1), 1)

    assert lag(scene.states, scene.replica).why == "it is of another state"
    with pytest.raises(StateConflict) as refused:
        replicated(scene.books(), scene.replica)
    assert code(refused.value) == "replica-of-another"
    assert scene.journal.lines[-1].detail == {"failed": ["replica-of-another"]}
    assert replicated(scene.books(), scene.replica, force=True).serial == 1


def test_without_a_place_or_a_state_there_is_nothing_to_copy(scene: Scene) -> None:
    for replica, expected in ((None, "replica-missing"), (scene.replica, "state-missing")):
        with pytest.raises(UsageInvalid) as refused:
            replicated(scene.books(), replica)
        assert code(refused.value) == expected


def test_while_the_state_can_be_reached_nothing_is_lost_and_both_change_places(
    scene: Scene,
) -> None:
    state = scene.write()
    replicated(scene.books(), scene.replica)
    newer = scene.write()

    new = scene.promote()

    assert new is not None
    assert new.serial == newer.serial + LEAP
    (asked,) = scene.asked
    assert asked.is_reachable
    assert asked.copied.state == newer
    assert object_states(scene.there, CLOCK).read() == new
    with pytest.raises(StateConflict) as refused:
        scene.write()
    assert code(refused.value) == "state-is-replica"
    assert state.lineage == new.lineage
    (kept,) = scene.here.names("replaced/")
    assert kept


def test_while_the_state_is_down_what_was_copied_takes_its_place(scene: Scene) -> None:
    state = scene.write()
    replicated(scene.books(), scene.replica)
    scene.write()
    scene.here.down = True

    new = scene.promote()

    assert new == replace(state, serial=state.serial + LEAP)
    assert not scene.asked[0].is_reachable
    outcome = scene.journal_there.lines[-1]
    assert (outcome.act, outcome.detail["from"], outcome.detail["serial"]) == (
        "state-promote",
        1,
        1 + LEAP,
    )
    assert outcome.detail["journal"] == {"size": 5, "root": "ab"}
    assert scene.journal_there.checkpoints == [2]


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "down"])
def test_a_replica_of_another_place_is_promoted_by_force_alone(
    scene: Scene, *, is_gone: bool
) -> None:
    scene.write()
    replicated(scene.books(), scene.replica)
    scene.replica = replace(scene.replica, source="file:///mnt/AA")
    scene.here.down = not is_gone
    if is_gone:
        scene.here.remove("state.json")

    with pytest.raises(StateConflict) as refused:
        scene.promote()

    assert code(refused.value) == "replica-of-elsewhere"
    assert "copied from here" in str(refused.value)
    assert "that in file:///mnt/AA" in str(refused.value)
    assert scene.asked == []
    assert scene.promote(force=True) is not None


@pytest.mark.parametrize("left", [None, b"no state"], ids=["gone", "damaged"])
def test_a_state_that_is_gone_or_damaged_is_told_to_be_lost(
    scene: Scene, left: bytes | None
) -> None:
    state = scene.write()
    replicated(scene.books(), scene.replica)
    scene.write()
    scene.here.remove("state.json")
    if left is not None:
        scene.here.put("state.json", left, expected=None)

    new = scene.promote()

    assert new == replace(state, serial=state.serial + LEAP)
    assert not scene.asked[0].is_reachable


def test_a_late_writer_to_the_old_state_is_refused_once_it_is_back(scene: Scene) -> None:
    scene.write()
    replicated(scene.books(), scene.replica)
    scene.here.down = True
    scene.promote()
    scene.here.down = False

    with (
        pytest.raises(StateConflict) as late,
        scene.locks().held("apply", who="late@here"),
    ):
        pytest.fail("the lock of a state that is none any more was given")

    assert code(late.value) == "replica-promoted"
    assert "newer than that in here" in late.value.diagnostics[0].summary
    assert late.value.diagnostics[0].hint.startswith("It is the state now: BROKER_STATE=")


def test_the_old_state_becomes_the_replica_of_the_new_one_by_force(scene: Scene) -> None:
    scene.write()
    replicated(scene.books(), scene.replica)
    scene.here.down = True
    scene.promote()
    scene.here.down = False
    back = ObjectReplica(
        objects=scene.here,
        clock=CLOCK,
        source="there",
        head=lambda: HEAD,
        here=object_states(scene.there, CLOCK).read,
    )
    books = replace(
        scene.books(),
        states=object_states(scene.there, CLOCK),
        locks=ReplicatedLocks(locks=object_locks(scene.there, CLOCK), replica=back, clock=CLOCK),
    )

    with pytest.raises(StateConflict) as older:
        replicated(books, back)
    assert "an older one than that in there" in older.value.diagnostics[0].summary
    assert "BROKER_STATE=" not in older.value.diagnostics[0].hint
    assert older.value.diagnostics[0].hint.startswith("`broker state replicate -force`")
    assert "replicate -force" in lag(books.states, back).hint
    replicated(books, back, force=True)

    assert lag(books.states, back).behind == 0


def test_nothing_is_promoted_while_somebody_changes_the_state(scene: Scene) -> None:
    scene.write()
    replicated(scene.books(), scene.replica)

    with (
        object_locks(scene.here, CLOCK).held("apply", who="ann@desk"),
        pytest.raises(Locked),
    ):
        scene.promote()

    assert scene.asked == []


def test_nothing_is_promoted_without_a_yes(scene: Scene) -> None:
    scene.write()
    replicated(scene.books(), scene.replica)
    scene.answer = False

    assert scene.promote() is None

    assert scene.replica.read() is not None
    assert scene.journal_there.lines == []


def test_nothing_is_promoted_twice_or_before_it_was_copied(scene: Scene) -> None:
    scene.here.down = True
    with pytest.raises(StateConflict) as empty:
        scene.promote()
    assert code(empty.value) == "replica-empty"
    scene.here.down = False
    scene.write()
    scene.promote()

    with pytest.raises(StateConflict) as twice:
        scene.promote()
    assert code(twice.value) in {"state-is-replica", "replica-promoted"}


def test_a_replica_that_is_down_too_is_no_way_out(scene: Scene) -> None:
    scene.write()
    replicated(scene.books(), scene.replica)
    scene.here.down = scene.there.down = True

    with pytest.raises(Unavailable):
        scene.promote()


def test_a_promotion_that_is_cut_off_before_its_write_can_be_repeated(scene: Scene) -> None:
    scene.write()
    replicated(scene.books(), scene.replica)
    scene.here.down = True
    scene.there.before_put = unreachable
    with pytest.raises(Unavailable):
        scene.promote()
    assert scene.journal_there.lines[-1].detail == {"failed": ["bucket-unreachable"]}
    scene.there.before_put = lambda _: None

    assert scene.promote() is not None


@dataclass
class Replicated(Desk):
    """A desk whose state has a replica in *copies*."""

    copies: MemoryObjects = field(default_factory=MemoryObjects)

    @property
    def replica(self) -> ObjectReplica:
        return ObjectReplica(
            objects=self.copies, clock=self.folder.clock, source="here", head=lambda: HEAD
        )

    def means(self) -> Means:
        used = super().means()
        states = ReplicatedStates(
            primary=used.states, replica=self.replica, told=self.warned.extend
        )
        return replace(used, states=states)


@pytest.fixture
def desk(tmp_path: Path) -> Replicated:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(WIDE)
    return Replicated(fleet)


def test_each_step_of_an_apply_is_copied(desk: Replicated) -> None:
    serials: list[int] = []
    desk.copies.before_put = lambda _: serials.append(recorded(desk).serial)

    desk.apply()

    copied = desk.replica.read()
    assert copied is not None
    assert copied.state == recorded(desk)
    assert serials == list(range(1, recorded(desk).serial + 1))


def test_an_apply_goes_on_while_its_replica_is_down(desk: Replicated) -> None:
    desk.copies.before_put = unreachable

    desk.apply()

    assert [warning.code for warning in desk.warned] == ["replica-behind"]
    assert [record.is_tainted for record in recorded(desk).members] == [False, False]


def test_an_apply_is_stopped_before_its_next_effect_once_the_replica_is_promoted(
    desk: Replicated,
) -> None:
    def promotes(_: str) -> None:
        if len(desk.provisioner.names()) and recorded(desk).members[0].is_tainted is False:
            found = desk.replica.read()
            assert found is not None
            desk.copies.before_put = lambda _: None
            desk.replica.promote(found, replace(found.state, serial=found.state.serial + LEAP))

    desk.copies.before_put = promotes

    with pytest.raises(BrokerError) as stopped:
        desk.apply()

    assert "replica-promoted" in {d.code for d in stopped.value.diagnostics}
    assert desk.provisioner.names().count("cluster") == 1


def books_of(desk: Replicated) -> Books:
    means = desk.means()
    return Books(
        states=means.states,
        locks=means.locks,
        journal=means.journal,
        clock=means.clock,
        who=means.who,
    )


def test_no_fleet_is_made_again_where_its_state_is_gone(desk: Replicated) -> None:
    desk.apply()
    there, before = desk.provisioner.names(), recorded(desk)
    desk.folder = Folder(desk.folder.clock)
    desk.provisioner.forget()

    with pytest.raises(StateInvalid) as lost:
        desk.apply()

    assert code(lost.value) == "state-lost"
    assert desk.provisioner.names() == there
    pushed(books_of(desk), state_text(before).encode(), "backup.json")
    assert {r.name for r in recorded(desk).members} == {r.name for r in before.members}
