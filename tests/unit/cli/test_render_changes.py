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


@pytest.mark.parametrize(
    "more",
    [
        {"stacks": [{"steps": [{"op": "create"}]}]},
        {"resource_drift": [{"name": "pool"}, {"name": "other"}]},
        {"resource_drift": [], "tainted": ["aws-us-east-1"]},
    ],
    ids=["resources", "drift", "half"],
)
def test_a_fleet_as_wanted_whose_resources_are_not_is_no_lack_of_changes(
    more: dict[str, Any],
) -> None:
    text = render_summary({**NOTHING, **more}, Style())

    assert text.startswith("The fleet is as it is wanted, but ")
    (number,) = [int(word) for word in text.split() if word.isdigit()]
    assert number == max(1, len(more.get("resource_drift", ())))


def test_drift_is_counted_beside_what_changes() -> None:
    changed = {"resource_changes": [CREATE], "resource_drift": [{"name": "pool"}]}

    assert render_summary({**NOTHING, **changed}, Style()).splitlines() == [
        "Plan: 1 to add, 0 to change, 0 to replace, 0 to destroy.",
        "  + 1 pool",
        "  ! 1 resource drifted, set right by `broker apply`",
    ]
