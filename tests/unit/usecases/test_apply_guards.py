"""What `broker apply` guards: work that forbids it, pods that run, drift that nobody has accepted."""

from fractions import Fraction
from pathlib import Path

import pytest

from broker.domain.errors import Denied, PartlyApplied, PlanStale, Unavailable
from broker.domain.members import Member
from broker.planning.desired import fleet_of_desired
from broker.ports.state import MemberRecord
from broker.ports.work import nobody_can_tell
from broker.usecases.drift import accept_drift, drift
from tests.fakes.changing import Desk, a_pool, codes, recorded, startup_desk
from tests.fakes.provisioner import Crash
from tests.fakes.specs import TINY, TWO

PLAN = Path("fleet.plan")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return startup_desk(tmp_path)


def smaller(desk: Desk) -> None:
    """Let the spec want nothing but the last of its workloads."""
    text = desk.fleet.read_text()
    first = text.index("  - name: api")
    last = text.index("  - name: finetune")
    desk.fleet.write_text(text[:first] + text[last:])


def test_an_apply_takes_no_pool_away_on_which_pods_run_unless_drained(desk: Desk) -> None:
    desk.apply()
    pools = {p.name for p in fleet_of_desired(recorded(desk).desired or {}, "USD").pools}
    smaller(desk)

    def busy(*_: object) -> dict[str, int]:
        return dict.fromkeys(pools, 2)

    with pytest.raises(Denied) as refused:
        desk.apply(work=busy)

    assert set(codes(refused.value)) == {"pool-in-use"}
    assert desk.apply(work=busy, drained=True).outcome.is_complete


def test_a_pool_is_still_asked_about_that_a_failed_apply_was_to_take_away(desk: Desk) -> None:
    desk.fleet.write_text(TWO)
    desk.apply()
    known = {p.name for p in fleet_of_desired(recorded(desk).desired or {}, "USD").pools}
    desk.fleet.write_text(TINY.replace("cpu: 4", "cpu: 20"))
    (new,) = fleet_of_desired(desk.plan().document["desired"], "USD").pools
    desk.provisioner.refuse(new.name, "InsufficientInstanceCapacity")
    with pytest.raises(PartlyApplied):
        desk.apply(tolerance=Fraction(-1, 2), refresh=False)
    desk.provisioner.refuse(new.name, "")

    def busy(member: Member, _: MemberRecord) -> dict[str, int]:
        return {pool.name: 1 for pool in member.pools}

    with pytest.raises(Denied) as refused:
        desk.apply(work=busy, forgets=True)

    asked = {d.subject.rpartition(".")[2] for d in refused.value.diagnostics}
    assert asked == known
    assert known <= set(desk.provisioner.names())


def test_no_pool_is_made_anew_on_which_pods_run_unless_drained(desk: Desk) -> None:
    desk.apply()
    cluster, pool = a_pool(desk)
    address = f"pool.{cluster}.{pool}"

    def busy(*_: object) -> dict[str, int]:
        return {pool: 2}

    with pytest.raises(Denied) as refused:
        desk.apply(work=busy, replace=(address,))

    assert [d.subject for d in refused.value.diagnostics] == [address]
    assert desk.apply(work=busy, replace=(address,), drained=True).outcome.is_complete


def test_nothing_goes_where_nobody_can_tell_what_runs(desk: Desk) -> None:
    desk.apply()
    before = recorded(desk)
    smaller(desk)

    with pytest.raises(Unavailable) as refused:
        desk.apply(work=nobody_can_tell)
    assert set(codes(refused.value)) == {"work-unknown"}
    with pytest.raises(Unavailable):
        desk.destroy(work=nobody_can_tell)

    assert recorded(desk).members == before.members
    desk.destroy(work=nobody_can_tell, drained=True)
    assert recorded(desk).members == ()


def test_no_plan_takes_away_what_work_forbids_to_destroy(desk: Desk) -> None:
    text = desk.fleet.read_text()
    desk.fleet.write_text(
        text.replace("  - name: finetune\n", "  - name: finetune\n    destroy: forbidden\n")
    )
    desk.apply()
    cluster, _ = a_pool(desk)
    moved = desk.fleet.read_text().replace("A100", "H100")

    desk.fleet.write_text(moved)

    with pytest.raises(Denied) as refused:
        desk.plan()
    assert set(codes(refused.value)) == {"cluster-protected"}
    assert cluster


def test_a_plan_that_was_cut_short_does_not_go_on_after_a_destroy(desk: Desk) -> None:
    desk.plan(out=PLAN)
    _, pool = a_pool(desk)
    desk.provisioner.crashes.add(pool)
    with pytest.raises(Crash):
        desk.apply(plan=PLAN)
    desk.provisioner.crashes.clear()
    desk.destroy()

    with pytest.raises(PlanStale):
        desk.apply(plan=PLAN)


def test_an_apply_that_is_called_off_hides_no_drift(desk: Desk) -> None:
    desk.apply()
    _, pool = a_pool(desk)
    desk.provisioner.lose(pool)
    desk.answer = False
    assert desk.apply().cancelled

    found = drift(desk.means())

    assert [one.step.name for one in found.drifted.shown] == [pool]
    desk.answer = True
    desk.apply()
    assert drift(desk.means()).drifted.shown == ()


def test_drift_that_was_accepted_is_drift_no_more(desk: Desk) -> None:
    desk.apply()
    _, pool = a_pool(desk)
    desk.provisioner.lose(pool)

    assert accept_drift(desk.means(), lambda _: True)

    assert drift(desk.means()).drifted.shown == ()
    assert desk.plan().has_changes
