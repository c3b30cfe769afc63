"""The life of a stack over the sandbox cloud, on the real engine."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pulumi
import pytest

from broker.domain.ids import ClusterName
from stacks.sandbox.control import Control
from stacks.sandbox.ledger import Ledger
from stacks.steps import StepLog
from tests.fakes.engine_processes import kill_engine, until
from tests.fakes.sandbox_stacks import SandboxStack, library, refused, sandbox

aws = library("aws", "ec2", "eks")

POOL = "aws:eks/nodeGroup:NodeGroup"
ALL = ["cluster", "network", "nodes", "subnet"]


def program(
    size: int = 2,
    capacity_type: str = "SPOT",
    *,
    name: str | None = None,
    options: pulumi.ResourceOptions | None = None,
) -> Callable[[], None]:
    """A network, a subnet, a cluster and its nodes: each needs the one before."""

    def make() -> None:
        network = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16", region="eu-north-1")
        subnet = aws.ec2.Subnet(
            "subnet",
            vpc_id=network.id,
            cidr_block="10.0.0.0/24",
            availability_zone="eu-north-1a",
            region="eu-north-1",
        )
        cluster = aws.eks.Cluster(
            "cluster",
            role_arn="arn:aws:iam::123456789012:role/cluster",
            vpc_config=aws.eks.ClusterVpcConfigArgs(subnet_ids=[subnet.id]),
            region="eu-north-1",
        )
        aws.eks.NodeGroup(
            "nodes",
            cluster_name=cluster.name,
            node_group_name=name,
            node_role_arn="arn:aws:iam::123456789012:role/nodes",
            subnet_ids=[subnet.id],
            instance_types=["p5.48xlarge"],
            capacity_type=capacity_type,
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                desired_size=size, min_size=0, max_size=8
            ),
            region="eu-north-1",
            opts=options,
        )
        pulumi.export("endpoint", cluster.endpoint)

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cloud"


@pytest.fixture
def stack(tmp_path: Path, folder: Path) -> Iterator[SandboxStack]:
    with sandbox(folder) as environment:
        yield SandboxStack(tmp_path / "stack", environment, program())


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    with Ledger(folder) as opened:
        yield opened


@pytest.fixture
def control(folder: Path) -> Iterator[Control]:
    with Control(folder) as opened:
        yield opened


def names(ledger: Ledger) -> list[str]:
    return sorted(made.name for made in ledger.resources())


def outcomes(ledger: Ledger) -> list[str]:
    return [
        f"{call.method} {call.urn.rpartition('::')[2]}: {call.outcome}" for call in ledger.calls()
    ]


def test_from_nothing_to_nothing(stack: SandboxStack, ledger: Ledger) -> None:
    previewed = stack.preview()
    nothing_made = ledger.resources()
    made = stack.up()
    endpoint = stack.resources()["cluster"]["outputs"]["endpoint"]
    again = stack.preview()
    stack.program = program(size=4)
    scaled = stack.up()
    drifted = stack.drift()
    destroyed = stack.destroy()

    assert (
        previewed
        == made
        == [f"create {name}" for name in ("network", "subnet", "cluster", "nodes")]
    )
    assert nothing_made == []
    assert endpoint.startswith("https://")
    assert endpoint.endswith(".eks.amazonaws.com")
    assert again == []
    assert scaled == ["update nodes"]
    assert drifted == []
    assert destroyed == [f"delete {name}" for name in ("nodes", "cluster", "subnet", "network")]
    assert ledger.resources() == []
    assert outcomes(ledger) == [
        "create network: made",
        "create subnet: made",
        "create cluster: made",
        "create nodes: made",
        "update nodes: changed",
        "delete nodes: gone",
        "delete cluster: gone",
        "delete subnet: gone",
        "delete network: gone",
    ]


def test_what_can_not_be_changed_is_made_anew_before_the_old_goes(
    stack: SandboxStack, ledger: Ledger
) -> None:
    stack.up()
    stack.program = program(capacity_type="ON_DEMAND")

    steps = stack.up()

    assert steps == ["create-replacement nodes", "replace nodes", "delete-replaced nodes"]
    assert outcomes(ledger)[-2:] == ["create nodes: made", "delete nodes: gone"]
    assert names(ledger) == ALL


def test_what_has_a_name_of_its_own_goes_before_the_new_is_made(
    stack: SandboxStack, ledger: Ledger
) -> None:
    stack.program = program(name="gpus")
    stack.up()
    stack.program = program(name="gpus", capacity_type="ON_DEMAND")

    steps = stack.up()

    assert steps == ["delete-replaced nodes", "replace nodes", "create-replacement nodes"]
    assert outcomes(ledger)[-2:] == ["delete nodes: gone", "create nodes: made"]
    assert names(ledger) == ALL


def test_a_change_that_leads_to_another_is_previewed_with_it(stack: SandboxStack) -> None:
    """A template has a new version after each change, and the nodes take it."""

    def launching(machine_type: str) -> Callable[[], None]:
        def make() -> None:
            template = aws.ec2.LaunchTemplate("launch", instance_type=machine_type)
            aws.eks.NodeGroup(
                "nodes",
                cluster_name="cluster",
                node_role_arn="arn:aws:iam::123456789012:role/nodes",
                subnet_ids=["subnet-1"],
                scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                    desired_size=0, min_size=0, max_size=8
                ),
                launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                    id=template.id, version=template.latest_version.apply(str)
                ),
            )

        return make

    stack.program = launching("p5.48xlarge")
    stack.up()
    stack.program = launching("p5en.48xlarge")

    assert stack.preview() == stack.up() == ["update launch", "update nodes"]


def test_what_is_protected_stays(stack: SandboxStack, ledger: Ledger) -> None:
    stack.program = program(options=pulumi.ResourceOptions(protect=True))
    stack.up()

    said = refused(stack.destroy)

    assert "protected" in said
    assert "nodes" in names(ledger)


def test_what_is_retained_outlives_its_stack(stack: SandboxStack, ledger: Ledger) -> None:
    stack.program = program(options=pulumi.ResourceOptions(retain_on_delete=True))
    stack.up()

    stack.destroy()

    assert names(ledger) == ["nodes"]
    assert ledger.calls("delete")[-1].outcome == "gone"


def test_changes_that_are_to_be_ignored_are_none(stack: SandboxStack) -> None:
    stack.up()
    stack.program = program(
        size=5, options=pulumi.ResourceOptions(ignore_changes=["scalingConfig.desiredSize"])
    )

    assert stack.preview() == []


def test_what_is_below_a_key_with_dots_is_previewed_with_its_values(stack: SandboxStack) -> None:
    def tagged(**tags: str) -> None:
        aws.ec2.Vpc("network", cidr_block="10.0.0.0/16", region="eu-north-1", tags=tags)

    stack.program = lambda: tagged(**{"broker.dev/a": "x", "broker.dev/b": "1"})
    stack.up()
    stack.program = lambda: tagged(**{"broker.dev/b": "2", 'c."d"[0]': "y"})
    log = StepLog(member=ClusterName("aws-eu-north-1"))
    stack.one.preview(stack.bounds, log.heard)

    (step,) = log.steps()
    assert step.before == {'tags["broker.dev/a"]': "x", 'tags["broker.dev/b"]': "1"}
    assert step.after == {'tags["broker.dev/b"]': "2", r'tags["c.\"d\"[0]"]': "y"}


def test_what_is_there_can_be_imported(stack: SandboxStack, ledger: Ledger, tmp_path: Path) -> None:
    stack.up()
    there = ledger.resources("aws:ec2/vpc:Vpc")[0]

    def adopt() -> None:
        aws.ec2.Vpc(
            "adopted",
            cidr_block="10.0.0.0/16",
            region="eu-north-1",
            opts=pulumi.ResourceOptions(import_=there.id),
        )

    environment = stack.environment
    other = SandboxStack(tmp_path / "other", environment, adopt, name="other")

    assert other.up() == ["import adopted"]
    assert other.preview() == []
    assert names(ledger) == ALL


def test_drift_is_seen_and_mended(stack: SandboxStack, ledger: Ledger, control: Control) -> None:
    stack.up()
    control.drift("NodeGroup:nodes", "scalingConfig.desiredSize", 7)

    seen = stack.drift()
    stack.refresh()
    mending = stack.up()

    assert seen == ["update nodes"]
    assert mending == ["update nodes"]
    assert ledger.resources(POOL)[0].inputs["scalingConfig"]["desiredSize"] == 2


def test_what_vanished_is_made_again(stack: SandboxStack, ledger: Ledger, control: Control) -> None:
    stack.up()
    control.vanish("NodeGroup:nodes")
    stack.refresh()

    assert stack.up() == ["create nodes"]
    assert names(ledger) == ALL


def test_an_engine_that_is_killed_in_the_midst_leaves_what_was_made(
    stack: SandboxStack, ledger: Ledger, control: Control
) -> None:
    stack.program = program(name="gpus")
    control.latency(POOL, 60)
    said: list[str] = []
    runner = Thread(target=lambda: said.append(refused(stack.up)))
    runner.start()
    until(lambda: "nodes" in names(ledger))

    kill_engine(os.getpid())
    runner.join(timeout=60)
    control.withdraw("latency")
    stack.one.cancel(stack.bounds)
    recorded = stack.resources()
    again = refused(stack.up)

    assert said
    assert "nodes" not in recorded
    assert names(ledger) == ALL, "an orphan: the cloud has it, the record has not"
    assert "ResourceInUseException: NodeGroup already exists" in again
    assert len([call for call in ledger.calls("create") if call.type == POOL]) == 2
    assert names(ledger) == ALL, "and no second one"
