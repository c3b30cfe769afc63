"""`moved`, `removed` and `import` in a fleet.yaml: what plan shows of them, and what apply does."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from broker import bootstrap
from broker.cli.render.applied import render_applied
from broker.cli.render.plan import Page, render_plan
from broker.cli.render.proposal import question_about
from broker.cli.render.style import Style
from broker.domain.errors import Denied, NotOurs, UsageInvalid
from broker.planning.records import recorded_fleet_of, records
from broker.spec.load import load
from broker.spec.lower import lower
from tests.fakes.changing import NOW, Desk, codes, prices, recorded
from tests.fakes.provisioner import Crash
from tests.fakes.specs import TINY, TWO

PLAN = Path("fleet.plan")
MOVED = "moved: [{from: workload.chat, to: workload.talk}]\n"
BURST = TWO.replace("runs: always", "runs: {hours: 24}")


def desk_of(text: str, folder: Path) -> Desk:
    fleet = folder / "fleet.yaml"
    fleet.write_text(text)
    return Desk(fleet)


def changes(document: dict[str, Any]) -> list[str]:
    """The addresses of what is changed."""
    return [
        change["address"]
        for change in document["resource_changes"]
        if change["change"]["actions"] != ["no-op"]
    ]


def shown(document: dict[str, Any]) -> str:
    return render_plan(document, Page(now=NOW, style=Style(), width=10_000))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = desk_of(TWO, tmp_path)
    made.apply()
    return made


def rename(desk: Desk, *, block: bool = True) -> None:
    text = desk.fleet.read_text().replace("name: chat", "name: talk")
    desk.fleet.write_text(text + (MOVED if block else ""))


def test_without_a_block_what_is_called_otherwise_is_made_anew(desk: Desk) -> None:
    rename(desk, block=False)

    assert {"workload.chat", "workload.talk"} <= set(changes(desk.plan().document))


def test_what_was_renamed_has_moved_and_nothing_is_changed(desk: Desk) -> None:
    rename(desk)

    planned = desk.plan()

    assert planned.has_changes
    assert changes(planned.document) == []
    (moved,) = [c for c in planned.document["resource_changes"] if c["address"] == "workload.talk"]
    assert moved["previous_address"] == "workload.chat"
    assert "  workload.chat has moved to workload.talk" in shown(planned.document)
    assert "Plan: 0 to add, 0 to change, 0 to replace, 0 to destroy." in shown(planned.document)


@pytest.mark.parametrize("is_saved", [True, False])
def test_apply_records_the_name_of_now(desk: Desk, *, is_saved: bool) -> None:
    rename(desk)
    before = desk.provisioner.names()
    if is_saved:
        desk.plan(out=PLAN)
    desk.apply(plan=PLAN if is_saved else None)

    assert "workload.talk" in records(recorded(desk))
    assert "workload.chat" not in records(recorded(desk))
    assert desk.provisioner.names() == before
    assert not desk.plan().has_changes


def test_a_block_whose_work_is_done_changes_nothing_and_says_so(desk: Desk) -> None:
    rename(desk)
    desk.apply()

    planned = desk.plan()

    assert not planned.has_changes
    assert "workload.chat moved before, and needs its block no more" in shown(planned.document)
    assert "No changes." in shown(planned.document)


def test_a_pool_that_bears_the_name_of_its_work_keeps_it(tmp_path: Path) -> None:
    desk = desk_of(BURST, tmp_path)
    desk.apply()
    pools = [address for address in records(recorded(desk)) if address.startswith("pool.")]
    text = BURST.replace("name: tune", "name: learn")
    desk.fleet.write_text(text + "moved: [{from: workload.tune, to: workload.learn}]\n")

    planned = desk.plan()
    desk.apply()
    desk.fleet.write_text(text)
    after = desk.plan()

    assert any("tune" in pool for pool in pools)
    assert changes(planned.document) == []
    assert [a for a in records(recorded(desk)) if a.startswith("pool.")] == pools
    assert not after.has_changes


def test_renames_go_on_from_one_to_the_next(desk: Desk) -> None:
    text = TWO.replace("name: chat", "name: speak")
    blocks = "moved:\n- {from: workload.chat, to: workload.talk}\n- {from: workload.talk, to: workload.speak}\n"
    desk.fleet.write_text(text + blocks)

    assert changes(desk.plan().document) == []


def test_what_is_recorded_under_both_names_is_told(desk: Desk) -> None:
    rename(desk, block=False)
    both = TWO + TWO[TWO.index("  - name: chat") : TWO.index("  - name: tune")].replace(
        "chat", "talk"
    )
    desk.fleet.write_text(both)
    desk.apply()
    desk.fleet.write_text(TWO.replace("name: chat", "name: talk") + MOVED)

    planned = desk.plan()

    assert "moved-taken" in {warning.code for warning in planned.warnings}
    assert "workload.chat" in changes(planned.document)


def test_work_that_forbids_to_destroy_it_forbids_it_under_its_new_name(tmp_path: Path) -> None:
    firm = TWO.replace("  - name: tune\n", "  - name: tune\n    destroy: forbidden\n")
    desk = desk_of(firm, tmp_path)
    desk.apply()
    text = TINY.replace("name: chat", "name: talk") + MOVED
    desk.fleet.write_text(text)

    with pytest.raises(Denied) as denied:
        desk.plan()

    assert codes(denied.value) == ["cluster-protected"]


def somewhere_else(desk: Desk) -> str:
    """Let the work be elsewhere, and its cluster be managed no more; its name."""
    (member,) = recorded(desk).members
    provider = str(member.name).partition("-")[0]
    other = {"gcp": "aws: {regions: [us-east-1]}", "aws": "gcp: {regions: [us-central1]}"}
    desk.fleet.write_text(
        TINY.replace("gcp: {regions: [us-central1]}", other[provider])
        + f"removed: [{{from: cluster.{member.name}, destroy: false}}]\n"
    )
    return str(member.name)


def test_a_cluster_that_is_managed_no_more_stays_in_its_cloud(tmp_path: Path) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    name = somewhere_else(desk)
    before = set(desk.provisioner.names())

    planned = desk.plan()
    applied = desk.apply()

    told = shown(planned.document)
    assert f"cluster.{name} will no longer be managed: it stays, and goes on costing $" in told
    assert f"cluster.{name}" not in changes(planned.document)
    assert "will no longer be managed" in question_about(applied.proposal)
    assert "it costs $0.00 now" not in question_about(applied.proposal)
    assert applied.outcome.forgotten == (name,)
    assert name not in {record.name for record in recorded(desk).members}
    assert before <= set(desk.provisioner.names())
    assert ("down", name) not in desk.provisioner.calls
    assert not desk.plan().has_changes


def test_a_saved_plan_forgets_it_too(tmp_path: Path) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    name = somewhere_else(desk)
    desk.plan(out=PLAN)
    desk.apply(plan=PLAN)

    assert name not in {record.name for record in recorded(desk).members}
    assert ("down", name) not in desk.provisioner.calls


def guarded(desk: Desk, most: str) -> None:
    """Let the fleet be checked: its cost must not grow by more than that."""
    check = f"{{name: rise, what: cost-increase-share, at-most: {most}, level: mandatory}}"
    desk.fleet.write_text(f"{desk.fleet.read_text()}checks: [{check}]\n")


def test_what_is_to_be_forgotten_is_what_the_cost_grows_from(tmp_path: Path) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    before = Fraction(desk.plan().document["cost"]["monthly"])
    somewhere_else(desk)
    after = Fraction(desk.plan().document["cost"]["monthly"])
    text = desk.fleet.read_text()

    guarded(desk, "1000%")
    (check,) = desk.plan(out=PLAN).document["checks"]
    desk.fleet.write_text(text.replace("    cpu:", "    replicas: 9\n    cpu:"))
    guarded(desk, "10%")
    with pytest.raises(Denied) as planned:
        desk.plan()
    with pytest.raises(Denied) as applied:
        desk.apply()

    assert Fraction(check["value"]) == pytest.approx((after - before) / before, abs=1e-5)
    assert codes(planned.value) == codes(applied.value) == ["check-failed"]


def test_a_saved_plan_is_held_to_what_its_cost_grows_from(tmp_path: Path) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    somewhere_else(desk)
    desk.fleet.write_text(desk.fleet.read_text().replace("    cpu:", "    replicas: 9\n    cpu:"))
    guarded(desk, "1000000%")
    desk.plan(out=PLAN)
    (check,) = desk.plans.saved[PLAN].document["checks"]
    check["bound"] = "0.1"

    with pytest.raises(Denied) as denied:
        desk.apply(plan=PLAN)

    assert codes(denied.value) == ["check-failed"]


def test_pods_on_what_is_managed_no_more_are_no_reason_to_refuse(tmp_path: Path) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    somewhere_else(desk)

    desk.apply(work=lambda member, _: {member.pools[0].name: 3})

    assert len(recorded(desk).members) == 1


def test_a_cloud_that_does_not_answer_keeps_nothing_from_being_forgotten(tmp_path: Path) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    name = somewhere_else(desk)
    desk.provisioner.unreachable.add(name)

    applied = desk.apply()

    assert applied.outcome.forgotten == (name,)


def test_what_fails_elsewhere_forgets_nothing(tmp_path: Path) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    name = somewhere_else(desk)
    desk.provisioner.refuse("cluster", "no")

    with pytest.raises(Exception, match="was not made"):
        desk.apply()
    assert name in {record.name for record in recorded(desk).members}

    desk.provisioner.refuse("cluster", "")
    desk.apply()
    assert name not in {record.name for record in recorded(desk).members}


@pytest.mark.parametrize("is_saved", [True, False])
@pytest.mark.parametrize("option", ["target", "exclude"])
def test_a_part_takes_nothing_away_that_is_to_be_forgotten(
    tmp_path: Path, option: str, *, is_saved: bool
) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    name = somewhere_else(desk)
    others = [a for a in changes(desk.plan().document) if a.startswith("cluster.")]
    asked = {option: (f"cluster.{name}",) if option == "target" else tuple(others)}
    before = recorded(desk).members

    if is_saved:
        desk.plan(out=PLAN, is_previewed=False, **asked)
        desk.apply(plan=PLAN)
    else:
        warnings = desk.apply(**asked).proposal.warnings
        assert f"cluster.{name}" in next(w for w in warnings if w.code == "plan-targeted").detail

    assert ("down", name) not in desk.provisioner.calls
    assert recorded(desk).members == before


def test_a_part_says_nothing_of_what_was_forgotten_before(tmp_path: Path) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    name = somewhere_else(desk)
    desk.apply()
    (member,) = recorded(desk).members

    warnings = desk.plan(target=(f"cluster.{member.name}",)).warnings

    assert name not in next(w for w in warnings if w.code == "plan-targeted").detail


@pytest.mark.parametrize("is_saved", [True, False])
def test_what_is_to_be_forgotten_is_of_the_fleet_until_it_is(
    tmp_path: Path, *, is_saved: bool
) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    name = somewhere_else(desk)
    if is_saved:
        desk.plan(out=PLAN)

    def dies(_: str) -> None:
        if len(recorded(desk).members) > 1 and not recorded(desk).members[0].is_tainted:
            raise Crash

    desk.failpoint = dies
    with pytest.raises(Crash):
        desk.apply(plan=PLAN if is_saved else None)

    state = recorded(desk)
    assert {record.name for record in state.members} == {
        cluster.name for cluster in recorded_fleet_of(state).clusters
    }
    assert f"cluster.{name}" in records(state)


def test_what_is_to_be_forgotten_is_not_destroyed(tmp_path: Path) -> None:
    desk = desk_of(TINY, tmp_path)
    desk.apply()
    name = somewhere_else(desk)
    regions, known = prices().network.regions, bootstrap.accelerators()
    spec = lower(load(desk.fleet), regions, known).spec

    with pytest.raises(Denied) as denied:
        desk.destroy(spec=spec)

    assert codes(denied.value) == ["removed-not-forgotten"]
    assert denied.value.diagnostics[0].subject == f"cluster.{name}"
    assert ("down", name) not in desk.provisioner.calls
    desk.apply()
    assert len(desk.destroy(spec=spec).outcome.removed) == 1
    assert ("down", name) not in desk.provisioner.calls


def test_what_the_plan_still_wants_can_not_be_forgotten(desk: Desk) -> None:
    (member,) = recorded(desk).members
    text = desk.fleet.read_text()
    desk.fleet.write_text(f"{text}removed: [{{from: cluster.{member.name}, destroy: false}}]\n")

    with pytest.raises(UsageInvalid) as wrong:
        desk.plan()

    assert codes(wrong.value) == ["removed-still-planned"]
    assert wrong.value.diagnostics[0].where is not None


IMPORT = "import: [{to: cluster.gcp-us-central1}]\n"


def lost(desk: Desk) -> None:
    """Let state and records be lost, and the fleet say that it is there."""
    desk.folder.states.clear()
    desk.provisioner.forget()
    desk.fleet.write_text(desk.fleet.read_text() + IMPORT)


def test_what_is_there_already_is_recorded_and_not_made(desk: Desk) -> None:
    before = desk.provisioner.names()
    lost(desk)

    planned = desk.plan()
    applied = desk.apply()

    assert "import-pending" in {warning.code for warning in planned.warnings}
    assert "will be looked for in its cloud" in shown(planned.document)
    assert not applied.proposal.has_changes or applied.outcome.made
    assert desk.provisioner.names() == before
    assert [str(record.name) for record in recorded(desk).members] == ["gcp-us-central1"]
    assert not desk.plan().has_changes
    assert "blocks" not in desk.plan().document


def test_who_declines_after_an_import_hears_that_it_is_recorded(desk: Desk) -> None:
    pool = next(address for address in records(recorded(desk)) if address.startswith("pool."))
    lost(desk)
    desk.answer = False

    applied = desk.apply(replace=(pool,))

    assert applied.cancelled
    assert [str(record.name) for record in recorded(desk).members] == ["gcp-us-central1"]
    told = render_applied(applied, Style())
    assert told.startswith(
        "Apply cancelled: no cloud was changed. cluster.gcp-us-central1 was found"
    )
    again = desk.apply(replace=(pool,))
    assert render_applied(again, Style()) == "Apply cancelled: nothing was changed.\n"


def test_what_nobody_has_looked_for_is_in_no_saved_plan(desk: Desk) -> None:
    lost(desk)

    with pytest.raises(UsageInvalid) as wrong:
        desk.plan(out=PLAN)

    assert codes(wrong.value) == ["import-pending"]
    assert desk.plans.saved == {}


def test_what_is_not_there_is_not_made_in_its_place(tmp_path: Path) -> None:
    desk = desk_of(TINY + IMPORT, tmp_path)

    with pytest.raises(UsageInvalid) as wrong:
        desk.apply()

    assert codes(wrong.value) == ["import-nothing-found"]
    assert desk.provisioner.names() == []


def test_what_is_another_s_is_left_alone(desk: Desk) -> None:
    lost(desk)
    desk.provisioner.mark("cluster", "somebody")

    with pytest.raises(NotOurs):
        desk.apply()


def test_a_part_makes_nothing_again_that_is_to_be_imported(desk: Desk) -> None:
    before = desk.provisioner.names()
    lost(desk)

    desk.apply(target=("cluster.gcp-us-central1",))

    assert desk.provisioner.names() == before


def test_what_is_not_planned_is_not_looked_for(desk: Desk) -> None:
    desk.fleet.write_text(TWO + "import: [{to: cluster.aws-us-east-1}]\n")

    with pytest.raises(UsageInvalid) as wrong:
        desk.plan()

    assert codes(wrong.value) == ["import-not-planned"]
