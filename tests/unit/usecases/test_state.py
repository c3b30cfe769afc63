"""`broker state`: what is recorded is shown, and put right under the lock, with a word about it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.domain.errors import (
    Locked,
    StateConflict,
    StateInvalid,
    Unwritable,
    UsageInvalid,
)
from broker.domain.ids import ClusterName
from broker.planning.desired import desired_document
from broker.planning.records import recorded_fleet_of
from broker.planning.resources import resources
from broker.planning.state_document import state_document
from broker.ports.state import Entry, MemberRecord, State, first_state
from broker.storage.clock import StoppedClock
from broker.storage.whole_file import unwritable
from broker.usecases.force_unlock import Unlocking, force_unlock, holder_of
from broker.usecases.state import Books, listed, moved, pulled, pushed, removed, shown
from tests.fakes.fleets import research
from tests.fakes.state import Folder, MemoryJournal, MemoryLocks, MemoryStates

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
FLEET = research()

MADE = MemberRecord(
    name=ClusterName("aws-us-east-1"),
    member={"name": "aws-us-east-1", "region": "aws/us-east-1"},
    outputs={"endpoint": "https://10.0.0.1"},
    resources=({"urn": "urn:1", "type": "cluster", "name": "main", "id": "i-1"},),
    checkpoint="sha256:1",
)
BEGUN = MemberRecord(
    name=ClusterName("azure-westeurope"),
    member={"name": "azure-westeurope", "region": "azure/westeurope"},
    outputs={},
    resources=(),
    checkpoint=None,
    is_tainted=True,
)


@pytest.fixture
def folder() -> Folder:
    return Folder(StoppedClock(NOON))


@pytest.fixture
def books(folder: Folder) -> Books:
    """Two clusters are wanted; one of them was made, and a third one begun."""
    books = Books(
        states=MemoryStates(folder),
        locks=MemoryLocks(folder),
        journal=MemoryJournal(),
        clock=StoppedClock(NOON),
        who="ann@desk",
    )
    with books.locks.held("apply", who="ann@desk") as lease:
        state = first_state("research", "USD")
        books.states.write(
            replace(state, desired=desired_document(FLEET), members=(MADE, BEGUN)), lease
        )
    return books


def recorded(books: Books) -> State:
    state = books.states.read()
    assert state is not None
    return state


def said(books: Books) -> list[tuple[str, str]]:
    assert isinstance(books.journal, MemoryJournal)
    return books.journal.said()


def codes(error: "pytest.ExceptionInfo[UsageInvalid] | pytest.ExceptionInfo[StateConflict]") -> str:
    return " ".join(diagnostic.code for diagnostic in error.value.diagnostics)


def addresses(books: Books) -> set[str]:
    return {record.address for record in listed(books.states)}


def test_everything_is_listed_in_order_with_what_was_only_begun(books: Books) -> None:
    found = [record.address for record in listed(books.states)]

    assert found == sorted({*resources(FLEET), "cluster.azure-westeurope"})


def test_a_cluster_is_listed_with_its_pools(books: Books) -> None:
    found = [r.address for r in listed(books.states, ["cluster.aws-us-east-1", "workload.chat"])]

    assert found == [
        "cluster.aws-us-east-1",
        "pool.aws-us-east-1.g6-12xlarge-on-demand",
        "pool.aws-us-east-1.p5-48xlarge-spot",
        "workload.chat",
    ]


def test_a_cluster_shows_what_the_engine_made_of_it(books: Books) -> None:
    assert shown(books.states, "cluster.aws-us-east-1").made == MADE
    assert shown(books.states, "cluster.azure-westeurope").made == BEGUN
    assert shown(books.states, "cluster.gcp-europe-west4").made is None
    assert shown(books.states, "pool.aws-us-east-1.p5-48xlarge-spot").values["nodes"] == 16


@pytest.mark.parametrize(
    "ask",
    [
        lambda books: shown(books.states, "workload.chatt"),
        lambda books: listed(books.states, ["workload.chatt"]),
        lambda books: moved(books, "workload.chatt", "workload.x"),
    ],
)
def test_an_unknown_address_gets_a_suggestion_and_changes_nothing(
    books: Books, ask: Callable[[Books], object]
) -> None:
    before = recorded(books)
    with pytest.raises(UsageInvalid) as caught:
        ask(books)

    assert codes(caught) == "address-unknown"
    assert "workload.chat?" in caught.value.diagnostics[0].hint
    assert recorded(books) == before


def test_who_forgets_hears_what_is_recorded_and_no_guess(books: Books) -> None:
    before = recorded(books)
    with pytest.raises(UsageInvalid) as caught:
        removed(books, ["workload.chat", "cluster.aws-us-east-2"])

    (finding,) = caught.value.diagnostics
    assert finding.hint.startswith("Recorded: cluster.aws-us-east-1, cluster.azure-westeurope, ")
    assert "mean" not in finding.hint
    assert recorded(books) == before


@pytest.mark.parametrize(
    "ask",
    [
        lambda books: listed(books.states),
        lambda books: shown(books.states, "workload.chat"),
        lambda books: moved(books, "workload.chat", "workload.x"),
        lambda books: removed(books, ["workload.chat"]),
    ],
)
def test_without_a_state_that_is_said(folder: Folder, ask: Callable[[Books], object]) -> None:
    empty = Books(
        states=MemoryStates(folder),
        locks=MemoryLocks(folder),
        journal=MemoryJournal(),
        clock=StoppedClock(NOON),
        who="ann@desk",
    )
    with pytest.raises(UsageInvalid) as caught:
        ask(empty)

    assert codes(caught) == "state-missing"
    assert pulled(empty.states) is None


def test_a_workload_renamed_in_the_spec_is_found_again(books: Books) -> None:
    done = moved(books, "workload.chat", "workload.talk")

    fleet = recorded_fleet_of(recorded(books))
    assert {p.workload for p in fleet.placements} == {"finetune", "pretrain", "search", "talk"}
    assert done.state == recorded(books)
    assert done.state.serial == 2
    assert said(books) == [("state-mv", "intent"), ("state-mv", "outcome")]


def test_a_cluster_that_was_never_made_may_be_renamed(books: Books) -> None:
    moved(books, "cluster.gcp-europe-west4", "cluster.far")

    assert "pool.far.a3-highgpu-8g-reserved" in addresses(books)


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        ("cluster.aws-us-east-1", "cluster.far"),
        ("pool.aws-us-east-1.p5-48xlarge-spot", "pool.aws-us-east-1.far"),
        ("cluster.azure-westeurope", "cluster.far"),
        ("workload.chat", "workload.search"),
        ("workload.chat", "cluster.chat"),
    ],
)
def test_a_move_after_which_the_state_would_lie_is_refused(
    books: Books, source: str, destination: str
) -> None:
    before = recorded(books)
    with pytest.raises(UsageInvalid) as caught:
        moved(books, source, destination)

    assert codes(caught) == "state-edit-impossible"
    detail = caught.value.diagnostics[0].detail
    assert not detail.startswith(("Cluster.", "Pool.", "Workload.", "Data."))
    assert recorded(books) == before
    assert said(books)[-1] == ("state-mv", "outcome")


def test_what_was_never_made_is_forgotten(books: Books) -> None:
    removed(books, ["cluster.gcp-europe-west4", "workload.chat"])

    assert addresses(books).isdisjoint(
        {"cluster.gcp-europe-west4", "pool.gcp-europe-west4.a3-highgpu-8g-reserved"}
    )
    assert "workload.finetune" not in addresses(books)
    assert [member.name for member in recorded(books).members] == [MADE.name, BEGUN.name]


@pytest.mark.parametrize(
    "address",
    ["cluster.aws-us-east-1", "cluster.azure-westeurope", "pool.aws-us-east-1.p5-48xlarge-spot"],
)
def test_what_costs_money_is_not_forgotten_unasked(books: Books, address: str) -> None:
    before = recorded(books)
    with pytest.raises(UsageInvalid) as caught:
        removed(books, [address])

    assert codes(caught) == "state-orphan"
    assert address in caught.value.diagnostics[0].subject
    assert recorded(books) == before

    removed(books, [address], allow_orphan=True)

    assert address not in addresses(books)


def test_the_record_of_a_cluster_is_forgotten_with_it(books: Books) -> None:
    removed(books, ["cluster.aws-us-east-1"], allow_orphan=True)

    assert [member.name for member in recorded(books).members] == [BEGUN.name]


def test_a_dry_run_needs_no_lock_and_changes_nothing(books: Books) -> None:
    before = recorded(books)
    with books.locks.held("apply", who="bob@desk"):
        first = moved(books, "workload.chat", "workload.talk", dry_run=True)
        second = removed(books, ["workload.chat"], dry_run=True)

    assert not first.written
    assert not second.written
    assert recorded(books) == before
    assert said(books) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda books: moved(books, "workload.chat", "workload.talk"),
        lambda books: removed(books, ["workload.chat"]),
        lambda books: pushed(books, text_of(recorded(books)), "file", force=True),
    ],
)
def test_nothing_is_changed_while_somebody_else_changes_the_fleet(
    books: Books, change: Callable[[Books], object]
) -> None:
    before = recorded(books)
    with books.locks.held("apply", who="bob@desk"), pytest.raises(Locked):
        change(books)

    assert recorded(books) == before


def test_taking_the_lock_of_a_dead_holder_is_written_down(books: Books, folder: Folder) -> None:
    folder.abandon("apply")

    moved(books, "workload.chat", "workload.talk")

    assert said(books)[0] == ("lock-taken-over", "outcome")
    assert len(said(books)) == 3


def text_of(state: State) -> bytes:
    return json.dumps(state_document(state)).encode()


def test_what_was_pulled_can_be_changed_and_pushed(books: Books) -> None:
    document = pulled(books.states)
    assert document is not None
    document |= {"fleet": "renamed", "serial": document["serial"] + 1}

    done = pushed(books, json.dumps(document).encode(), "file")

    assert done.written
    assert recorded(books).fleet == "renamed"
    assert recorded(books).serial == document["serial"] + 1
    assert recorded(books).lineage == document["lineage"]


def test_pushing_what_is_there_changes_nothing(books: Books) -> None:
    before = recorded(books)

    assert not pushed(books, text_of(before), "file").written
    assert recorded(books) == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lineage": "another", "serial": 99}, "unrelated"),
        ({"serial": 1, "fleet": "older"}, "newer"),
        ({"serial": 3, "fleet": "other"}, "different"),
    ],
    ids=["lineage", "older", "same-serial"],
)
def test_an_unrelated_or_older_state_is_pushed_by_force_only(
    books: Books, changes: dict[str, object], words: str
) -> None:
    moved(books, "workload.chat", "workload.talk")
    before = moved(books, "workload.talk", "workload.chat").state
    assert before.serial == 3
    text = json.dumps({**state_document(before), **changes}).encode()
    with pytest.raises(StateConflict) as caught:
        pushed(books, text, "file")

    assert codes(caught) == "state-push-refused"
    assert words in caught.value.diagnostics[0].summary
    assert recorded(books) == before

    done = pushed(books, text, "file", force=True)

    assert recorded(books) == done.state
    assert done.state.serial > before.serial


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "state-damaged"),
        (b"[]", "state-damaged"),
        (b'{"version": 1}', "state-damaged"),
        (b"\xff\xfe\x00", "state-damaged"),
        (b"[" * 100_000, "state-damaged"),
        (b'{"version": 9, "tool": "7.0.0"}', "state-newer"),
    ],
)
def test_what_is_no_state_is_not_pushed_even_by_force(books: Books, text: bytes, code: str) -> None:
    before = recorded(books)
    with pytest.raises(StateInvalid) as caught:
        pushed(books, text, "file", force=True)

    assert [d.code for d in caught.value.diagnostics] == [code]
    assert recorded(books) == before


@pytest.mark.parametrize("amount", ["1.00", "much", None, 7, {}])
def test_a_fleet_that_does_not_add_up_is_not_pushed(books: Books, amount: object) -> None:
    document = pulled(books.states)
    assert document is not None
    document["desired"]["placements"][0]["monthly"] = amount
    with pytest.raises(StateInvalid) as caught:
        pushed(books, json.dumps(document).encode(), "file", force=True)

    assert [d.code for d in caught.value.diagnostics] == ["state-damaged"]


class FullJournal(MemoryJournal):
    """A journal on a full disk."""

    def append(self, entry: Entry) -> int:
        raise unwritable(Path("journal.db"), "No space left on device")


@pytest.mark.parametrize(
    "change",
    [
        lambda books: moved(books, "workload.chat", "workload.talk"),
        lambda books: removed(books, ["workload.chat"]),
        lambda books: pushed(books, text_of(recorded(books)), "file", force=True),
    ],
)
def test_what_can_not_be_written_down_is_not_done(
    books: Books, change: Callable[[Books], object]
) -> None:
    before = recorded(books)
    with pytest.raises(Unwritable):
        change(replace(books, journal=FullJournal()))

    assert recorded(books) == before
    assert books.locks.current() is None


def test_a_lock_that_is_broken_is_written_down_before_and_after(books: Books) -> None:
    around = Unlocking(locks=books.locks, journal=books.journal, clock=books.clock, who="bob@desk")
    with books.locks.held("apply", who="ann@desk") as lease:
        force_unlock(around, holder_of(books.locks, lease.id))
        assert books.locks.current() is None

    assert said(books) == [("force-unlock", "intent"), ("force-unlock", "outcome")]
    assert books.journal.entries()[0].detail == {"holder": "ann@desk", "operation": "apply"}


def test_a_lock_is_not_broken_where_that_can_not_be_written_down(books: Books) -> None:
    around = Unlocking(locks=books.locks, journal=FullJournal(), clock=books.clock, who="bob@desk")
    with books.locks.held("apply", who="ann@desk") as lease:
        with pytest.raises(Unwritable):
            force_unlock(around, lease)
        assert books.locks.current() is not None
