"""A plan that takes something away while something else is left aside says that this passes."""

import json
from datetime import timedelta

import pytest

from broker.cli.render.left_aside import render_taken_away
from broker.domain.stock_outs import StockOut
from broker.planning.left_aside import stock_out_document
from tests.conftest import ROOT
from tests.fakes.problems import NOW, offer, sold_out

PLAN = json.loads((ROOT / "tests/golden/plans/new.json").read_text())
FIRST = sold_out(offer("p5"))
LATER = sold_out(offer("p4"), until=NOW + timedelta(minutes=90))


def told(actions: dict[str, list[str]], *left_aside: StockOut) -> str:
    """With the changes of each kind carried out by those actions."""
    changes = [
        {**change, "change": {**change["change"], "actions": actions[change["type"]]}}
        for change in PLAN["resource_changes"]
        if change["type"] in actions
    ]
    aside = [stock_out_document(each) for each in left_aside]
    plan = {**PLAN, "resource_changes": changes, "left_aside": aside}
    return " ".join(render_taken_away(plan, 60).split())


def test_it_says_until_when_what_would_go_may_be_in_the_way_of_that() -> None:
    clusters = sum(change["type"] == "cluster" for change in PLAN["resource_changes"])

    note = told({"cluster": ["delete"], "workload": ["delete"]}, FIRST, LATER)

    assert note.startswith(f"Note: {clusters} clusters would be taken away by a plan that leaves")
    assert "remembered until 01:30 UTC: a plan made then may keep them." in note
    assert "-forget-stock-outs" in note


def test_what_is_made_anew_goes_too() -> None:
    assert "pools would be taken away" in told({"pool": ["delete", "create"]}, FIRST)


@pytest.mark.parametrize("actions", [["create"], ["update"], ["no-op"]])
def test_where_nothing_goes_nothing_is_said(actions: list[str]) -> None:
    assert told({"cluster": actions, "pool": actions, "workload": ["delete"]}, FIRST) == ""


def test_where_nothing_is_left_aside_nothing_is_said() -> None:
    assert told({"cluster": ["delete"]}) == ""
