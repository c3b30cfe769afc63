"""What is said at the end of an apply that had nothing to do."""

from pathlib import Path

import pytest

from broker.cli.render.applied import render_applied
from broker.cli.render.style import Style
from tests.fakes.changing import Desk
from tests.fakes.specs import TINY

NO_ROOM = "quotas: [{at: gcp, limit: {nodes: 0}}]\n"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", "Nothing to apply: the fleet is as it is wanted.\n"),
        (NO_ROOM, "Nothing to apply, but 1 of 1 workload has no place.\n"),
    ],
)
def test_nothing_is_to_be_applied_where_all_is_made_and_where_nothing_can_be(
    tmp_path: Path, more: str, told: str
) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TINY + more)
    desk = Desk(fleet)
    desk.apply(allow_unplaced=True)

    again = desk.apply(allow_unplaced=True)

    assert render_applied(again, Style()) == told
