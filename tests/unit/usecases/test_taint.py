"""What is marked to be made anew: recorded, planned, done once, and taken back."""

from pathlib import Path

import pytest

from broker.domain.errors import PlanStale, UsageInvalid
from broker.planning.document import Document
from broker.planning.records import records
from broker.usecases.state import Books
from broker.usecases.taint import taint
from broker.usecases.untaint import untaint
from tests.fakes.changing import Desk, codes, recorded
from tests.fakes.specs import TWO
from tests.fakes.state import MemoryLocks

PLAN = Path("fleet.plan")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TWO)
    made = Desk(fleet)
    made.apply()
    return made


def books(desk: Desk) -> Books:
    return Books(
        states=desk.states,
        locks=MemoryLocks(desk.folder),
        journal=desk.journal,
        clock=desk.folder.clock,
        who="me@here",
    )


def pools(desk: Desk) -> list[str]:
    return [address for address in records(recorded(desk)) if address.startswith("pool.")]


def marked(desk: Desk) -> list[str]:
    return [f"pool.{r.name}.{pool}" for r in recorded(desk).members for pool in r.anew]


def made(desk: Desk) -> dict[str, str]:
    """What there is, with the cloud's own ids."""
    return {r["name"]: r["id"] for member in recorded(desk).members for r in member.resources}


def anew(document: Document) -> dict[str, str]:
    """Why pools are made anew."""
    return {
        change["address"]: change["action_reason"]
        for change in document["resource_changes"]
        if change["change"]["actions"] == ["delete", "create"]
    }


def test_a_marked_pool_is_made_anew_once(desk: Desk) -> None:
    address, other = pools(desk)
    before = made(desk)

    taint(books(desk), address)
    planned = desk.plan()
    applied = desk.apply()

    after = made(desk)
    name, kept = address.rpartition(".")[2], other.rpartition(".")[2]
    assert anew(planned.document) == {address: "replace_because_tainted"}
    assert anew(applied.proposal.document) == {address: "replace_because_tainted"}
    assert before[name] != after[name]
    assert before[kept] == after[kept]
    assert marked(desk) == []
    assert not desk.plan().has_changes


def test_without_the_engine_a_plan_says_so_too(desk: Desk) -> None:
    address, _ = pools(desk)
    taint(books(desk), address)

    planned = desk.plan(is_previewed=False)

    assert planned.has_changes
    assert anew(planned.document) == {address: "replace_because_tainted"}


def test_a_saved_plan_carries_the_mark_and_takes_it_off(desk: Desk) -> None:
    address, _ = pools(desk)
    taint(books(desk), address)
    desk.plan(out=PLAN)
    desk.apply(plan=PLAN)

    assert marked(desk) == []


def test_a_mark_makes_a_plan_of_before_it_stale(desk: Desk) -> None:
    address, _ = pools(desk)
    desk.plan(out=PLAN, replace=(address,))
    taint(books(desk), address)

    with pytest.raises(PlanStale) as stale:
        desk.apply(plan=PLAN)

    assert stale.value.diagnostics[0].code == "plan-stale"


def test_a_cluster_stands_for_each_of_its_pools(desk: Desk) -> None:
    (member,) = recorded(desk).members

    done = taint(books(desk), f"cluster.{member.name}")

    assert marked(desk) == pools(desk) == list(done.addresses)
    one, other = pools(desk)
    assert untaint(books(desk), one).addresses == (one,)
    assert untaint(books(desk), str(member.name)).addresses == (other,)


def test_a_pool_has_the_short_names_that_target_takes(desk: Desk) -> None:
    address, _ = pools(desk)
    _, cluster, name = address.split(".", 2)

    for spelled in (name, f"{cluster}/{name}", address):
        assert taint(books(desk), spelled).addresses == (address,)
        assert marked(desk) == [address]
        assert untaint(books(desk), spelled).addresses == (address,)
        assert marked(desk) == []


def test_a_part_takes_off_none_of_the_other_marks(desk: Desk) -> None:
    one, other = pools(desk)
    for address in (one, other):
        taint(books(desk), address)

    desk.apply(target=(one,))

    assert marked(desk) == [other]


def test_a_mark_is_taken_off_again(desk: Desk) -> None:
    address, _ = pools(desk)
    taint(books(desk), address)
    untaint(books(desk), address)

    assert marked(desk) == []
    assert not desk.plan().has_changes


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("workload.chat", "address-not-replaceable"),
        ("pool.gcp-us-central1.nowhere", "address-unknown"),
        ("cluster.nowhere", "address-unknown"),
        ("chat", "address-not-replaceable"),
    ],
)
def test_what_can_not_be_made_anew_is_told(desk: Desk, address: str, code: str) -> None:
    for act in (taint, untaint):
        with pytest.raises(UsageInvalid) as wrong:
            act(books(desk), address)
        assert codes(wrong.value) == [code]


def test_what_is_not_marked_is_told(desk: Desk) -> None:
    address, _ = pools(desk)
    with pytest.raises(UsageInvalid) as wrong:
        untaint(books(desk), address)

    assert codes(wrong.value) == ["not-tainted"]


def test_nothing_is_written_by_a_dry_run(desk: Desk) -> None:
    address, _ = pools(desk)
    serial = recorded(desk).serial

    done = taint(books(desk), address, dry_run=True)

    assert not done.written
    assert recorded(desk).serial == serial


def test_records_say_which_pools_are_to_be_made_anew(desk: Desk) -> None:
    address, other = pools(desk)
    taint(books(desk), address)

    found = records(recorded(desk))

    assert found[address].is_marked
    assert not found[other].is_marked
