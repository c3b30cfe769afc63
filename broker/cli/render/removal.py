"""What a destroy would take away."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from broker.cli.render.placement import colored
from broker.cli.render.stacks import render_stacks
from broker.cli.render.style import Style
from broker.domain.ids import ClusterName
from broker.domain.money import Money
from broker.domain.wording import many
from broker.planning.change_documents import FORMAT_VERSION
from broker.planning.cost import FleetCost, cost
from broker.planning.stacks import stack_documents
from broker.usecases.destroy import Removal
from broker.usecases.removal_documents import half_made

PROTECTION = (
    "  Before a cluster goes, its cloud's own protection of it is lifted: where that is a setting of the "
    "cluster,\n  it is told as 1 changed in the end."
)
"""What the steps of a removal do not tell."""


def render_removal(removal: Removal, style: Style, *, lists_all: bool = False) -> str:
    """Each cluster and pool that goes, how many resources (with *lists_all*, which), and what is saved."""
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
    begun = half_made(removal.previews, removal.gone)
    lines += [
        colored(f"  - cluster.{name}   begun, and never finished", "-", style) for name in begun
    ]
    if lists_all:
        stacks = stack_documents(removal.previews.values())
        lines += ["", render_stacks(stacks, style, lists_all=True)]
    lines += ["", *_resources(removal), _saved(before, after, begun)]
    return "\n".join(lines) + "\n"


def half_made_words(begun: Collection[ClusterName]) -> str:
    """Why a cost is not known."""
    are = "is" if len(begun) == 1 else "are"
    return f"{', '.join(f'cluster.{name}' for name in begun)} {are} half made"


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
    lines = [f"{told} ({many(counts['delete'], 'cloud resource')})."]
    return [*lines, PROTECTION] if gone else lines


def _saved(before: FleetCost, after: FleetCost, begun: Collection[ClusterName]) -> str:
    now, then = before.total.monthly, after.total.monthly
    if begun:
        rest = f" beside the {now.shown()} of the others" if now.micros else ""
        return f"Cost: not known now: {half_made_words(begun)}{rest}; {then.shown()} a month after."
    saved = now - then
    return f"Cost: {now.shown()} a month now, {then.shown()} after; {saved.shown()} less."


def render_removal_plan(document: Mapping[str, Any], style: Style, *, lists_all: bool) -> str:
    """A saved plan of what is to go, as it was when it was made."""
    costs = document["cost"]
    currency = costs["currency"]
    before, after = (
        "not known" if costs[when] is None else Money.parse(costs[when], currency).shown()
        for when in ("before", "monthly")
    )
    lines = [
        style.bold("broker destroy   the following will be destroyed"),
        *(colored(f"  - {change['address']}", "-", style) for change in _deleted(document)),
        "",
        render_stacks(document["stacks"], style, lists_all=lists_all),
        *([PROTECTION] if any(c["type"] == "cluster" for c in _deleted(document)) else []),
        "",
        f"Cost: {before} a month before, {after} after.",
    ]
    return "\n".join(lines) + "\n"


def _deleted(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    changes = document["resource_changes"]
    return [change for change in changes if change["change"]["actions"] == ["delete"]]
