"""What a destroy would take away."""

from collections import Counter
from typing import Any

from broker.cli.render.placement import colored
from broker.cli.render.style import Style
from broker.domain.wording import many
from broker.planning.change_documents import FORMAT_VERSION, change_documents
from broker.planning.cost import FleetCost, cost
from broker.planning.diff import diff
from broker.planning.resources import amount
from broker.planning.stacks import stack_documents
from broker.usecases.destroy import Removal


def render_removal(removal: Removal, style: Style) -> str:
    """Each cluster and pool that goes, its resources, and what is saved."""
    before, after = (cost(fleet, removal.currency) for fleet in (removal.gone, removal.left))
    left = {(c.name, p.name) for c in removal.left.clusters for p in c.pools}
    lines = [style.bold("broker destroy   the following will be destroyed")]
    for cluster in removal.gone.clusters:
        if cluster.name not in removal.previews:
            continue
        goes = cluster.name not in removal.members
        mark = "-" if goes else "~"
        lines.append(colored(f"  {mark} cluster.{cluster.name}", mark, style))
        for pool in cluster.pools:
            if (cluster.name, pool.name) not in left:
                nodes = many(pool.nodes, "node")
                lines.append(
                    colored(
                        f"      - {pool.name}   {nodes} of {pool.offer.machine_type}", "-", style
                    )
                )
    shown = {cluster.name for cluster in removal.gone.clusters}
    lines += [
        colored(f"  - cluster.{name}   begun, and never finished", "-", style)
        for name in sorted(set(removal.previews) - shown)
    ]
    lines += ["", *_resources(removal), _saved(before, after)]
    return "\n".join(lines) + "\n"


def removal_document(removal: Removal) -> dict[str, Any]:
    """What would go, as plans write changes: of the fleet, and of each stack."""
    before, after = (cost(fleet, removal.currency) for fleet in (removal.gone, removal.left))
    return {
        "format_version": FORMAT_VERSION,
        "applyable": bool(removal.previews),
        "resource_changes": change_documents(diff(removal.left, removal.gone)),
        "stacks": stack_documents(removal.previews.values()),
        "cost": {
            "currency": removal.currency,
            "before": amount(before.total.monthly),
            "monthly": amount(after.total.monthly),
        },
    }


def nothing_goes() -> dict[str, Any]:
    """The same where nothing is recorded: nobody has stated a currency."""
    return {
        "format_version": FORMAT_VERSION,
        "applyable": False,
        "resource_changes": [],
        "stacks": [],
    }


def _resources(removal: Removal) -> list[str]:
    steps = [
        step for stack in stack_documents(removal.previews.values()) for step in stack["steps"]
    ]
    counts = Counter(step["op"] for step in steps)
    gone = len(set(removal.previews) - set(removal.members))
    told = f"Plan: 0 to add, {len(removal.previews) - gone} to change, {gone} to destroy"
    return [f"{told} ({many(counts['delete'], 'resource')})."]


def _saved(before: FleetCost, after: FleetCost) -> str:
    now, then = before.total.monthly, after.total.monthly
    saved = now - then
    return f"Cost: {now.shown()} a month now, {then.shown()} after; {saved.shown()} less."
