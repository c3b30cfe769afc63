"""A saved plan that starts from another record is refused, and nothing is left behind of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PartlyApplied, PlanStale
from broker.domain.members import Member, StackState
from broker.planning.member_documents import member_of
from broker.ports.provisioning import Failpoint, Watch, no_failpoint
from broker.ports.state import State
from tests.conftest import ROOT
from tests.fakes.changing import Desk, codes, recorded
from tests.fakes.provisioner import UNWATCHED, FakeProvisioner
from tests.fakes.specs import TINY, TWO

PLAN = Path("fleet.plan")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TINY)
    made = Desk(fleet)
    made.apply()
    made.fleet.write_text(TWO)
    return made


def called_off(desk: Desk) -> None:
    """Let an apply read from the cloud that a pool is gone, and do nothing about it."""
    pool = next(name for name in desk.provisioner.names() if name not in {"cluster", "network"})
    desk.provisioner.lose(pool)
    desk.answer = False
    assert desk.apply().cancelled


def without_serial(state: State) -> tuple[object, ...]:
    return (state.members, state.desired, state.under_way, state.applied)


class Damaged(FakeProvisioner):
    """Once it is, it has copies of its records alone, which are older, and says so."""

    is_damaged = False

    def state(self, member: Member, *, watch: Watch = UNWATCHED) -> StackState:
        found = super().state(member)
        if not self.is_damaged:
            return found
        watch.warned([Diagnostic(code="copy", subject=member.name, summary="read from a copy")])
        return replace(found, checkpoint="before")


def test_a_plan_that_is_stale_since_a_record_is_damaged_comes_with_the_warning(
    tmp_path: Path,
) -> None:
    provisioner = Damaged()
    desk = Desk(tmp_path / "fleet.yaml", provisioner)
    desk.fleet.write_text(TINY)
    desk.apply()
    desk.fleet.write_text(TWO)
    desk.plan(out=PLAN)
    told: list[Diagnostic] = []
    desk.watch = Watch(warned=told.extend)
    provisioner.is_damaged = True

    with pytest.raises(PlanStale):
        desk.apply(plan=PLAN)

    assert [each.code for each in told] == ["copy"]


def test_an_apply_that_was_called_off_makes_a_saved_plan_stale_before_anything_begins(
    desk: Desk,
) -> None:
    desk.plan(out=PLAN)
    called_off(desk)
    before, calls = recorded(desk), len(desk.provisioner.calls)

    with pytest.raises(PlanStale) as refused:
        desk.apply(plan=PLAN)

    assert codes(refused.value) == ["plan-stale"]
    assert refused.value.diagnostics[0].hint == "Plan again."
    assert recorded(desk) == before
    assert "up" not in {call for call, _ in desk.provisioner.calls[calls:]}


def test_what_moves_meanwhile_is_stale_and_leaves_nothing_tainted_or_under_way(desk: Desk) -> None:
    desk.plan(out=PLAN)
    before = recorded(desk)
    desk.failpoint = moved_once_it_is_begun(desk)

    with pytest.raises(PlanStale) as refused:
        desk.apply(plan=PLAN)

    assert codes(refused.value) == ["plan-stale"]
    assert without_serial(recorded(desk)) == without_serial(before)
    desk.failpoint = no_failpoint
    desk.plan(out=PLAN)
    assert desk.apply(plan=PLAN).outcome.is_complete


def test_a_part_that_is_stale_asks_for_another_plan_and_not_for_the_same(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text((ROOT / "examples" / "platform" / "fleet.yaml").read_text())
    desk = Desk(fleet, provisioner=Moving())
    desk.plan(out=PLAN)
    *others, moved = [member["name"] for member in desk.plans.load(PLAN).document["members"]]
    desk.provisioner.unreachable.add(moved)

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(plan=PLAN)

    assert codes(partly.value) == ["plan-stale", "partly-applied"]
    assert partly.value.diagnostics[-1].hint == "Plan again, and apply that."
    assert [(r.name, r.is_tainted) for r in recorded(desk).members] == [(n, False) for n in others]


class Moving(FakeProvisioner):
    """Those that are `unreachable` are, when they are to be changed, not as they were approved."""

    def up(self, member: Member, **asked: Any) -> StackState:
        if member.name in self.unreachable:
            what = Diagnostic(code="plan-stale", subject=member.name, summary="it has moved")
            raise PlanStale(what)
        return super().up(member, **asked)


def moved_once_it_is_begun(desk: Desk) -> Failpoint:
    """Let the record become another one after everything was checked, and before the engine is called."""

    def act(name: str) -> None:
        if name == "after-intent":
            (record,) = recorded(desk).members
            desk.provisioner.lose("network")
            desk.provisioner.refresh(member_of(record.member))

    return act
