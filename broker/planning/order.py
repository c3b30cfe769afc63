"""In which order changes are carried out, so that nothing runs where nothing is."""

from collections.abc import Iterable

from broker.planning.actions import Action, ResourceChange, ResourceType

MAKE_ROOM = 2
SHRINK = 6


def order(changes: Iterable[ResourceChange]) -> tuple[ResourceChange, ...]:
    """Sort *changes* by phase, then by address.

    Data is copied first, since copies take longest. Then come clusters, and pools that appear,
    grow or are replaced. Workloads that end leave before others come: the plan counts on their
    room. Pools shrink once workloads have left them. Last goes what is not wanted any more, in
    reverse: pools, clusters, data.
    """
    return tuple(sorted(changes, key=lambda change: (_phase(change), change.address)))


def _phase(change: ResourceChange) -> int:
    if change.action is Action.DELETE:
        return _DELETE_PHASES[change.resource.type]
    if change.action is Action.UPDATE and change.resource.type is ResourceType.POOL:
        return SHRINK if _shrinks(change) else MAKE_ROOM
    if change.action is Action.CREATE and change.resource.type is ResourceType.WORKLOAD:
        return _PHASES[ResourceType.WORKLOAD] + 1
    return _PHASES[change.resource.type]


_PHASES = {
    ResourceType.DATA: 0,
    ResourceType.CLUSTER: 1,
    ResourceType.POOL: MAKE_ROOM,
    ResourceType.WORKLOAD: 4,
}

_DELETE_PHASES = {
    ResourceType.WORKLOAD: 3,
    ResourceType.POOL: 7,
    ResourceType.CLUSTER: 8,
    ResourceType.DATA: 9,
}


def _shrinks(change: ResourceChange) -> bool:
    return any(
        isinstance(attribute.before, int)
        and isinstance(attribute.after, int)
        and attribute.after < attribute.before
        for attribute in change.attributes
        if attribute.attribute == "nodes"
    )
