"""What is made anew though nothing of it changes: the plan's own lines say so, and count it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import Member, ResourceStep, StackPreview, StepOp
from broker.planning.actions import Action, ResourceChange, ResourceType
from broker.planning.addresses import meant, spellings
from broker.planning.document import Plan
from broker.usecases.removals import made_anew

Pool = tuple[ClusterName, PoolName]
Place = tuple[ClusterName, PoolName | None]
"""A pool, or the cluster itself."""

CONTROL_PLANE = "cluster"
"""What every program calls its cluster: with it, everything inside is made anew."""


def told_anew(
    plan: Plan,
    members: Mapping[ClusterName, Member],
    requested: Collection[str],
    previews: Iterable[StackPreview] | None,
    marked: Collection[str] = (),
) -> Plan:
    """*plan* with a replacement for each cluster and pool that *previews* make anew.

    Where the engine was not asked (None), those are the pools that were *requested*; of them, some were
    *marked* beforehand.
    """
    pools = {name: {pool.name for pool in member.pools} for name, member in members.items()}
    found = meant(requested, spellings(pools))
    asked = {(cluster, pool) for cluster, pool in found if pool is not None}
    seen = None if previews is None else [*previews]
    anew: set[Place] = {*(asked if seen is None else made_anew(seen))}
    anew |= {(name, None) for name, _ in _clusters_anew(seen or ())}
    return replace(plan, changes=tuple(_told(each, anew, asked, marked) for each in plan.changes))


def pools_anew(plan: Plan, previews: Iterable[StackPreview] | None) -> list[Pool]:
    """The pools that *previews* make anew; where the engine was not asked (None), *plan* says which."""
    if previews is not None:
        return list(made_anew(previews))
    return [
        _pool(change)
        for change in plan.changes
        if change.action is Action.REPLACE and change.resource.type is ResourceType.POOL
    ]


def clusters_anew(previews: Iterable[StackPreview]) -> list[Diagnostic]:
    """A warning of each cluster that *previews* make anew, and of what forces that."""
    return [
        Diagnostic(
            code="cluster-made-anew",
            severity=Severity.WARNING,
            subject=f"cluster.{name}",
            summary=f"cluster.{name} would be destroyed and made anew, with all that runs in it",
            detail=f"Its cloud can not change in place: {', '.join(step.forcing)}."
            if step.forcing
            else "",
            hint=f"If that is not meant, take back what forces it, or leave it with -exclude=cluster.{name}.",
        )
        for name, step in _clusters_anew(previews)
    ]


def _clusters_anew(
    previews: Iterable[StackPreview],
) -> Iterator[tuple[ClusterName, ResourceStep]]:
    for preview in previews:
        for step in preview.steps:
            if step.op is StepOp.REPLACE and step.name == CONTROL_PLANE:
                yield preview.member, step


def _told(
    change: ResourceChange,
    anew: Collection[Place],
    asked: Collection[Place],
    marked: Collection[str],
) -> ResourceChange:
    """A change of a cluster or pool that is there and stays; any other is as it was."""
    is_cluster = change.resource.type is ResourceType.CLUSTER
    place = (ClusterName(change.resource.name), None) if is_cluster else _pool(change)
    if change.action not in (Action.NO_OP, Action.UPDATE) or place not in anew:
        return change
    return replace(
        change,
        action=Action.REPLACE,
        is_requested=place in asked,
        is_marked=change.address in marked,
    )


def _pool(change: ResourceChange) -> Pool:
    cluster = ClusterName(str(change.resource.settings.get("cluster")))
    return cluster, PoolName(change.resource.name)
