"""What a replica of the state promises, wherever it is (broker.ports.replicas)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from broker.domain.errors import BrokerError, StateConflict, StateInvalid
from broker.ports.audit import JournalHead
from broker.ports.objects import Objects
from broker.ports.state import State
from broker.storage.clock import StoppedClock, SystemClock
from broker.storage.object_leases import object_locks, object_states
from broker.storage.replica import ObjectReplica
from tests.fakes.shared_places import PLACES

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HEAD = JournalHead(size=7, root="ab" * 32)
STATE = State(lineage="c0ffee", serial=41, fleet="research", currency="USD", tool="0.1.0")
SOURCE = "s3://states/research"


@pytest.fixture(params=[name for name in PLACES if name != "memory"])
def objects(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
    with PLACES[request.param](monkeypatch) as made:
        yield made


@pytest.fixture
def replica(objects: Objects) -> ObjectReplica:
    return ObjectReplica(
        objects=objects, clock=StoppedClock(NOON), source=SOURCE, head=lambda: HEAD
    )


def code(error: BrokerError) -> str:
    (diagnostic,) = error.diagnostics
    return diagnostic.code


def test_nothing_is_there_before_the_first_copy(replica: ObjectReplica) -> None:
    assert replica.read() is None


def test_a_copy_says_whose_it_is_and_how_far_the_journal_had_come(replica: ObjectReplica) -> None:
    assert replica.copy(STATE, 3)

    copied = replica.read()
    assert copied is not None
    assert (copied.state, copied.token, copied.source) == (STATE, 3, SOURCE)
    assert (copied.copied_at, copied.journal) == (NOON, HEAD)


def test_what_is_newer_replaces_what_is_older_and_never_the_other_way(
    replica: ObjectReplica,
) -> None:
    replica.copy(STATE, 3)
    newer = replace(STATE, serial=42)

    assert replica.copy(newer, 3)
    assert not replica.copy(STATE, 3)
    assert not replica.copy(newer, 2)
    copied = replica.read()
    assert copied is not None
    assert (copied.state.serial, copied.token) == (42, 3)


def test_another_state_is_never_copied_over_but_by_force_which_keeps_it(
    replica: ObjectReplica, objects: Objects
) -> None:
    other = replace(STATE, lineage="decaf", serial=99)
    replica.copy(other, 9)

    with pytest.raises(StateConflict) as refused:
        replica.copy(STATE, 3)
    assert code(refused.value) == "replica-of-another"
    assert replica.copy(STATE, 3, force=True)

    copied = replica.read()
    assert copied is not None
    assert (copied.state, copied.token) == (STATE, 9)
    (kept,) = objects.names("replaced/")
    stored = objects.read(kept)
    assert stored is not None
    assert b"decaf" in stored.content


def test_a_state_of_its_own_is_never_copied_over_but_by_force(
    replica: ObjectReplica, objects: Objects
) -> None:
    with object_locks(objects, SystemClock()).held("apply", who="ann@desk") as lease:
        own = object_states(objects, StoppedClock(NOON)).write(
            replace(STATE, serial=0, lineage=""), lease
        )

    for attempt in (replica.read, lambda: replica.copy(replace(own, serial=50), 50)):
        with pytest.raises(StateConflict) as refused:
            attempt()
        assert code(refused.value) == "replica-promoted"
    assert replica.copy(STATE, 3, force=True)
    assert replica.read() is not None


def test_a_replica_is_not_changed_as_if_it_were_the_state(
    replica: ObjectReplica, objects: Objects
) -> None:
    replica.copy(STATE, 3)

    with (
        pytest.raises(StateConflict) as refused,
        object_locks(objects, SystemClock()).held("apply", who="ann@desk"),
    ):
        pass

    assert code(refused.value) == "state-is-replica"
    assert object_states(objects, SystemClock()).read() == STATE
    assert object_locks(objects, SystemClock()).current() is None


def test_a_promoted_replica_is_a_state_with_a_higher_lock_than_any_before(
    replica: ObjectReplica, objects: Objects
) -> None:
    replica.copy(STATE, 30)
    found = replica.read()
    assert found is not None

    replica.promote(found, replace(STATE, serial=1041))

    states = object_states(objects, StoppedClock(NOON))
    with object_locks(objects, SystemClock()).held("apply", who="ann@desk") as lease:
        assert lease.token > 31
        there = states.read()
        assert there is not None
        assert states.write(there, lease).serial == 1042


def test_who_still_writes_to_the_old_state_copies_nothing_over_a_promoted_one(
    replica: ObjectReplica, objects: Objects
) -> None:
    replica.copy(STATE, 30)
    found = replica.read()
    assert found is not None
    replica.promote(found, replace(STATE, serial=1041))

    with pytest.raises(StateConflict) as late:
        replica.copy(replace(STATE, serial=2000), 31)

    assert code(late.value) == "replica-promoted"
    there = object_states(objects, SystemClock()).read()
    assert there is not None
    assert there.serial == 1041


def test_what_was_copied_meanwhile_is_not_promoted_unseen(replica: ObjectReplica) -> None:
    replica.copy(STATE, 3)
    found = replica.read()
    assert found is not None
    replica.copy(replace(STATE, serial=42), 3)

    with pytest.raises(StateConflict) as refused:
        replica.promote(found, STATE)

    assert code(refused.value) == "replica-busy"


def test_no_replica_is_promoted_twice(replica: ObjectReplica) -> None:
    replica.copy(STATE, 3)
    found = replica.read()
    assert found is not None
    replica.promote(found, STATE)

    with pytest.raises(StateConflict) as refused:
        replica.promote(found, STATE)

    assert code(refused.value) == "replica-promoted"


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"format": "gpu-broker state", "version": 1}'])
def test_what_is_damaged_is_told_and_replaced_by_force(
    replica: ObjectReplica, objects: Objects, damage: bytes
) -> None:
    objects.put("state.json", damage, expected=None)

    with pytest.raises(StateInvalid):
        replica.read()
    with pytest.raises(StateInvalid):
        replica.copy(STATE, 3)
    assert replica.copy(STATE, 3, force=True)
    copied = replica.read()
    assert copied is not None
    assert copied.state == STATE


def test_a_mark_that_says_nothing_is_damage(replica: ObjectReplica, objects: Objects) -> None:
    replica.copy(STATE, 3)
    stored = objects.read("state.json")
    assert stored is not None
    objects.put(
        "state.json", stored.content.replace(b"copied_at", b"copied_on"), expected=stored.version
    )

    with pytest.raises(StateInvalid):
        replica.read()
