"""What of the size of a pool is an autoscaler's: within its bounds, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from broker.domain.members import Member, ResourceStep, StackPreview, StepOp
from stacks.sizes import as_it_runs, sizes_in, without_autoscaling
from tests.fakes.recorded_stacks import a_member, a_pool

EKS = "aws:eks/nodeGroup:NodeGroup"
AKS = "azure-native:containerservice/v20250801:AgentPool"
GKE = "gcp:container/nodePool:NodePool"


def resource(type_: str, name: str = "pool-plain", **sides: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:s::p::{type_}::{name}", "type": type_, **sides}


def document(*held: dict[str, Any]) -> dict[str, Any]:
    return {"deployment": {"resources": list(held)}}


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (resource(EKS, inputs={"scalingConfig": {"desiredSize": 3.0}}), {"plain": 3}),
        (resource(AKS, inputs={"count": 3}), {"plain": 3}),
        (resource("azure-native:containerservice:AgentPool", inputs={"count": 3}), {"plain": 3}),
        (resource(GKE, inputs={}, outputs={"nodeCount": 4}), {"plain": 4}),
        (resource(GKE, inputs={"nodeCount": 3}, outputs={"nodeCount": 4}), {"plain": 3}),
        (resource(GKE, inputs={}), {}),
        (resource(EKS, inputs={"scalingConfig": None}), {}),
        (resource(EKS, inputs={"scalingConfig": {"desiredSize": {"secret": 1}}}), {}),
        (resource(EKS, "system", inputs={"scalingConfig": {"desiredSize": 2}}), {}),
        (resource(EKS, inputs={"scalingConfig": {"desiredSize": 2}}, delete=True), {}),
        (resource("aws:ec2/vpc:Vpc", inputs={"": 3}), {}),
    ],
)
def test_the_nodes_of_each_pool_are_read_from_its_record(
    held: dict[str, Any], expected: dict[str, int]
) -> None:
    assert sizes_in(document(held)) == expected


def member(least: int = 2, most: int = 8) -> Member:
    return replace(
        a_member("aws", "us-east-1"), pools=(a_pool(nodes=2, min_nodes=least, max_nodes=most),)
    )


def test_a_program_is_told_what_runs() -> None:
    held = resource(EKS, inputs={"scalingConfig": {"desiredSize": 5}})

    assert as_it_runs(member(), document(held)).pools[0].running == 5
    assert as_it_runs(member(), document()).pools[0].running is None
    assert as_it_runs(member(), None) == member()


SIZE = "scalingConfig.desiredSize"


def drift(*steps: ResourceStep) -> StackPreview:
    return StackPreview(member=member().name, steps=steps, unchanged=1, checkpoint="c")


def step(size: Any = 5, **other: Any) -> ResourceStep:
    told = {"name": "pool-plain", "type": EKS, "op": StepOp.UPDATE, "changed": (SIZE,), **other}
    return ResourceStep(before={SIZE: 2, "ami": "a"}, after={SIZE: size, "ami": "b"}, **told)


@pytest.mark.parametrize("size", [2, 5, 8.0])
def test_within_its_bounds_a_size_is_no_drift(size: float) -> None:
    assert without_autoscaling(drift(step(size)), member()) == replace(drift(), unchanged=2)


@pytest.mark.parametrize(
    ("drifted", "of"),
    [
        (step(1), member()),
        (step(9), member()),
        (step(None), member()),
        (step(True), member(0)),  # noqa: FBT003
        (step(5), member(2, 2)),
        (step(5, name="system"), member()),
        (step(5, op=StepOp.DELETE), member()),
        (step(5, type="aws:ec2/vpc:Vpc"), member()),
        (step(5, changed=("ami",)), member()),
    ],
)
def test_everything_else_is(drifted: ResourceStep, of: Member) -> None:
    assert without_autoscaling(drift(drifted), of) == drift(drifted)


def test_what_drifted_beside_the_size_is_still_told() -> None:
    (left,) = without_autoscaling(drift(step(5, changed=("ami", SIZE))), member()).steps

    assert left.changed == ("ami",)
    assert (left.before, left.after) == ({"ami": "a"}, {"ami": "b"})
