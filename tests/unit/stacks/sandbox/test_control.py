"""Orders to a sandbox that runs: which call they concern, how often, from when on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks.sandbox.control import Control, Unknown
from stacks.sandbox.ledger import Ledger, Made

POOL = "aws:eks/nodeGroup:NodeGroup"


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    with Control(tmp_path) as opened:
        yield opened


def test_nothing_happens_by_itself(control: Control) -> None:
    assert control.due("fail", type=POOL, method="create") is None


def test_an_order_holds_for_its_type_and_method_as_often_as_told(control: Control) -> None:
    control.fail(POOL, "no", times=2)

    assert control.due("fail", type="aws:ec2/vpc:Vpc", method="create") is None
    assert control.due("fail", type=POOL, method="delete") is None
    said = [control.due("fail", type=POOL, method="create") for _ in range(3)]
    assert [order.value["message"] if order else None for order in said] == ["no", "no", None]


def test_an_order_may_hold_for_every_type_and_for_ever(control: Control) -> None:
    control.latency("*", 1.5)

    assert all(control.due("latency", type=f"t{number}") for number in range(5))


def test_an_order_may_hold_later_only(control: Control) -> None:
    control.expire_credentials(after=2)

    assert [control.due("expired") is not None for _ in range(4)] == [False, False, True, True]
    control.renew_credentials()
    assert control.due("expired") is None


@pytest.mark.parametrize(
    ("region", "capacity_type", "is_out"),
    [("us-east-1", "spot", True), ("us-east-1", "on-demand", False), ("eu-west-1", "spot", False)],
)
def test_a_stock_out_is_of_a_region_and_a_capacity_type(
    control: Control, region: str, capacity_type: str, *, is_out: bool
) -> None:
    control.stock_out("p5.48xlarge", "us-east-1", capacity_type="spot")

    order = control.due(
        "stock-out", machine_type="p5.48xlarge", region=region, capacity_type=capacity_type
    )
    assert (order is not None) is is_out


def test_other_processes_steer_too(control: Control, tmp_path: Path) -> None:
    with Control(tmp_path) as other:
        other.hang(POOL)
        other.occupy("cluster", "pool", 3)

    assert control.due("hang", type=POOL, method="create") is not None
    assert control.occupied("cluster", "pool") == 3
    assert control.occupied("cluster", "other") == 0


def test_orders_are_withdrawn_by_kind_or_all(control: Control) -> None:
    control.latency(POOL, 1)
    control.fail(POOL, "no")
    control.limit("P", 100)

    control.withdraw("latency")
    assert control.due("latency", type=POOL) is None
    assert len(control.standing("limit")) == 1
    control.withdraw()
    assert control.standing("limit") == control.standing("fail") == []


@pytest.mark.parametrize(
    "address",
    ["c:nodes", "nodes", "NodeGroup:nodes", f"{POOL}:nodes", f"urn:pulumi:d::p::{POOL}::nodes"],
)
def test_a_resource_is_drifted_by_any_of_its_names(
    control: Control, tmp_path: Path, address: str
) -> None:
    urn = f"urn:pulumi:d::p::{POOL}::nodes"
    sizes = {"scalingConfig": {"desiredSize": 2}}
    with Ledger(tmp_path) as ledger:
        ledger.add(Made(type=POOL, id="c:nodes", urn=urn, inputs=sizes, outputs=sizes))

        drifted = control.drift(address, "scalingConfig.desiredSize", 7)

        assert drifted.outputs == drifted.inputs == {"scalingConfig": {"desiredSize": 7}}
        assert ledger.resources() == [drifted]
        control.vanish(address)
        assert ledger.resources() == []


def test_an_address_of_nothing_is_told(control: Control) -> None:
    with pytest.raises(Unknown):
        control.drift("nodes", "size", 1)
    with pytest.raises(Unknown):
        control.vanish("nodes")
