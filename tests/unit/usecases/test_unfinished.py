"""What an apply has begun and not finished, where the next plan does not keep it: it is told, counted and judged."""

from pathlib import Path
from typing import Any

import pytest

from broker.domain.errors import Denied, PartlyApplied
from broker.domain.money import HOURS_PER_MONTH
from broker.planning.desired import fleet_of
from tests.fakes.changing import Desk, a_pool, codes
from tests.fakes.specs import TINY, TWO

PLAN = Path("fleet.plan")
HALF_MADE = "gcp-us-central1"
ENDS = 40
ELSEWHERE = "us-east4"

THREE = f"""{TWO}
  - name: zeta
    kind: training
    accelerators: {{model: A100, count: 1}}
    cpu: 4
    memory-gib: 16
    runs: always
"""
"""Three pools of one cluster, made in the order of their names: that of zeta is the first."""


def elsewhere(fleet: str = TINY) -> str:
    return fleet.replace("us-central1", ELSEWHERE)


def leave_half_made(desk: Desk, fleet: str = TINY, short: int = 0) -> str:
    """Apply *fleet* where one of its pools is refused; the name of that pool."""
    desk.fleet.write_text(fleet)
    pool = str(fleet_of(desk.plan().document).pools[short].name)
    desk.provisioner.refuse(pool, "Forbidden")
    with pytest.raises(PartlyApplied):
        desk.apply()
    return pool


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A fleet that stands elsewhere, and beside it a cluster that was begun in vain."""
    desk = Desk(tmp_path / "fleet.yaml")
    desk.fleet.write_text(elsewhere())
    desk.apply()
    leave_half_made(desk)
    desk.fleet.write_text(elsewhere())
    return desk


def deleted(document: dict[str, Any]) -> list[str]:
    changes = document["resource_changes"]
    return [c["address"] for c in changes if c["change"]["actions"] == ["delete"]]


def row_before(document: dict[str, Any]) -> dict[str, Any]:
    (row,) = [r for r in document["cost"]["before"]["clusters"] if r["name"] == HALF_MADE]
    return dict(row)


@pytest.mark.parametrize("is_previewed", [False, True])
def test_it_is_a_change_whether_or_not_the_engine_is_asked(
    desk: Desk,
    is_previewed: bool,  # noqa: FBT001
) -> None:
    made = desk.plan(is_previewed=is_previewed)

    assert made.has_changes
    assert deleted(made.document) == [f"cluster.{HALF_MADE}"]


def test_what_of_it_is_billed_is_in_what_the_fleet_costs_now(desk: Desk) -> None:
    seen, unseen = (row_before(desk.plan(is_previewed=i).document) for i in (True, False))

    assert (float(seen["monthly"]) > 0, seen["unknown_prices"]) == (True, 0)
    assert (float(unseen["monthly"]), unseen["unknown_prices"]) == (0, 1)


def test_its_pools_that_were_made_go_and_are_billed_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "fleet.yaml")
    leave_half_made(desk, TWO, short=1)
    first = fleet_of(desk.plan().document).pools[0]
    desk.fleet.write_text(elsewhere())

    document = desk.plan().document

    assert deleted(document) == [f"pool.{HALF_MADE}.{first.name}", f"cluster.{HALF_MADE}"]
    assert float(row_before(document)["monthly"]) > float(str(first.hourly)) * 730


def test_nodes_for_work_that_ends_are_billed_for_as_long_as_they_stay(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "fleet.yaml")
    ending = TWO.replace("runs: always", f"runs: {{hours: {ENDS}}}").replace("tune", "before")
    leave_half_made(desk, ending, short=1)
    (pool,) = [p for p in fleet_of(desk.plan().document).pools if p.hours == ENDS]
    desk.fleet.write_text(elsewhere())

    document = desk.plan().document

    assert deleted(document)[0] == f"pool.{HALF_MADE}.{pool.name}"
    assert float(row_before(document)["monthly"]) > float(str(pool.hourly)) * HOURS_PER_MONTH


def test_a_pool_that_was_begun_in_a_cluster_that_stays_goes_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "fleet.yaml")
    desk.fleet.write_text(TINY)
    desk.apply()
    leave_half_made(desk, THREE, short=1)
    begun = {*desk.provisioner.names()} - {"cluster", "network"}
    desk.fleet.write_text(TINY)

    document = desk.plan().document

    (stays,) = fleet_of(document).pools
    assert deleted(document) == [f"pool.{HALF_MADE}.{name}" for name in begun - {stays.name}]
    assert float(row_before(document)["monthly"]) > float(document["cost"]["monthly"])


@pytest.mark.parametrize("is_saved", [False, True])
def test_mandatory_checks_judge_it(desk: Desk, is_saved: bool) -> None:  # noqa: FBT001
    check = "{name: stays, what: destroyed, is: 0, level: mandatory}"
    desk.fleet.write_text(f"{elsewhere()}checks:\n  - {check}\n")

    with pytest.raises(Denied) as denied:
        desk.plan(out=PLAN) if is_saved else desk.apply()

    assert codes(denied.value) == ["check-failed"]
    assert HALF_MADE in str(denied.value.diagnostics[0])


def test_a_saved_plan_takes_it_away(desk: Desk) -> None:
    desk.plan(out=PLAN)

    desk.apply(plan=PLAN)

    assert not desk.plan().has_changes


def test_a_plan_of_a_part_leaves_it_alone(desk: Desk) -> None:
    cluster, _ = a_pool(desk)

    made = desk.plan(target=(f"cluster.{cluster}",))

    assert deleted(made.document) == []


def test_one_that_is_kept_is_made_and_not_deleted(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "fleet.yaml")
    leave_half_made(desk)

    assert deleted(desk.plan().document) == []
