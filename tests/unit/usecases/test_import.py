"""`broker import` over a cloud in memory: what is found, recorded and refused."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import (
    BrokerError,
    EngineMissing,
    Interrupted,
    NotOurs,
    PartlyApplied,
    PlanStale,
    UsageInvalid,
)
from broker.planning.lifetime import Ttl
from broker.ports.state import State
from broker.storage.clock import StoppedClock
from broker.usecases.import_ import Imported, ImportRequest, import_members
from tests.conftest import ROOT
from tests.fakes.changing import NOW, Desk
from tests.fakes.provisioner import Crash
from tests.fakes.state import Folder


def desk_with(example: str, folder: Path) -> Desk:
    fleet = folder / "fleet.yaml"
    fleet.write_text((ROOT / "examples" / example / "fleet.yaml").read_text())
    return Desk(fleet)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """With a fleet of one cluster."""
    return desk_with("startup", tmp_path)


@pytest.fixture
def larger(tmp_path: Path) -> Desk:
    """With a fleet of several clusters."""
    return desk_with("regulated", tmp_path)


def imported(desk: Desk, *clusters: str, **told: Any) -> Imported:
    request = ImportRequest(fleet=desk.fleet, clusters=clusters, **told)
    return import_members(request, desk.surroundings(), desk.means())


def lost(desk: Desk) -> State:
    """The fleet is made, and all that was recorded of it is gone; what it was."""
    desk.apply()
    state = recorded(desk)
    desk.provisioner.forget()
    desk.folder = Folder(desk.folder.clock)
    desk.provisioner.calls.clear()
    return state


def recorded(desk: Desk) -> State:
    state = desk.states.read()
    assert state is not None
    return state


def codes(error: BrokerError) -> list[str]:
    return [diagnostic.code for diagnostic in error.diagnostics]


def acts(desk: Desk) -> list[tuple[str, str]]:
    return [(e.phase, e.subject) for e in desk.journal.entries() if e.act == "import"]


def test_a_lost_fleet_is_recorded_as_it_was(desk: Desk) -> None:
    before = lost(desk)
    there = desk.provisioner.names()

    found = imported(desk)

    after = recorded(desk)
    assert found.recorded == tuple(record.name for record in before.members) != ()
    assert after.members == before.members
    assert after.desired == before.desired
    assert (after.fleet, after.currency) == (before.fleet, before.currency)
    assert desk.provisioner.names() == there
    assert {call for call, _ in desk.provisioner.calls} <= {"adopt", "preview"}


def test_the_next_plan_has_nothing_to_do(desk: Desk) -> None:
    lost(desk)

    imported(desk)

    plan = desk.plan()
    assert not plan.has_changes
    assert plan.warnings == ()
    assert desk.apply().outcome.made == ()


def test_what_is_not_there_is_completed_by_the_next_apply(desk: Desk) -> None:
    before = lost(desk)
    (first, *_) = before.members
    desk.provisioner.lose("cluster")

    found = imported(desk, str(first.name))
    (record,) = recorded(desk).members

    assert found.adoptions[first.name].missing == ("cluster",)
    assert record.is_tainted
    assert desk.plan().has_changes
    desk.apply()
    assert not any(record.is_tainted for record in recorded(desk).members)
    assert desk.provisioner.names().count("cluster") == len(before.members)


def test_nothing_is_recorded_where_nothing_is(desk: Desk) -> None:
    found = imported(desk)

    assert found.recorded == ()
    assert all(not adoption.adopted for adoption in found.adoptions.values())
    assert desk.states.read() is None


def test_what_is_recorded_already_is_not_looked_for(desk: Desk) -> None:
    desk.apply()
    before = recorded(desk)

    found = imported(desk)

    assert found.known == tuple(record.name for record in before.members)
    assert found.adoptions == {}
    assert recorded(desk) == before
    assert acts(desk) == []


def test_only_what_is_named_is_looked_for(larger: Desk) -> None:
    before = lost(larger)
    first, *others = [record.name for record in before.members]

    imported(larger, f"cluster.{first}")

    assert [record.name for record in recorded(larger).members] == [first]
    assert larger.plan().has_changes
    assert list(imported(larger).adoptions) == others
    assert not larger.plan().has_changes


def test_a_cluster_that_is_not_planned_is_refused(desk: Desk) -> None:
    lost(desk)

    with pytest.raises(UsageInvalid) as refused:
        imported(desk, "aws-nowhere")

    with pytest.raises(UsageInvalid) as mistyped:
        imported(desk, "gcp-us-centrall")
    assert mistyped.value.diagnostics[0].hint.startswith("Did you mean gcp-us-central1? ")

    assert codes(refused.value) == ["address-unknown"]
    assert desk.provisioner.calls == []


def test_what_is_marked_as_another_s_is_refused_and_not_recorded(desk: Desk) -> None:
    lost(desk)
    desk.provisioner.mark("cluster", "somebody")

    with pytest.raises(NotOurs) as refused:
        imported(desk)

    assert codes(refused.value) == ["resource-not-ours"]
    assert desk.states.read() is None


def test_one_that_is_refused_keeps_no_other_from_being_recorded(larger: Desk) -> None:
    before = lost(larger)
    pool = before.members[0].member["pools"][0]["name"]
    larger.provisioner.mark(pool, "somebody")

    with pytest.raises(PartlyApplied) as partly:
        imported(larger)

    assert codes(partly.value) == ["resource-not-ours", "partly-imported"]
    assert partly.value.diagnostics[-1].hint == "Go on with: broker import"
    assert recorded(larger).members == before.members[1:]


def test_intent_and_outcome_are_in_the_journal(desk: Desk) -> None:
    before = lost(desk)

    imported(desk)

    names = [record.name for record in before.members]
    assert acts(desk) == [pair for name in names for pair in (("intent", name), ("outcome", name))]


def test_killed_before_the_state_is_written_it_is_run_again(desk: Desk) -> None:
    before = lost(desk)

    def killed(point: str) -> None:
        if point == "before-state-write":
            raise Crash(point)

    desk.failpoint = killed
    with pytest.raises(Crash):
        imported(desk)
    desk.failpoint = lambda _: None

    imported(desk)

    assert recorded(desk).members == before.members


def test_asked_to_stop_it_says_how_to_go_on(desk: Desk) -> None:
    lost(desk)
    desk.watch.stop.set()

    with pytest.raises(Interrupted) as stopped:
        imported(desk, command="broker import -fleet=that.yaml")

    assert codes(stopped.value) == ["partly-imported"]
    assert stopped.value.diagnostics[0].hint == "Go on with: broker import -fleet=that.yaml"
    assert desk.states.read() is None


def test_without_an_engine_nothing_is_begun(desk: Desk) -> None:
    lost(desk)
    missing = Diagnostic(code="engine-missing", subject="engine", summary="no engine")
    desk.provisioner.findings = (missing,)

    with pytest.raises(EngineMissing):
        imported(desk)

    assert acts(desk) == []


def test_nothing_is_imported_into_a_fleet_whose_end_has_come(desk: Desk) -> None:
    desk.apply(ttl=Ttl(until=NOW + timedelta(hours=4)))
    (member,) = recorded(desk).members
    with desk.means().locks.held("state rm", who="me@here") as lease:
        desk.states.write(replace(recorded(desk), members=(), desired=None), lease)
    desk.folder.clock = StoppedClock(NOW + timedelta(hours=5))

    with pytest.raises(PlanStale) as refused:
        imported(desk, str(member.name))

    assert codes(refused.value) == ["fleet-expired"]
    assert recorded(desk).members == ()
