"""What would go, as documents tell it."""

from collections.abc import Iterable, Mapping
from typing import Any

from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName
from broker.planning.change_documents import FORMAT_VERSION, change_documents
from broker.planning.cost import cost
from broker.planning.diff import diff
from broker.planning.plan_shape import TO_DESTROY
from broker.planning.resources import amount
from broker.planning.stacks import stack_documents
from broker.usecases.destroy import Removal


def removal_document(removal: Removal) -> dict[str, Any]:
    """What would go, as plans write changes: of the fleet, and of each stack.

    What it costs before is null where a cluster is half made: nobody can tell.
    """
    before, after = (cost(fleet, removal.currency) for fleet in (removal.gone, removal.left))
    begun = half_made(removal.previews, removal.gone)
    return {
        "format_version": FORMAT_VERSION,
        "applyable": bool(removal.previews),
        "resource_changes": change_documents(diff(removal.left, removal.gone)),
        "stacks": stack_documents(removal.previews.values()),
        "cost": {
            "currency": removal.currency,
            "before": None if begun else amount(before.total.monthly),
            "monthly": amount(after.total.monthly),
        },
    }


def half_made(names: Iterable[ClusterName], fleet: Fleet) -> list[ClusterName]:
    """Those that were begun and never finished: they are in no *fleet*, and nobody can tell their cost."""
    return sorted(set(names) - {cluster.name for cluster in fleet.clusters})


def is_removal(document: Mapping[str, Any]) -> bool:
    """Whether a saved plan is one of what is to go."""
    return document.get("mode") == TO_DESTROY
