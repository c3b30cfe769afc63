"""A member that was being changed when somebody left, and of which the engine knows nothing any more."""

from collections.abc import Callable
from pathlib import Path

import pytest

from broker.domain.errors import PartlyApplied
from tests.fakes.changing import Desk, assert_made_once, recorded
from tests.fakes.provisioner import Crash
from tests.fakes.specs import TINY, TWO


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Where a second pool was being added to a cluster, and then the engine's records were lost."""
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TINY)
    made = Desk(fleet)
    made.apply()
    fleet.write_text(TWO)
    (pool,) = {
        pool["name"]
        for cluster in made.plan().document["desired"]["clusters"]
        for pool in cluster["pools"]
    } - {*made.provisioner.names()}
    made.provisioner.crashes = {pool}
    with pytest.raises(Crash):
        made.apply()
    made.provisioner.crashes.clear()
    made.provisioner.forget()
    assert [record.is_tainted for record in recorded(made).members] == [True]
    return made


def test_nothing_of_it_is_made_a_second_time(desk: Desk) -> None:
    before = desk.provisioner.names()

    applied = desk.apply()

    (recovery,) = applied.proposal.mended.values()
    assert {each.name for each in recovery.adopted} == {*before}
    assert desk.provisioner.names() == before
    assert_made_once(desk)


def test_a_destroy_finds_what_it_has_to_take_away(desk: Desk) -> None:
    desk.destroy()

    assert desk.provisioner.names() == []
    assert recorded(desk).members == ()


def test_where_the_cloud_does_not_answer_nothing_is_taken_for_gone(desk: Desk) -> None:
    before = desk.provisioner.names()
    (record,) = recorded(desk).members
    desk.provisioner.unreachable.add(record.name)

    with pytest.raises(PartlyApplied):
        desk.apply()

    assert desk.provisioner.names() == before
    assert recorded(desk).members == (record,)


def test_a_destroy_that_was_cut_off_at_its_end_finds_nothing_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    down: Callable[..., object] = desk.provisioner.down

    def cut_off(*asked: object, **watched: object) -> None:
        down(*asked, **watched)
        raise Crash

    desk.apply()
    monkeypatch.setattr(desk.provisioner, "down", cut_off)
    with pytest.raises(Crash):
        desk.destroy()
    monkeypatch.undo()

    assert desk.destroy().outcome.is_complete

    assert desk.provisioner.names() == []
    assert recorded(desk).members == ()
