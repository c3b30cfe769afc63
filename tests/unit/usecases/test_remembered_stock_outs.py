"""What was out of stock is left aside for a while, and told; what an apply has begun is not left for nothing."""

import json
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from broker.cli.render.explain import render_explanation
from broker.cli.render.explain_document import explanation_document
from broker.cli.render.plan import Page, render_plan
from broker.cli.render.style import Style
from broker.domain.canonical import digest
from broker.domain.errors import PartlyApplied, StateInvalid, UsageInvalid
from broker.domain.stock_outs import Shortage, StockOut, believed, with_newer
from broker.planning.desired import fleet_of_desired
from broker.planning.state_document import state_document, state_of_text, state_text
from broker.ports.state import first_state
from broker.storage.clock import StoppedClock
from broker.usecases import fallback
from broker.usecases.decision import Wanted, decide
from broker.usecases.explain import Explained, ExplainRequest, explain_workload
from broker.usecases.recorded import recorded_state
from tests.fakes.changing import (
    NOW,
    Desk,
    assert_made_once,
    name_of_pool,
    prices,
    recorded,
)
from tests.fakes.problems import offer, sold_out
from tests.fakes.specs import TINY

PLAN = Path("fleet.plan")
ANYTHING = Fraction(100)
STOCK_OUT = "InsufficientInstanceCapacity: we have no more of them"
QUOTA = "VcpuLimitExceeded"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TINY)
    return Desk(fleet)


def pools_in(document: dict[str, Any]) -> list[str]:
    return [str(pool.name) for pool in fleet_of_desired(document["desired"], "USD").pools]


def refused(desk: Desk, message: str = STOCK_OUT) -> str:
    """The pool that is planned, which the cloud refuses from now on."""
    (pool,) = pools_in(desk.plan().document)
    desk.provisioner.refuse(pool, message)
    return pool


def at(desk: Desk, later: timedelta) -> None:
    desk.folder.clock = StoppedClock(NOW + later)


def test_the_plan_after_a_fallback_does_not_go_back_to_what_was_sold_out(desk: Desk) -> None:
    refused(desk)
    desk.apply(tolerance=ANYTHING)

    again = desk.plan()

    (told,) = again.document["left_aside"]
    assert not again.has_changes
    assert (told["shortage"], told["at"]) == ("sold out", NOW.isoformat())
    assert told["until"] == (NOW + HOUR).isoformat()
    assert "we have no more of them" in told["said"]
    assert desk.apply().outcome.made == ()


def test_people_are_told_what_is_left_aside_and_how_to_ask_for_it(desk: Desk) -> None:
    for each in prices().offers:
        if each.machine_type == "g2-standard-8" and each.region.region == "us-central1":
            desk.provisioner.refuse(name_of_pool(each), STOCK_OUT)
    desk.apply(tolerance=ANYTHING)
    document = desk.plan().document
    (first, *others) = document["left_aside"]
    page = Page(now=NOW, style=Style(), width=200)

    one = render_plan({**document, "left_aside": [first]}, page).splitlines()
    many = render_plan({**document, "left_aside": [first, *others] * 3}, page)

    told = one.index(
        "Left aside: gcp us-central1 us-central1-a g2-standard-8 on-demand: sold out at 12:00, "
        "remembered until 13:00 UTC"
    )
    assert one[told + 1].strip() == "-forget-stock-outs asks for it again"
    assert many.count("Left aside: ") == 5
    hidden = 3 * len(document["left_aside"]) - 5
    assert f"and {hidden} more, which -json lists; -forget-stock-outs asks for them again" in many


def test_a_stock_out_is_believed_for_as_long_as_was_said(desk: Desk) -> None:
    pool = refused(desk)
    desk.apply(tolerance=ANYTHING, memory=2 * HOUR)
    at(desk, 2 * HOUR - timedelta(seconds=1))
    assert pools_in(desk.plan().document) != [pool]

    at(desk, 2 * HOUR)
    later = desk.plan()

    assert "left_aside" not in later.document
    desk.fleet.write_text(f"{TINY}    replicas: 2\n")
    desk.apply()
    assert recorded(desk).stock_outs == ()


