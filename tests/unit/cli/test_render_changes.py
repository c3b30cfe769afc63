"""The one line that says what a plan comes to."""

from typing import Any

import pytest

from broker.cli.render.changes import render_summary
from broker.cli.render.style import Style

NO_OP = {"type": "pool", "change": {"actions": ["no-op"]}}
CREATE = {"type": "pool", "change": {"actions": ["create"]}}
NOTHING: dict[str, Any] = {"resource_changes": [NO_OP], "stacks": [{"steps": []}]}


def test_a_plan_without_changes_says_so_in_one_line() -> None:
    assert render_summary(NOTHING, Style()) == "No changes. The fleet is as it is wanted."


MORE: dict[str, dict[str, Any]] = {
    "resources": {"stacks": [{"steps": [{"op": "create"}]}]},
    "drift": {"resource_drift": [{"name": "pool"}, {"name": "other"}]},
    "half": {"resource_drift": [], "tainted": ["aws-us-east-1"]},
}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE)
def test_a_fleet_as_wanted_whose_resources_are_not_is_no_lack_of_changes(
    more: dict[str, Any],
) -> None:
    text = render_summary({**NOTHING, **more}, Style())

    assert text.startswith("The fleet is as it is wanted, but ")
    (number,) = [int(word) for word in text.split() if word.isdigit()]
    assert number == max(1, len(more.get("resource_drift", ())))


UNPLACED: dict[str, Any] = {
    "placements": [{"workload": "chat"}],
    "unplaced": [{"workload": "tune"}],
}


@pytest.mark.parametrize("more", [*MORE.values(), {}], ids=[*MORE, "none"])
def test_a_fleet_that_leaves_work_out_is_never_said_to_be_as_it_is_wanted(
    more: dict[str, Any],
) -> None:
    text = render_summary({**NOTHING, **UNPLACED, **more}, Style())

    assert "1 of 2 workloads has no place" in text
    assert "fleet is as it is wanted" not in text


def test_a_plan_that_places_nothing_says_that_nothing_has_a_place() -> None:
    nothing = {"placements": [], "unplaced": [{"workload": "chat"}, {"workload": "tune"}]}

    text = render_summary({**NOTHING, **nothing, "resource_changes": []}, Style())

    assert text == "No changes, but 2 of 2 workloads have no place."


def test_drift_is_counted_beside_what_changes() -> None:
    changed = {"resource_changes": [CREATE], "resource_drift": [{"name": "pool"}]}

    assert render_summary({**NOTHING, **changed}, Style()).splitlines() == [
        "Plan: 1 to add, 0 to change, 0 to replace, 0 to destroy.",
        "  + 1 pool",
        "  ! 1 resource drifted, set right by `broker apply`",
    ]
