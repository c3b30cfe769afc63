"""Of chosen pools, the real engine touches what is theirs alone: on each cloud, by the real programs."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from broker.domain.ids import MachineType, PoolName, WorkloadName, ZoneId
from broker.domain.members import Member, MemberPool, StackPreview, StepOp, WorkloadIdentity
from broker.domain.offers import CapacityType
from broker.ports.provisioning import PoolChoice
from stacks.automation import PulumiProvisioner
from stacks.sandbox.control import Control
from tests.fakes.sandbox_members import engine_in, member_in
from tests.fakes.sandbox_stacks import library

library("kubernetes", "helm")


def pool(name: str, machine_type: str, accelerator: str, zone: str | None) -> MemberPool:
    return MemberPool(
        name=PoolName(name),
        machine_type=MachineType(machine_type),
        capacity_type=CapacityType.ON_DEMAND,
        zone=None if zone is None else ZoneId(zone),
        nodes=2,
        min_nodes=2,
        max_nodes=2,
        accelerator=accelerator,
        accelerators=Fraction(1 if accelerator else 0),
    )


def member(region: str, machine_type: str, accelerator: str, zone: str | None = None) -> Member:
    return member_in(
        region, *(pool(name, machine_type, accelerator, zone) for name in ("one", "other", "spare"))
    )


CASES = [
    (member("aws/us-east-1", "g6.xlarge", "L4"), "NodeGroup", "scalingConfig.desiredSize"),
    (member("azure/westeurope", "Standard_NC4as_T4_v3", "T4"), "AgentPool", "count"),
    (member("gcp/us-central1", "g2-standard-4", "L4", "us-central1-a"), "NodePool", "nodeCount"),
]


def sized(folder: Path, kind: str, path: str, nodes: int, *names: str) -> None:
    """Let pools of these names have so many *nodes*, behind the engine's back."""
    with Control(folder / "cloud") as control:
        for name in names:
            control.drift(f"{kind}:pool-{name}", path, nodes)


def told(preview: StackPreview) -> dict[str, StepOp]:
    return {step.name: step.op for step in preview.steps}


def sizes(engine: PulumiProvisioner, made: Member) -> dict[str, int]:
    found: dict[str, int] = engine.state(made).outputs["sizes"]
    return found


def choice(before: Member, *names: str, is_rest: bool = False) -> PoolChoice:
    return PoolChoice(pools=frozenset(map(PoolName, names)), before=before, is_rest=is_rest)


@pytest.mark.parametrize(("made", "kind", "path"), CASES, ids=[str(case[0].name) for case in CASES])
def test_drift_in_another_pool_stays_until_all_is_applied(
    made: Member, kind: str, path: str, environment: dict[str, str], tmp_path: Path
) -> None:
    engine = engine_in(made, environment, tmp_path / "a folder")
    engine.up(made)
    sized(tmp_path, kind, path, 5, "one", "other")
    engine.refresh(made)
    one, other, _ = made.pools
    work = WorkloadName("work")
    new = replace(one, name=PoolName("new"), is_compact=True, nodes=2, workloads=(work,))
    identity = WorkloadIdentity(workload=work, namespace="team", service_account="work")
    wanted = replace(made, pools=(replace(new, min_nodes=2), one, other), identities=(identity,))
    chosen = choice(made, "one", "new", "spare")

    preview = engine.preview(wanted, choice=chosen)
    engine.up(wanted, approved=preview, choice=chosen)
    sizes_chosen = sizes(engine, wanted)
    again = engine.preview(wanted, choice=chosen)
    whole = engine.preview(wanted)
    engine.up(wanted, approved=whole)

    assert {"pool-one", "pool-new", "pool-spare"} <= {*told(preview)}
    assert told(preview)["pool-one"] is StepOp.UPDATE
    assert told(preview)["pool-new"] is StepOp.CREATE
    assert told(preview)["pool-spare"] is StepOp.DELETE
    assert any(name.startswith("identity-work") for name in told(preview))
    assert not any(name.endswith("-other") for name in told(preview))
    assert sizes_chosen == {"one": 2, "new": 2, "other": 5}
    assert again.steps == ()
    assert told(whole) == {"pool-other": StepOp.UPDATE}
    assert sizes(engine, wanted) == {"one": 2, "new": 2, "other": 2}


def test_what_is_left_out_stays_as_it_drifted(environment: dict[str, str], tmp_path: Path) -> None:
    made, kind, path = CASES[0]
    engine = engine_in(made, environment, tmp_path / "a folder")
    engine.up(made)
    sized(tmp_path, kind, path, 5, "one", "other")
    engine.refresh(made)
    left = choice(made, "one", is_rest=True)

    preview = engine.preview(made, choice=left)
    engine.up(made, approved=preview, choice=left)

    assert told(preview) == {"pool-other": StepOp.UPDATE}
    assert sizes(engine, made) == {"one": 5, "other": 2, "spare": 2}


def test_a_first_pool_of_gpus_brings_what_its_devices_need(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """The operator of devices is nobody's own, and there for the pool's sake alone."""
    made = CASES[0][0]
    plain = replace(made, pools=(pool("plain", "m6i.large", "", None),))
    gpus = replace(made, pools=(*plain.pools, made.pools[0]))
    engine = engine_in(made, environment, tmp_path / "a folder")
    engine.up(plain)
    chosen = choice(plain, "one")

    preview = engine.preview(gpus, choice=chosen)
    engine.up(gpus, approved=preview, choice=chosen)

    assert told(preview)["gpu-operator"] is StepOp.CREATE
    assert engine.preview(gpus).steps == ()
