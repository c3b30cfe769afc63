"""The nodes of a pool within its bounds are its autoscaler's: on each cloud, by the real engine."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from broker.domain.ids import MachineType, PoolName, ZoneId
from broker.domain.members import Member, MemberPool, StepOp
from broker.domain.offers import CapacityType
from stacks.sandbox.control import Control
from tests.fakes.sandbox_members import engine_in, member_in
from tests.fakes.sandbox_stacks import library

library("kubernetes", "helm")


def member(region: str, machine_type: str, accelerator: str, zone: str | None) -> Member:
    pool = MemberPool(
        name=PoolName("gpus"),
        machine_type=MachineType(machine_type),
        capacity_type=CapacityType.ON_DEMAND,
        zone=None if zone is None else ZoneId(zone),
        nodes=2,
        min_nodes=2,
        max_nodes=8,
        accelerator=accelerator,
        accelerators=Fraction(1),
    )
    return member_in(region, pool)


CASES = [
    (member("aws/us-east-1", "g6.xlarge", "L4", None), "NodeGroup", "scalingConfig.desiredSize"),
    (member("azure/westeurope", "Standard_NC4as_T4_v3", "T4", None), "AgentPool", "count"),
    (member("gcp/us-central1", "g2-standard-4", "L4", "us-central1-a"), "NodePool", "nodeCount"),
]


def bounded(made: Member, least: int, most: int) -> Member:
    pool = replace(made.pools[0], nodes=least, min_nodes=least, max_nodes=most)
    return replace(made, pools=(pool,))


@pytest.mark.parametrize(("made", "kind", "path"), CASES, ids=[str(case[0].name) for case in CASES])
def test_what_an_autoscaler_has_made_is_kept_within_the_bounds(
    made: Member, kind: str, path: str, environment: dict[str, str], tmp_path: Path
) -> None:
    engine = engine_in(made, environment, tmp_path / "a folder")

    def sized(nodes: int) -> None:
        with Control(tmp_path / "cloud") as control:
            control.drift(f"{kind}:pool-gpus", path, nodes)

    def moved(wanted: Member) -> list[tuple[StepOp, object, object]]:
        steps = engine.preview(wanted).steps
        return [(step.op, step.before.get(path), step.after.get(path)) for step in steps]

    assert engine.up(made).outputs["sizes"] == {"gpus": 2}
    sized(5)
    assert engine.drift(made).steps == ()
    assert engine.refresh(made).outputs["sizes"] == {"gpus": 5}
    assert engine.preview(made).steps == ()

    assert engine.up(bounded(made, 2, 6)).outputs["sizes"] == {"gpus": 5}
    assert moved(bounded(made, 1, 3)) == [(StepOp.UPDATE, 5, 3)]
    assert engine.up(bounded(made, 1, 3)).outputs["sizes"] == {"gpus": 3}
    assert moved(bounded(made, 4, 9)) == [(StepOp.UPDATE, 3, 4)]
    assert engine.up(bounded(made, 4, 9)).outputs["sizes"] == {"gpus": 4}

    sized(11)
    assert [step.after[path] for step in engine.drift(bounded(made, 4, 9)).steps] == [11]