def test_what_the_last_fleet_that_is_tried_could_not_have_is_remembered_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fallback, "MOST_ROUNDS", 1)
    for each in prices().offers:
        if each.accelerator.model == "L4":
            desk.provisioner.refuse(name_of_pool(each), STOCK_OUT)

    with pytest.raises(PartlyApplied):
        desk.apply(tolerance=ANYTHING)

    assert len(recorded(desk).stock_outs) == 2


def test_nothing_is_remembered_where_nobody_wants_that(desk: Desk) -> None:
    refused(desk)

    desk.apply(tolerance=ANYTHING, memory=timedelta(0))

    assert recorded(desk).stock_outs == ()


def test_who_forgets_a_stock_out_asks_for_it_again_and_having_it_ends_it(desk: Desk) -> None:
    pool = refused(desk)
    with pytest.raises(PartlyApplied):
        desk.apply(tolerance=Fraction(-1, 2), refresh=False)
    assert pools_in(desk.plan().document) != [pool]
    assert pools_in(desk.plan(forgets=True).document) == [pool]
    desk.provisioner.refuse(pool, "")

    desk.apply(forgets=True)

    assert pool in desk.provisioner.names()
    assert recorded(desk).stock_outs == ()
    assert_made_once(desk)


def test_a_quota_is_remembered_for_all_zones_of_its_region(desk: Desk) -> None:
    desk.fleet.write_text(TINY.replace("us-central1", "us-central1, us-east4"))
    refused(desk, QUOTA)

    applied = desk.apply(tolerance=ANYTHING)

    (known,) = recorded(desk).stock_outs
    (there,) = {pool.offer.region for pool in applied.proposal.errand.target.pools}
    (now,) = {record.name for record in recorded(desk).members}
    assert len(applied.masked) == 1
    assert known.region == there
    assert there.region not in now
    assert known.shortage is Shortage.QUOTA
    assert known.since == "over quota at 12:00, remembered until 13:00 UTC"


def test_a_saved_plan_binds_what_it_was_made_without_and_falls_back_without_it(desk: Desk) -> None:
    first = refused(desk)
    with pytest.raises(PartlyApplied):
        desk.apply(tolerance=Fraction(-1, 2), refresh=False)
    desk.plan(out=PLAN, within=ANYTHING)
    document = desk.plans.saved[PLAN].document
    second = refused(desk)
    desk.provisioner.refuse(first, "")

    applied = desk.apply(plan=PLAN)

    assert document["digests"]["left_aside"] == digest(document["left_aside"])
    assert len(applied.masked) == 1
    assert not {first, second} & {*desk.provisioner.names()}
    assert len(recorded(desk).stock_outs) == 2


def test_only_who_waits_in_the_middle_of_an_apply_gets_a_fleet_of_less_proof(desk: Desk) -> None:
    refused(desk)
    desk.apply(tolerance=ANYTHING)
    there = recorded_state(recorded(desk))
    planned = Wanted(fleet=desk.fleet, sold_out=recorded(desk).stock_outs)

    plan = decide(planned, desk.surroundings(), there)
    other = decide(replace(planned, making=there.fleet), desk.surroundings(), there)

    assert plan.left_aside == other.left_aside == recorded(desk).stock_outs
    assert (plan.problem.is_urgent, other.problem.is_urgent) == (False, True)


def test_explain_names_the_stock_out_that_took_the_cheaper_offer(desk: Desk) -> None:
    desk.fleet.write_text(APART.partition("  - name: tune")[0].replace("HOURLY", "0.1"))
    for each in prices().offers:
        if (each.machine_type, each.region.region) == ("g2-standard-4", "us-east4"):
            desk.provisioner.refuse(name_of_pool(each), STOCK_OUT)
    desk.apply(tolerance=ANYTHING)

    def told(explained: Explained) -> set[str]:
        return {each.reason for each in explained.explanation.cheaper if each.rule == "stock"}

    assert told(explained(desk)) == {"sold out at 12:00, remembered until 13:00 UTC"}
    assert told(explained(desk, forgets=True)) == set()


def explained(desk: Desk, *, forgets: bool = False) -> Explained:
    asked = ExplainRequest(fleet=desk.fleet, workload="chat", now=NOW, forgets=forgets)
    found = explain_workload(asked, desk.surroundings(), desk.plans, recorded(desk))
    assert isinstance(found, Explained)
    return found


