"""Pools that an autoscaler has grown: left alone, and told of with what they cost."""

from pathlib import Path

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.planning.member_documents import member_of
from tests.fakes.changing import Desk, recorded
from tests.fakes.specs import TINY

GROWS = TINY.replace("    cpu: 4\n", "    replicas: {min: 2, max: 8}\n    cpu: 4\n")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(GROWS)
    made = Desk(fleet)
    made.apply()
    return made


def pool_of(desk: Desk) -> tuple[str, int, int]:
    """Name, least and most nodes of the only pool."""
    (record,) = recorded(desk).members
    (pool,) = member_of(record.member).pools
    return str(pool.name), pool.min_nodes, pool.max_nodes


def told(warnings: tuple[Diagnostic, ...]) -> list[tuple[str, str]]:
    return [(w.code, w.subject) for w in warnings if w.code in {"pool-grown", "pool-shrinks"}]


def test_what_runs_beyond_the_plan_is_told_with_what_it_costs(desk: Desk) -> None:
    name, least, most = pool_of(desk)
    assert least < most
    desk.provisioner.sizes[name] = most

    applied = desk.apply()

    assert told(applied.proposal.warnings) == [("pool-grown", f"pool.gcp-us-central1.{name}")]
    made = desk.plan()
    (warning,) = [w for w in made.warnings if w.code == "pool-grown"]
    assert f"{most - least} more within its bounds ({least} to {most})" in warning.detail
    assert "$" in warning.detail
    assert not made.has_changes


def test_a_bound_below_what_runs_is_told_before(desk: Desk) -> None:
    name, _, most = pool_of(desk)
    desk.provisioner.sizes[name] = most
    desk.apply()
    desk.fleet.write_text(GROWS.replace("max: 8", "max: 4"))

    assert told(desk.plan().warnings) == [("pool-shrinks", f"pool.gcp-us-central1.{name}")]
    assert told(desk.apply().proposal.warnings) == told(desk.plan().warnings)


@pytest.mark.parametrize("nodes", [0, 1, 2])
def test_of_what_runs_as_planned_or_less_nothing_is_told(desk: Desk, nodes: int) -> None:
    desk.provisioner.sizes[pool_of(desk)[0]] = nodes

    desk.apply()

    assert told(desk.plan().warnings) == []


def test_states_of_before_tell_no_sizes(desk: Desk) -> None:
    assert told(desk.plan().warnings) == []
