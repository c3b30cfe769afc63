"""Desired minus recorded."""

from typing import Any

from broker.domain.fleet import Fleet
from broker.planning.actions import (
    Action,
    AttributeChange,
    Resource,
    ResourceChange,
    ResourceType,
    Setting,
)
from broker.planning.order import order
from broker.planning.resources import resources

FIXED_SETTINGS: dict[ResourceType, frozenset[str]] = {
    ResourceType.CLUSTER: frozenset({"provider", "region"}),
    ResourceType.POOL: frozenset(
        {
            "cluster",
            "provider",
            "region",
            "zone",
            "machine_type",
            "capacity_type",
            "term_months",
        }
    ),
    ResourceType.WORKLOAD: frozenset(),
    ResourceType.DATA: frozenset({"destination"}),
}
"""Settings that no cloud changes in place. A workload's are judged by `_is_fixed`."""


def diff(desired: Fleet, recorded: Fleet | None) -> tuple[ResourceChange, ...]:
    """What turns *recorded* (None: nothing is there) into *desired*, in the order to do it."""
    before = resources(recorded) if recorded is not None else {}
    after = resources(desired)
    return order(
        _change(before.get(address), after.get(address)) for address in sorted(before | after)
    )


def _change(before: Resource | None, after: Resource | None) -> ResourceChange:
    if before is None:
        return ResourceChange(action=Action.CREATE, before=None, after=after)
    if after is None:
        return ResourceChange(action=Action.DELETE, before=before, after=None)
    attributes = tuple(
        AttributeChange(
            attribute=name,
            before=before.settings[name],
            after=after.settings[name],
            forces_replacement=_is_fixed(
                after.type, name, before.settings[name], after.settings[name]
            ),
        )
        for name in after.settings
        if before.settings[name] != after.settings[name]
    )
    return ResourceChange(
        action=_action(attributes), before=before, after=after, attributes=attributes
    )


def _action(attributes: tuple[AttributeChange, ...]) -> Action:
    if not attributes:
        return Action.NO_OP
    if any(change.forces_replacement for change in attributes):
        return Action.REPLACE
    return Action.UPDATE


def _is_fixed(kind: ResourceType, name: str, before: Setting, after: Setting) -> bool:
    if kind is ResourceType.WORKLOAD and name == "placements":
        return _moves_altogether(before, after)
    return name in FIXED_SETTINGS[kind]


def _moves_altogether(before: Setting, after: Setting) -> bool:
    """Whether no replica can stay: every one of them has to start anew on other nodes."""
    return not (_homes(before) & _homes(after))


def _homes(placements: Setting) -> set[tuple[Any, ...]]:
    if not isinstance(placements, list):
        return set()
    return {
        tuple(value for key, value in sorted(placement.items()) if key != "replicas")
        for placement in placements
    }