def test_explain_tells_what_the_plan_leaves_aside_as_the_plan_does(desk: Desk) -> None:
    refused(desk)
    desk.apply(tolerance=ANYTHING)
    page = Page(now=NOW, style=Style(), width=200)

    def lines(told: str) -> list[str]:
        return [line for line in told.splitlines() if line.startswith("Left aside: ")]

    asked, forgetting = explained(desk), explained(desk, forgets=True)
    document = desk.plan().document

    assert lines(render_explanation(asked, Style(), 200)) == lines(render_plan(document, page))
    assert explanation_document(asked)["left_aside"] == document["left_aside"]
    assert "Left aside" not in render_explanation(forgetting, Style(), 200)
    assert explanation_document(forgetting)["left_aside"] == []


def test_explain_refuses_the_state_of_another_fleet_as_plan_does(desk: Desk) -> None:
    desk.apply()
    desk.fleet.write_text(TINY.replace("fleet: tiny", "fleet: other"))
    asked = ExplainRequest(fleet=desk.fleet, workload="chat", now=NOW)

    with pytest.raises(UsageInvalid) as refused:
        explain_workload(asked, desk.surroundings(), desk.plans, recorded(desk))

    assert [each.code for each in refused.value.diagnostics] == ["state-of-other-fleet"]


APART = """\
apiVersion: broker/v1
fleet: tiny
owner: ml
providers: {gcp: {regions: [us-central1, us-east4], cluster-hourly: HOURLY}}
workloads:
  - name: chat
    kind: inference
    accelerators: {model: L4, count: 1}
    cpu: 3
    memory-gib: 8
  - name: tune
    kind: training
    accelerators: {model: A100, count: 8}
    cpu: 8
    memory-gib: 64
    runs: always
"""
"""Both are cheapest in one region, and next to it `chat` is cheapest where `tune` has to go."""


@pytest.mark.parametrize(("hourly", "is_kept"), [("0.005", True), ("0.1", False)])
def test_what_was_begun_goes_only_if_that_pays_and_is_told(
    desk: Desk,
    hourly: str,
    is_kept: bool,  # noqa: FBT001
) -> None:
    desk.fleet.write_text(APART.replace("HOURLY", hourly))
    for each in prices().offers:
        if each.accelerator.model == "A100" and each.region.region == "us-central1":
            desk.provisioner.refuse(name_of_pool(each), STOCK_OUT)

    applied = desk.apply(tolerance=ANYTHING)

    told = [(w.code, w.detail) for w in desk.warned]
    made = {str(record.name) for record in recorded(desk).members}
    if is_kept:
        assert told == []
        assert made == {"gcp-us-central1", "gcp-us-east4"}
        assert applied.outcome.removed == ()
    else:
        assert told == [("fallback-takes-back", "gcp-us-central1: 2 resources to go")]
        assert made == {"gcp-us-east4"}
        assert applied.outcome.removed == ("gcp-us-central1",)
    assert not desk.plan().has_changes


def test_a_state_keeps_what_it_remembers_and_an_older_one_remembers_nothing(desk: Desk) -> None:
    refused(desk)
    desk.apply(tolerance=ANYTHING)
    state = recorded(desk)

    text = state_text(state)

    assert state_of_text(text, "state") == state
    older = text.replace('"version":3', '"version":2')
    assert state_of_text(older, "state").stock_outs == ()


@pytest.mark.parametrize(
    "broken", [{"until": "soon"}, {"shortage": "shy"}, {"at": None}, {"count": "1/0"}]
)
def test_a_state_that_remembers_nonsense_is_damaged(broken: dict[str, Any]) -> None:
    remembering = replace(first_state("tiny", "USD"), stock_outs=(sold_out(offer()),))
    document = state_document(remembering)
    (written,) = document["stock_outs"]

    with pytest.raises(StateInvalid):
        state_of_text(json.dumps({**document, "stock_outs": [{**written, **broken}]}), "the state")


def test_the_newest_word_counts_and_none_for_ever() -> None:
    one, other = sold_out(offer("p5")), sold_out(offer("p4"))
    later = replace(one, at=one.until, until=one.until + HOUR)

    known: tuple[StockOut, ...] = with_newer((one, other), [later])

    assert set(known) == {later, other}
    assert believed(known, one.until) == (later,)
