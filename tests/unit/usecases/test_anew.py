"""What was asked to be made anew is counted in the plan's own lines, with the reason."""

from pathlib import Path

import pytest

from broker.cli.render.changes import render_changes, render_summary
from broker.cli.render.style import Style
from broker.planning.plan_shape import checked
from tests.fakes.changing import Desk, a_pool, startup_desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """With a fleet that is made."""
    desk = startup_desk(tmp_path)
    desk.apply()
    return desk


@pytest.mark.parametrize("is_previewed", [True, False])
def test_a_pool_that_is_asked_for_anew_is_counted(desk: Desk, is_previewed: bool) -> None:  # noqa: FBT001
    cluster, pool = a_pool(desk)
    address = f"pool.{cluster}.{pool}"

    made = desk.plan(replace=(address,), is_previewed=is_previewed)

    assert made.has_changes
    shown = render_summary(checked(made.document), Style())
    assert shown == "Plan: 0 to add, 0 to change, 1 to replace, 0 to destroy.\n  -/+ 1 pool"
    line = f"-/+ {address}   # will be replaced, as requested"
    assert line in render_changes(made.document, Style())


def test_a_cluster_that_its_cloud_can_not_change_is_counted_and_told(desk: Desk) -> None:
    cluster, _ = a_pool(desk)
    desk.provisioner.rename(cluster)

    made = desk.plan(is_previewed=True)

    shown = render_summary(checked(made.document), Style())
    assert shown == "Plan: 0 to add, 0 to change, 1 to replace, 0 to destroy.\n  -/+ 1 cluster"
    [warning] = [found for found in made.warnings if found.code == "cluster-made-anew"]
    assert warning.subject == f"cluster.{cluster}"
    assert "name" in str(warning.detail)
    desk.apply()
    assert "cluster-made-anew" in {found.code for found in desk.shown[-1].warnings}
