"""Changes of a fleet as plan documents write them, in the shape of Terraform's `resource_changes`."""

from collections.abc import Iterable
from typing import Any

from broker.planning.actions import Action, Resource, ResourceChange

Document = dict[str, Any]

FORMAT_VERSION = "1.2"
"""That of Terraform's plans, whose shape it is."""

PROVIDER_NAME = "gpu-broker"


def change_documents(changes: Iterable[ResourceChange]) -> list[Document]:
    """Each change, in the order given."""
    return [_change(change) for change in changes]


def _change(change: ResourceChange) -> Document:
    entry: Document = {
        "address": change.address,
        "mode": "managed",
        "type": change.resource.type.value,
        "name": change.resource.name,
        "provider_name": PROVIDER_NAME,
        "change": {
            "actions": change.action.steps,
            "before": _settings(change.before),
            "after": _settings(change.after),
            "after_unknown": False if change.after is None else {},
            "before_sensitive": False if change.before is None else {},
            "after_sensitive": False if change.after is None else {},
        },
        "figures": {
            "before": None if change.before is None else dict(change.before.figures),
            "after": None if change.after is None else dict(change.after.figures),
        },
    }
    if change.action is Action.REPLACE:
        entry["change"]["replace_paths"] = change.replace_paths
    if change.reason is not None:
        entry["action_reason"] = change.reason
    if change.attributes:
        entry["attributes"] = [
            {
                "attribute": attribute.attribute,
                "before": attribute.before,
                "after": attribute.after,
                "forces_replacement": attribute.forces_replacement,
            }
            for attribute in change.attributes
        ]
    return entry


def _settings(resource: Resource | None) -> Document | None:
    return None if resource is None else dict(resource.settings)
