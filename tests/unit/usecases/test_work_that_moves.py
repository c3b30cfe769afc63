"""Work that moves from one cluster to another: its old place goes once the new one is there."""

from pathlib import Path
from typing import Any

import pytest

from broker.domain.errors import PartlyApplied
from broker.planning.desired import fleet_of_desired
from tests.fakes.changing import Desk, recorded
from tests.fakes.specs import TINY

PLAN = Path("fleet.plan")
HERE = {"US": "gcp-us-central1", "EU": "aws-eu-west-1"}
STOCK_OUT, FIRE = "InsufficientInstanceCapacity", "the cloud is on fire"


def fleet(serve: str, train: str) -> str:
    """A service and a training that share no node, each held to a union."""
    clouds = "{gcp: {regions: [us-central1]}, aws: {regions: [eu-west-1]}}"
    return f"""\
apiVersion: broker/v1
fleet: tiny
owner: ml
providers: {clouds}
workloads:
  - name: serve
    kind: inference
    accelerators: {{any-of: [{{model: L4}}, {{model: T4}}, {{model: A10G}}], count: 1}}
    residency: [{serve}]
    cpu: 4
    memory-gib: 16
  - name: train
    kind: training
    accelerators: {{model: A100, count: 8}}
    capacity: [on-demand]
    residency: [{train}]
    cpu: 8
    memory-gib: 64
    runs: always
"""


def moving(desk: Desk, here: str, there: str) -> tuple[str, str]:
    """Let *train* move away from where *serve* stays: the pools that it leaves and comes to."""
    desk.fleet.write_text(fleet(here, here))
    desk.apply()
    old = pool_of_train(recorded(desk).desired)
    desk.fleet.write_text(fleet(here, there))
    return old, pool_of_train(desk.plan().document["desired"])


def pool_of_train(desired: dict[str, Any] | None) -> str:
    placements = fleet_of_desired(desired or {}, "USD").placements
    return next(str(placed.pool) for placed in placements if placed.workload == "train")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    written = tmp_path / "fleet.yaml"
    written.write_text(TINY)
    return Desk(written)


@pytest.mark.parametrize("is_saved", [False, True])
@pytest.mark.parametrize(
    ("here", "there", "refusal"), [("US", "EU", STOCK_OUT), ("US", "EU", FIRE), ("EU", "US", FIRE)]
)
def test_where_the_new_place_can_not_be_made_the_old_one_stays(
    desk: Desk,
    here: str,
    there: str,
    refusal: str,
    is_saved: bool,  # noqa: FBT001
) -> None:
    old, new = moving(desk, here, there)
    desk.provisioner.refuse(new, refusal)
    asked: dict[str, Any] = {"plan": PLAN} if is_saved else {"forgets": True}
    if is_saved:
        desk.plan(out=PLAN)

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(**asked)

    assert f"{HERE[here]}: not done" in partly.value.diagnostics[-1].detail
    assert old in desk.provisioner.names()
    assert pool_of_train(recorded(desk).desired) == old

    desk.provisioner.refuse(new, "")
    desk.apply(**asked)

    assert new in desk.provisioner.names()
    assert old not in desk.provisioner.names()
    assert pool_of_train(recorded(desk).desired) == new
    assert not desk.plan().has_changes


@pytest.mark.parametrize(("here", "there"), [("US", "EU"), ("EU", "US")])
def test_the_new_place_is_made_first(desk: Desk, here: str, there: str) -> None:
    moving(desk, here, there)
    desk.provisioner.calls.clear()

    desk.apply()

    changed = [name for act, name in desk.provisioner.calls if act == "up"]
    assert changed == [HERE[there], HERE[here]]
