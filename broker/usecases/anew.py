"""What is made anew though nothing of it changes: the plan's own lines say so, and count it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import Member, StackPreview
from broker.planning.actions import Action, ResourceChange, ResourceType
from broker.planning.addresses import meant, spellings
from broker.planning.document import Plan
from broker.usecases.removals import made_anew

Pool = tuple[ClusterName, PoolName]


def told_anew(
    plan: Plan,
    members: Mapping[ClusterName, Member],
    requested: Collection[str],
    previews: Iterable[StackPreview] | None,
    marked: Collection[str] = (),
) -> Plan:
    """*plan* with a replacement for each pool that *previews* make anew.

    Where the engine was not asked (None), those are the pools that were *requested*; of them, some were
    *marked* beforehand.
    """
    pools = {name: {pool.name for pool in member.pools} for name, member in members.items()}
    found = meant(requested, spellings(pools))
    asked = {(cluster, pool) for cluster, pool in found if pool is not None}
    anew = asked if previews is None else set(made_anew(previews))
    told = tuple(_told(change, anew, asked, marked) for change in plan.changes)
    return replace(plan, changes=told)


def pools_anew(plan: Plan, previews: Iterable[StackPreview] | None) -> list[Pool]:
    """The pools that *previews* make anew; where the engine was not asked (None), *plan* says which."""
    if previews is not None:
        return list(made_anew(previews))
    return [
        _pool(change)
        for change in plan.changes
        if change.action is Action.REPLACE and change.resource.type is ResourceType.POOL
    ]


def _told(
    change: ResourceChange,
    anew: Collection[Pool],
    asked: Collection[Pool],
    marked: Collection[str],
) -> ResourceChange:
    """A change of a pool that is there and stays; any other is as it was."""
    if change.action not in (Action.NO_OP, Action.UPDATE):
        return change
    pool = _pool(change)
    if pool not in anew:
        return change
    return replace(
        change,
        action=Action.REPLACE,
        is_requested=pool in asked,
        is_marked=change.address in marked,
    )


def _pool(change: ResourceChange) -> Pool:
    cluster = ClusterName(str(change.resource.settings.get("cluster")))
    return cluster, PoolName(change.resource.name)
