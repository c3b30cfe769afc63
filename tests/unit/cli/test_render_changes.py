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
        {"resource_changes": [CREATE]},
        {"stacks": [{"steps": [{"op": "create"}]}]},
        {"resource_drift": [{"name": "pool"}]},
    ],
    ids=["fleet", "resources", "drift"],
)
def test_whatever_is_to_be_done_is_counted(more: dict[str, Any]) -> None:
    assert render_summary({**NOTHING, **more}, Style()).startswith("Plan: ")
