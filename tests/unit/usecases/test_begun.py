"""What a next best fleet takes back is told, but for what was made for pools that could not be had."""

from typing import Any

from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import ResourceStep, StackPreview, StepOp
from broker.planning.stacks import stack_documents
from broker.usecases.begun import taken_back

EAST, WEST = ClusterName("azure-eastus2"), ClusterName("azure-westeurope")
POOL = PoolName("standard-nc24ads-a100-v4-on-demand")


def going(cluster: ClusterName, *names: str) -> dict[str, Any]:
    """A plan that takes resources of these names away."""
    steps = tuple(
        ResourceStep(name=n, type="pool", op=StepOp.DELETE, urn=f"urn:pulumi:a::b::pool::{n}")
        for n in names
    )
    preview = StackPreview(member=cluster, steps=steps, unchanged=0, checkpoint=None)
    return {"stacks": stack_documents([preview])}


def told(document: dict[str, Any]) -> list[str]:
    return [each.detail for each in taken_back(document, {}, [(WEST, POOL)])]


def test_what_was_made_for_a_pool_that_could_not_be_had_goes_unsaid() -> None:
    assert told(going(WEST, POOL, f"pool-{POOL}")) == []


def test_a_pool_of_the_same_name_in_another_cluster_is_told_of() -> None:
    assert told(going(EAST, POOL)) == [f"{EAST}: 1 resource to go"]


def test_another_pool_of_the_same_cluster_is_told_of() -> None:
    assert told(going(WEST, POOL, f"not{POOL}")) == [f"{WEST}: 1 resource to go"]
