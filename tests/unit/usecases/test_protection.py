"""What work forbids to destroy stays, whatever becomes of the file that said so."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.domain.errors import Denied
from broker.domain.spec import FleetSpec
from broker.planning.member_documents import member_of
from broker.spec.load import load
from broker.spec.lower import lower
from tests.fakes.changing import Desk, codes, prices, recorded
from tests.fakes.specs import TINY, TWO

PLAN = Path("fleet.plan")
FIRM = TWO.replace("  - name: tune\n", "  - name: tune\n    destroy: forbidden\n")
ALLOWED = FIRM.replace("destroy: forbidden", "destroy: allowed")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(FIRM)
    made = Desk(fleet)
    made.apply()
    return made


def spec_of(desk: Desk) -> FleetSpec:
    around = desk.surroundings()
    return lower(load(desk.fleet), prices().network.regions, around.accelerators()).spec


def pool_with(desk: Desk, workload: str) -> str:
    """The address of the pool that it is placed on."""
    (found,) = [
        f"pool.{record.name}.{pool.name}"
        for record in recorded(desk).members
        for pool in member_of(record.member).pools
        if workload in pool.workloads
    ]
    return found


def refused(desk: Desk, spec: FleetSpec | None) -> list[str]:
    before = desk.provisioner.names()
    with pytest.raises(Denied) as denied:
        desk.destroy(spec=spec)
    assert desk.provisioner.names() == before
    assert codes(denied.value) == ["cluster-protected"]
    return [diagnostic.subject for diagnostic in denied.value.diagnostics]


def test_the_record_holds_without_the_file(desk: Desk) -> None:
    assert refused(desk, None) == [pool_with(desk, "tune")]


def test_the_record_holds_though_the_file_names_the_work_no_more(desk: Desk) -> None:
    desk.fleet.write_text(TINY)

    assert refused(desk, spec_of(desk)) == [pool_with(desk, "tune")]
    with pytest.raises(Denied) as denied:
        desk.plan()
    assert "It is recorded so" in denied.value.diagnostics[0].hint


@pytest.mark.parametrize("applied", [0, 2])
def test_the_record_holds_though_the_file_says_nothing_of_it_any_more(
    desk: Desk, applied: int
) -> None:
    desk.fleet.write_text(TWO)
    for _ in range(applied):
        assert not desk.apply().proposal.has_changes

    assert refused(desk, spec_of(desk)) == [pool_with(desk, "tune")]
    assert refused(desk, None) == [pool_with(desk, "tune")]
    with pytest.raises(Denied) as denied:
        desk.plan(replace=(pool_with(desk, "tune"),))
    assert "`destroy: allowed` of tune" in denied.value.diagnostics[0].hint


def test_what_was_never_forbidden_is_allowed(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TWO)
    desk = Desk(fleet)
    desk.apply()

    desk.destroy(spec=spec_of(desk))

    assert desk.provisioner.names() == []


def test_the_file_lifts_it_by_saying_so(desk: Desk) -> None:
    desk.fleet.write_text(ALLOWED)

    desk.destroy(spec=spec_of(desk))

    assert desk.provisioner.names() == []


def test_it_is_lifted_for_good_once_that_is_applied(desk: Desk) -> None:
    desk.fleet.write_text(ALLOWED)
    serial, calls = recorded(desk).serial, len(desk.provisioner.calls)

    assert not desk.apply().proposal.has_changes

    assert recorded(desk).serial == serial + 1
    assert "up" not in {call for call, _ in desk.provisioner.calls[calls:]}
    desk.destroy(spec=None)
    assert desk.provisioner.names() == []


def test_it_is_recorded_of_what_is_there_already(desk: Desk) -> None:
    desk.fleet.write_text(TWO)
    desk.apply()
    desk.fleet.write_text(FIRM)

    desk.apply()

    assert refused(desk, None) == [pool_with(desk, "tune")]


@pytest.mark.parametrize("is_previewed", [True, False])
@pytest.mark.parametrize("out", [None, PLAN])
def test_no_plan_makes_it_anew(desk: Desk, out: Path | None, is_previewed: bool) -> None:  # noqa: FBT001
    pool = pool_with(desk, "tune")

    with pytest.raises(Denied) as denied:
        desk.plan(replace=(pool,), out=out, is_previewed=is_previewed)

    (shown,) = desk.planned
    assert [w.code for w in shown.warnings if w.code == "plan-not-previewed"] == []
    assert codes(denied.value) == ["cluster-protected"]
    assert denied.value.diagnostics[0].subject == pool
    assert not desk.plans.saved


def test_a_pool_that_is_not_there_yet_may_be_asked_for_anew(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(FIRM)
    desk = Desk(fleet)
    (cluster,) = desk.plan().document["desired"]["clusters"]

    made = desk.plan(
        replace=tuple(f"pool.{cluster['name']}.{pool['name']}" for pool in cluster["pools"]),
        is_previewed=False,
    )

    assert made.has_changes


@pytest.mark.parametrize("is_saved", [False, True])
def test_no_apply_makes_it_anew_though_nobody_had_previewed_it(desk: Desk, is_saved: bool) -> None:  # noqa: FBT001
    asked: dict[str, Any] = {"replace": (pool_with(desk, "tune"),)}
    if is_saved:
        desk.plan(out=PLAN, is_previewed=False)
        saved = desk.plans.saved[PLAN]
        desk.plans.saved[PLAN] = replace(saved, bindings=replace(saved.bindings, **asked))
        asked = {"plan": PLAN}
    before, calls = recorded(desk), len(desk.provisioner.calls)

    with pytest.raises(Denied) as denied:
        desk.apply(**asked)

    assert codes(denied.value) == ["cluster-protected"]
    assert recorded(desk) == before
    assert {call for call, _ in desk.provisioner.calls[calls:]} == {"preview"}


def test_another_pool_of_the_cluster_may_go(desk: Desk) -> None:
    desk.destroy(target=(pool_with(desk, "chat"),), spec=spec_of(desk))

    assert pool_with(desk, "tune")
    assert len(member_of(recorded(desk).members[0].member).pools) == 1


def test_a_part_that_is_applied_leaves_the_rest_as_it_is_recorded(desk: Desk) -> None:
    before = member_of(recorded(desk).members[0].member)
    rest = pool_with(desk, "tune")
    desk.fleet.write_text(TINY.replace("name: chat", "name: talk"))

    desk.apply(target=(pool_with(desk, "chat"),))

    after = member_of(recorded(desk).members[0].member)
    assert {i.workload for i in before.identities} == {"chat", "tune"}
    assert {i.workload for i in after.identities} == {"talk", "tune"}
    assert before.pools[0] == after.pools[0]
    assert refused(desk, spec_of(desk)) == [rest]
