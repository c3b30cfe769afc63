"""How many nodes pools have, as records tell it, and what of that is an autoscaler's to decide. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from broker.domain.members import Member, MemberPool, ResourceStep, StackPreview, StepOp

VERSION = re.compile(r"/v\d{8}\w*(?=:)")
"""What some types of Azure carry of the version of their API."""

PATHS: Mapping[str, tuple[str, ...]] = {
    "aws:eks/nodeGroup:NodeGroup": ("scalingConfig", "desiredSize"),
    "azure-native:containerservice:AgentPool": ("count",),
    "gcp:container/nodePool:NodePool": ("nodeCount",),
}
"""Where the resource of a pool says how many nodes it has."""

PREFIX = "pool-"
"""What programs put before the name of a pool."""


def sizes_in(document: Mapping[str, Any]) -> dict[str, int]:
    """The nodes of each pool that the engine's record *document* tells of, by the pool's name."""
    held = document["deployment"].get("resources") or ()
    found = {
        str(resource["urn"]).rpartition("::")[2]: _size(resource)
        for resource in held
        if not resource.get("delete")
    }
    return {
        name.removeprefix(PREFIX): size
        for name, size in found.items()
        if size is not None and name.startswith(PREFIX)
    }


def _size(resource: Mapping[str, Any]) -> int | None:
    """What is recorded of its inputs is what the engine goes on from; the cloud tells it in outputs, too."""
    path = _path(str(resource.get("type")))
    for side in ("inputs", "outputs"):
        value: Any = resource.get(side)
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return int(value)
    return None


def _path(type_: str) -> tuple[str, ...]:
    return PATHS.get(VERSION.sub("", type_), ())


def as_it_runs(member: Member, document: Mapping[str, Any] | None) -> Member:
    """*member* with the nodes that run on its autoscaled pools, as *document* has them."""
    if document is None:
        return member
    sizes = sizes_in(document)
    pools = tuple(replace(pool, running=sizes.get(pool.name)) for pool in member.pools)
    return replace(member, pools=pools)


def without_autoscaling(preview: StackPreview, member: Member) -> StackPreview:
    """*preview*, of what drifted, without what an autoscaler does within the bounds of its pool."""
    pools = {f"{PREFIX}{pool.name}": pool for pool in member.pools}
    steps = tuple(_kept(preview.steps, pools))
    unchanged = preview.unchanged + len(preview.steps) - len(steps)
    return replace(preview, steps=steps, unchanged=unchanged)


def _kept(
    steps: tuple[ResourceStep, ...], pools: Mapping[str, MemberPool]
) -> Iterator[ResourceStep]:
    for step in steps:
        pool, path = pools.get(step.name), ".".join(_path(step.type))
        is_moved = step.op is StepOp.UPDATE and path in step.changed
        if pool is None or not is_moved or not is_within(pool, step.after.get(path)):
            yield step
            continue
        others = tuple(each for each in step.changed if each != path)
        if others:
            before, after = ({p: v for p, v in side.items() if p != path}
                             for side in (step.before, step.after))  # fmt: skip
            yield replace(step, changed=others, before=before, after=after)


def is_within(pool: MemberPool, size: object) -> bool:
    """Whether so many nodes are what an autoscaler may make of *pool*."""
    if not isinstance(size, int | float) or isinstance(size, bool):
        return False
    return pool.min_nodes < pool.max_nodes and pool.min_nodes <= size <= pool.max_nodes
