"""A state that several computers share: no late write, no lost one, and damage is found."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Thread

import pytest

from broker.domain.errors import Locked, StateConflict, StateInvalid, Unavailable
from broker.ports.objects import Stored
from broker.ports.state import first_state
from broker.storage.clock import StoppedClock
from broker.storage.holders import Holder, ThisProcess
from broker.storage.object_leases import object_locks, object_states
from broker.storage.object_state import BACKUPS_KEPT
from tests.fakes.objects import MemoryObjects, unreachable

CLOCK = StoppedClock(datetime(2026, 12, 1, 12, tzinfo=UTC))
FIRST = first_state("research", "USD")


@dataclass
class Dead(ThisProcess):
    """A process that has ended, on this computer."""

    def holder(self) -> Holder:
        return replace(super().holder(), started=1)


@pytest.fixture
def objects() -> MemoryObjects:
    return MemoryObjects()


def test_a_new_holder_fences_out_who_checked_the_lock_just_before(objects: MemoryObjects) -> None:
    store = object_states(objects, CLOCK)
    slow = object_locks(objects, CLOCK, process=Dead()).held("apply", who="slow@desk")
    lease = slow.__enter__()

    def overtaken(name: str) -> None:
        if name == "state.json":
            objects.before_put = lambda name: None
            object_locks(objects, CLOCK).held("apply", who="fast@desk").__enter__()

    objects.before_put = overtaken
    with pytest.raises(StateConflict):
        store.write(FIRST, lease)

    assert store.read() is None


def test_a_write_whose_answer_is_lost_is_not_taken_for_somebody_elses(
    objects: MemoryObjects,
) -> None:
    objects.lose_answers = True
    store = object_states(objects, CLOCK)
    with object_locks(objects, CLOCK).held("apply", who="ann@desk") as lease:
        first = store.write(FIRST, lease)
        second = store.write(first, lease)

    assert store.read() == second
    assert second.serial == 2
    assert object_locks(objects, CLOCK).current() is None


def test_without_a_network_nothing_is_written_and_the_lock_is_not_taken(
    objects: MemoryObjects,
) -> None:
    store, locks = object_states(objects, CLOCK), object_locks(objects, CLOCK)
    objects.before_put = unreachable
    with pytest.raises(Unavailable), locks.held("apply", who="ann@desk"):
        pytest.fail("it can not be held")
    objects.before_put = lambda name: None
    with locks.held("apply", who="ann@desk") as lease:
        state = store.write(FIRST, lease)
        objects.before_put = unreachable
        with pytest.raises(Unavailable):
            store.write(state, lease)
        objects.before_put = lambda name: None

    assert store.read() == state


def test_the_newest_backups_are_kept(objects: MemoryObjects) -> None:
    store = object_states(objects, CLOCK)
    with object_locks(objects, CLOCK).held("apply", who="ann@desk") as lease:
        state = FIRST
        for _ in range(BACKUPS_KEPT + 3):
            state = store.write(state, lease)

    assert len(objects.names("backups/")) == BACKUPS_KEPT
    assert "backups/state-22.json" in objects.names("backups/")


def test_a_place_that_lets_nobody_remove_backups_keeps_more_of_them(objects: MemoryObjects) -> None:
    objects.before_remove = unreachable
    store = object_states(objects, CLOCK)
    with object_locks(objects, CLOCK).held("apply", who="ann@desk") as lease:
        state = FIRST
        for _ in range(BACKUPS_KEPT + 3):
            state = store.write(state, lease)

    assert store.read() == state
    assert len(objects.names("backups/")) == BACKUPS_KEPT + 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-9],
        lambda content: content.replace(b"research", b"researcH"),
        lambda content: b"[]",
        lambda content: b'{"format": "something", "version": 1}',
        lambda content: b'{"format": "gpu-broker state", "version": "x"}',
        lambda content: b"",
    ],
)
def test_damage_is_found_and_replaced_with_what_was_there_kept(
    objects: MemoryObjects, damage: Callable[[bytes], bytes]
) -> None:
    store, locks = object_states(objects, CLOCK), object_locks(objects, CLOCK)
    with locks.held("apply", who="ann@desk") as lease:
        state = store.write(store.write(FIRST, lease), lease)
        whole = objects.held["state.json"].content
        objects.held["state.json"] = Stored(content=damage(whole), version="damaged")
        for attempt in (store.read, lambda: store.write(state, lease)):
            with pytest.raises(StateInvalid) as caught:
                attempt()
            assert caught.value.diagnostics[0].code == "state-damaged"
        new = store.replace(replace(state, serial=1), lease)

    assert store.read() == new
    assert new.serial > state.serial
    (aside,) = objects.names("backups/damaged-")
    assert objects.held[aside].content == damage(whole)


def test_a_newer_object_is_refused_and_not_replaced(objects: MemoryObjects) -> None:
    store = object_states(objects, CLOCK)
    with object_locks(objects, CLOCK).held("apply", who="ann@desk") as lease:
        state = store.write(FIRST, lease)
        document = json.loads(objects.held["state.json"].content) | {"version": 2, "tool": "7.0"}
        objects.held["state.json"] = Stored(content=json.dumps(document).encode(), version="new")
        for change in (store.write, store.replace):
            with pytest.raises(StateInvalid) as caught:
                change(state, lease)
            assert caught.value.diagnostics[0].code == "state-newer"


def test_tokens_go_on_after_the_object_of_the_lock_was_removed(objects: MemoryObjects) -> None:
    locks = object_locks(objects, CLOCK)
    for _ in range(3):
        with locks.held("apply", who="ann@desk") as lease:
            pass
    objects.remove("lock.json")
    with locks.held("apply", who="ann@desk") as lease:
        assert lease.token == 4


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": 2}', b"\xff"])
def test_a_damaged_lock_is_said(objects: MemoryObjects, content: bytes) -> None:
    objects.held["lock.json"] = Stored(content=content, version="damaged")
    with pytest.raises(StateInvalid) as caught:
        object_locks(objects, CLOCK).current()

    assert caught.value.diagnostics[0].code == "lock-damaged"


def test_of_several_exactly_one_is_inside_at_a_time(objects: MemoryObjects) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with object_locks(objects, CLOCK).held("apply", who=f"{number}", wait_seconds=60):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    threads = [Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1] * 8


def test_who_is_always_slower_gives_up_after_a_while(objects: MemoryObjects) -> None:
    def faster(name: str) -> None:
        stored = objects.held.get(name)
        version = "0" if stored is None else f"{int(stored.version) + 1}"
        content = b'{"version": 1, "token": 1, "lease": null}'
        objects.held[name] = Stored(content=content, version=version)

    objects.before_put = faster
    with (
        pytest.raises((Unavailable, Locked)) as caught,
        object_locks(objects, CLOCK).held("apply", who="ann@desk"),
    ):
        pytest.fail("it was never the first")

    assert caught.value.diagnostics[0].code == "lock-busy"
