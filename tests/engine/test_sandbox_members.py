"""Members of each cloud, made by the real programs on the real engine in the sandbox cloud."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from broker.domain.errors import InsufficientCapacity
from broker.domain.ids import ClusterName, MachineType, PoolName, ReservationName, ZoneId
from broker.domain.members import Member, MemberPool
from broker.domain.offers import CapacityType
from providers.sandbox.aws.cloud import AwsSandbox
from stacks.programs.program_of import TOUCHED, program_of
from stacks.sandbox.control import Control
from stacks.sandbox.ledger import Ledger
from tests.fakes.sandbox_members import engine_in, member_in
from tests.fakes.sandbox_stacks import SandboxStack, library, refused, sandbox
from tests.fakes.stand_ins import list_prices, of_region, serving

library("kubernetes", "helm")


def member(region: str, machine_type: str, accelerator: str, devices: int = 1) -> Member:
    pool = MemberPool(
        name=PoolName("gpus"),
        machine_type=MachineType(machine_type),
        capacity_type=CapacityType.ON_DEMAND,
        nodes=1,
        min_nodes=0,
        max_nodes=4,
        accelerator=accelerator,
        accelerators=Fraction(devices),
    )
    return member_in(region, pool)


def on_a_block(made: Member) -> Member:
    """On capacity that was paid ahead, in the zone that it is in."""
    pool = replace(
        made.pools[0],
        capacity_type=CapacityType.CAPACITY_BLOCK,
        reservation=ReservationName("block-a"),
        zone=ZoneId("use1-az4"),
    )
    return replace(made, name=ClusterName("on-a-block"), pools=(pool,))


CASES = [
    (member("aws/us-east-1", "g6.xlarge", "L4"), "deletion protection"),
    (on_a_block(member("aws/us-east-1", "p5.48xlarge", "H100", 8)), "deletion protection"),
    (
        member("azure/westeurope", "Standard_NC4as_T4_v3", "T4"),
        "",
    ),  # its lock is a resource of the stack, and goes first
    (member("gcp/us-central1", "g2-standard-4", "L4"), "deletion protection"),
]


@pytest.fixture
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The sandbox, with the HTTP cloud of AWS beside it."""
    offers = [offer for cloud in ("aws", "azure", "gcp") for offer in list_prices(cloud)]
    with (
        serving(AwsSandbox(), of_region(list_prices("aws"), "aws/us-east-1")) as leads,
        sandbox(tmp_path / "cloud", offers, environment=leads) as attached,
    ):
        yield attached


@pytest.mark.parametrize(("made", "protection"), CASES, ids=[str(case[0].name) for case in CASES])
def test_a_member_lives_and_leaves_nothing(
    made: Member, protection: str, environment: dict[str, str], tmp_path: Path
) -> None:
    name, parts = TOUCHED[made.region.provider]
    library(name.removeprefix("pulumi_"), *parts)
    stack = SandboxStack(tmp_path / "stack", environment, program_of(made))

    created = stack.up()
    again = stack.preview()
    drifted = stack.drift()
    first = refused(stack.destroy) if protection else ""
    stack.program = program_of(replace(made, is_protected=False))
    stack.up()
    stack.destroy()

    assert len(created) > 10
    assert again == []
    assert drifted == []
    assert protection in first
    with Ledger(tmp_path / "cloud") as ledger:
        assert ledger.resources() == []
        outcomes = [call for call in ledger.calls("create") if call.outcome != "made"]
        assert outcomes == []


def test_a_cluster_goes_with_what_is_left_of_pools_that_could_not_be_had(
    environment: dict[str, str], tmp_path: Path
) -> None:
    first = member("aws/us-east-1", "p5.48xlarge", "H100", 8)
    second = replace(first, pools=(replace(first.pools[0], name=PoolName("others")),))
    engine = engine_in(first, environment, tmp_path / "engine")
    with Control(tmp_path / "cloud") as control:
        control.stock_out("p5.48xlarge")
    for each in (first, second):
        with pytest.raises(InsufficientCapacity):
            engine.up(each)
    held = {resource.name for resource in engine.state(second).resources}

    engine.down(second)

    assert {"launch-gpus", "launch-others"} <= held
    with Ledger(tmp_path / "cloud") as ledger:
        assert ledger.resources() == []
