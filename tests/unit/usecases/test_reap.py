"""Fleets that end: what is recorded of it, and what `broker reap` takes away, and never does."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from broker import bootstrap
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import (
    BrokerError,
    Denied,
    EngineFailed,
    Locked,
    PartlyApplied,
    PlanStale,
    StateInvalid,
)
from broker.planning.lifetime import Ttl, lifetime_in
from broker.planning.member_documents import member_of
from broker.ports.state import StateStore
from broker.spec.load import parse
from broker.spec.lower import lower
from broker.storage.clock import StoppedClock
from broker.usecases.destroy import Destroyed
from broker.usecases.operation import operation
from broker.usecases.reap import ReapRequest, check_reaped, reap, survey
from tests.fakes.changing import NOW, Desk, codes, prices, recorded, startup_desk
from tests.fakes.provisioner import Crash
from tests.fakes.specs import TWO

HOUR = timedelta(hours=1)
IN_FOUR = Ttl(until=NOW + 4 * HOUR)
PLAN = Path("fleet.plan")
SAID = Diagnostic(code="engine-failed", subject="state", summary="it is broken")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return startup_desk(tmp_path)


def at(desk: Desk, instant: datetime) -> None:
    desk.folder.clock = StoppedClock(instant)


def reaped(desk: Desk, request: ReapRequest | None = None) -> Destroyed | None:
    return reap(request or ReapRequest(), desk.means())


def ends(desk: Desk) -> set[datetime | None]:
    """What is recorded, of the fleet and of each cluster."""
    state = recorded(desk)
    return {state.expires_at, *(member_of(r.member).expires_at for r in state.members)}


def test_the_end_is_recorded_with_what_is_made(desk: Desk) -> None:
    applied = desk.apply(ttl=IN_FOUR)

    assert ends(desk) == {IN_FOUR.until}
    assert recorded(desk).expiry_stated_at == NOW
    assert lifetime_in(applied.proposal.document).after == IN_FOUR.until
    assert not desk.plan().has_changes


def test_an_apply_that_says_nothing_of_it_keeps_it(desk: Desk) -> None:
    desk.apply(ttl=IN_FOUR)
    desk.apply(replace=(), refresh=False)

    assert ends(desk) == {IN_FOUR.until}


@pytest.mark.parametrize("until", [NOW + 9 * HOUR, NOW + HOUR, None])
def test_another_end_is_a_change_by_itself(desk: Desk, until: datetime | None) -> None:
    desk.apply(ttl=IN_FOUR)

    planned = desk.plan(ttl=Ttl(until=until))
    desk.apply(ttl=Ttl(until=until))

    assert planned.has_changes
    assert lifetime_in(planned.document).before == IN_FOUR.until
    assert ends(desk) == {until}
    assert desk.provisioner.names().count("cluster") == 1


def test_a_saved_plan_binds_the_end(desk: Desk) -> None:
    desk.plan(out=PLAN, ttl=IN_FOUR)
    desk.apply(plan=PLAN)

    assert ends(desk) == {IN_FOUR.until}


def test_a_saved_plan_of_a_fleet_that_would_be_over_is_refused(desk: Desk) -> None:
    desk.plan(out=PLAN, ttl=IN_FOUR)
    at(desk, NOW + 5 * HOUR)

    with pytest.raises(PlanStale) as stale:
        desk.apply(plan=PLAN)

    assert codes(stale.value) == ["fleet-expired"]
    assert desk.provisioner.names() == []


def test_nothing_is_made_of_a_fleet_whose_end_has_come(desk: Desk) -> None:
    desk.apply(ttl=IN_FOUR)
    at(desk, NOW + 4 * HOUR)

    with pytest.raises(PlanStale) as stale:
        desk.apply()

    assert codes(stale.value) == ["fleet-expired"]
    assert "fleet-expired" in {warning.code for warning in desk.plan().warnings}
    desk.apply(ttl=Ttl(until=NOW + 9 * HOUR))
    assert ends(desk) == {NOW + 9 * HOUR}


def test_what_has_run_out_goes_and_its_end_with_it(desk: Desk) -> None:
    desk.apply(ttl=IN_FOUR)
    at(desk, NOW + 4 * HOUR)

    done = reaped(desk)

    assert done is not None
    assert done.outcome.removed
    assert desk.provisioner.names() == []
    assert recorded(desk).members == ()
    assert ends(desk) == {None}
    assert ("reap", "intent") not in desk.journal.said()
    assert ("destroy", "outcome") in desk.journal.said()


@pytest.mark.parametrize("ttl", [None, Ttl(until=None), Ttl(until=NOW + 5 * HOUR)])
def test_what_lasts_or_has_not_run_out_is_never_touched(desk: Desk, ttl: Ttl | None) -> None:
    desk.apply(ttl=ttl)
    before, serial = desk.provisioner.names(), recorded(desk).serial
    at(desk, NOW + 4 * HOUR)

    assert reaped(desk) is None
    assert desk.provisioner.names() == before
    assert recorded(desk).serial == serial


def test_a_grace_leaves_what_has_just_run_out(desk: Desk) -> None:
    desk.apply(ttl=IN_FOUR)
    at(desk, NOW + 5 * HOUR)

    assert reaped(desk, ReapRequest(grace=2 * HOUR)) is None
    assert reaped(desk, ReapRequest(grace=HOUR)) is not None


def test_what_was_half_made_when_its_maker_died_goes_too(desk: Desk) -> None:
    desk.provisioner.crashes.add("cluster")
    with pytest.raises(Crash):
        desk.apply(ttl=IN_FOUR)
    desk.folder.lease = None
    at(desk, NOW + 4 * HOUR)
    assert desk.provisioner.names() != []

    done = reaped(desk)

    assert done is not None
    assert desk.provisioner.names() == []
    assert recorded(desk).members == ()
    assert recorded(desk).under_way is None


def test_what_was_half_made_of_a_fleet_that_lasts_stays(desk: Desk) -> None:
    desk.provisioner.crashes.add("cluster")
    with pytest.raises(Crash):
        desk.apply()
    desk.folder.lease = None
    at(desk, NOW + 400 * HOUR)

    assert reaped(desk) is None
    assert desk.provisioner.names() != []


def test_a_reap_that_was_cut_short_goes_on_with_the_next(desk: Desk) -> None:
    desk.apply(ttl=IN_FOUR)
    at(desk, NOW + 4 * HOUR)
    (name, *_) = [record.name for record in recorded(desk).members]
    desk.provisioner.unreachable.add(name)
    with pytest.raises(BrokerError):
        reaped(desk)
    assert IN_FOUR.until in ends(desk)
    desk.provisioner.unreachable.clear()

    assert reaped(desk) is not None
    assert desk.provisioner.names() == []


def test_work_that_forbids_it_is_kept_from_reaping_too(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TWO.replace("  - name: tune\n", "  - name: tune\n    destroy: forbidden\n"))
    desk = Desk(fleet)
    desk.apply(ttl=IN_FOUR)
    at(desk, NOW + 4 * HOUR)
    before = desk.provisioner.names()

    (found,) = survey(["ci"], lambda _: desk.states, ReapRequest(), NOW + 4 * HOUR).overdue
    with pytest.raises(Denied) as denied:
        reaped(desk)

    assert [finding.code for finding in found.forbidden] == ["cluster-protected"]
    assert codes(denied.value) == ["cluster-protected"]
    assert desk.provisioner.names() == before


def test_a_spec_of_another_fleet_takes_no_recorded_protection_off(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TWO.replace("  - name: tune\n", "  - name: tune\n    destroy: forbidden\n"))
    desk = Desk(fleet)
    desk.apply(ttl=IN_FOUR)
    at(desk, NOW + 4 * HOUR)
    before = desk.provisioner.names()
    regions = prices().network.regions
    allowed = TWO.replace("  - name: tune\n", "  - name: tune\n    destroy: allowed\n")
    other = lower(parse(allowed, "fleet.yaml"), regions, bootstrap.accelerators()).spec
    request = ReapRequest(spec=other)

    (found,) = survey(["ci"], lambda _: desk.states, request, NOW + 4 * HOUR).overdue
    with pytest.raises(Denied) as denied:
        reaped(desk, request)

    assert [finding.code for finding in found.forbidden] == ["cluster-protected"]
    assert codes(denied.value) == ["cluster-protected"]
    assert desk.provisioner.names() == before


def test_pods_that_still_run_are_no_reason_to_keep_a_fleet_that_was_to_end(desk: Desk) -> None:
    desk.apply(ttl=IN_FOUR)
    at(desk, NOW + 4 * HOUR)

    done = reap(ReapRequest(), desk.means(), work=lambda member, _: {member.pools[0].name: 3})

    assert done is not None
    assert desk.provisioner.names() == []


def test_a_clock_that_is_behind_the_one_that_stated_the_end_is_told(desk: Desk) -> None:
    desk.apply(ttl=IN_FOUR)
    at(desk, NOW - HOUR)

    with pytest.raises(StateInvalid) as behind:
        reaped(desk)

    assert codes(behind.value) == ["clock-behind"]


def test_a_lock_that_somebody_holds_is_respected(desk: Desk) -> None:
    desk.apply(ttl=IN_FOUR)
    at(desk, NOW + 4 * HOUR)
    desk.folder.give("apply", "ann@desk")

    with pytest.raises(Locked):
        reaped(desk)


def test_an_end_that_was_put_off_meanwhile_is_respected(desk: Desk) -> None:
    desk.apply(ttl=IN_FOUR)
    at(desk, NOW + 4 * HOUR)
    assert survey(["ci"], lambda _: desk.states, ReapRequest(), NOW + 4 * HOUR).overdue
    desk.apply(ttl=Ttl(until=NOW + 9 * HOUR))

    assert reaped(desk) is None


def test_each_workspace_is_looked_into_whatever_is_wrong_with_another(tmp_path: Path) -> None:
    desks = {}
    for name in ("default", "ended", "lasting"):
        (tmp_path / name).mkdir()
        desks[name] = startup_desk(tmp_path / name)
        desks[name].apply(ttl=IN_FOUR if name == "ended" else None)

    def store_of(name: str) -> StateStore:
        if name == "broken":
            raise EngineFailed(SAID)
        return desks[name].states

    found = survey([*desks, "broken"], store_of, ReapRequest(), NOW + 5 * HOUR)

    assert [one.workspace for one in found.overdue] == ["ended"]
    assert list(found.unknown) == ["broken"]
    assert found.overdue[0].monthly is not None
    assert found.workspaces == ("default", "ended", "lasting", "broken")


def test_what_is_half_made_has_a_cost_that_nobody_knows(desk: Desk) -> None:
    desk.provisioner.crashes.add("cluster")
    with pytest.raises(Crash):
        desk.apply(ttl=IN_FOUR)

    (one,) = survey(["ci"], lambda _: desk.states, ReapRequest(), NOW + 5 * HOUR).overdue

    assert one.monthly is None
    assert one.clusters


def test_what_is_left_is_told_with_the_command_that_goes_on() -> None:
    check_reaped(["a"], {}, [], "broker reap")
    with pytest.raises(PartlyApplied) as partly:
        check_reaped(["a"], {"b": EngineFailed(SAID)}, ["c"], "broker reap -auto-approve")

    ending = partly.value.diagnostics[-1]
    assert codes(partly.value) == ["engine-failed", "partly-reaped"]
    assert ending.detail == "a: reaped\nb: failed\nc: not begun"
    assert "broker reap -auto-approve" in ending.hint


def test_an_end_that_was_not_begun_is_taken_back_with_the_rest(desk: Desk) -> None:
    desk.apply(ttl=IN_FOUR)
    before = recorded(desk)
    means = desk.means()

    with operation("apply", means) as op:
        op.begin("sha256:1", fleet="other", currency="USD", expires_at=NOW + 9 * HOUR)
        assert op.state.expires_at == NOW + 9 * HOUR
        op.take_back(before)

    assert recorded(desk).expires_at == IN_FOUR.until
    assert recorded(desk).expiry_stated_at == before.expiry_stated_at
