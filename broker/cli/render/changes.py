"""What differs, attribute by attribute, and the one line that counts it."""

from collections.abc import Iterator, Mapping
from typing import Any

from broker.cli.render.blocks import has_pending_blocks
from broker.cli.render.placement import AS_REQUESTED, UNCHANGED, colored, symbol_of_change
from broker.cli.render.style import Style
from broker.cli.render.unplaced import without_place
from broker.domain.wording import many
from broker.planning.actions import BY_MARK, BY_REQUEST
from broker.planning.lifetime import lifetime_in

Document = Mapping[str, Any]

NOUNS = {"cluster": "cluster", "pool": "pool", "workload": "workload", "data": "data replica"}

COUNTED = (("+", "to add"), ("~", "to change"), ("-/+", "to replace"), ("-", "to destroy"))


WHY = {BY_REQUEST: AS_REQUESTED, BY_MARK: "   # is tainted, so must be replaced"}
"""What is said of what is made anew though nothing of it changes, by the reason in the plan."""


def render_changes(plan: Document, style: Style) -> str:
    """Every change in place and every replacement, in the order of carrying out; empty if none.

    What only comes or goes is told by the placement.
    """
    blocks = [
        _change(change, style)
        for change in plan["resource_changes"]
        if symbol_of_change(change) in ("~", "-/+")
    ]
    if not blocks:
        return ""
    hidden = sum(symbol_of_change(change) == UNCHANGED for change in plan["resource_changes"])
    title = style.bold("Changes") + (f"   {hidden} unchanged not shown" if hidden else "")
    return "\n".join([title, *blocks])


def render_summary(plan: Document, style: Style) -> str:
    """Terraform's line, with replacements counted by themselves; another one where nothing is to be done."""
    drifted = _drifted(plan)
    is_unchanged = all(symbol_of_change(c) == UNCHANGED for c in plan["resource_changes"])
    if is_unchanged and not has_pending_blocks(plan) and not lifetime_in(plan).has_changed:
        return style.bold(_unchanged(plan, drifted))
    counts: dict[tuple[str, str], int] = {}
    for change in plan["resource_changes"]:
        key = (symbol_of_change(change), change["type"])
        counts[key] = counts.get(key, 0) + 1
    totals = ", ".join(
        f"{sum(n for (mark, _), n in counts.items() if mark == symbol)} {verb}"
        for symbol, verb in COUNTED
    )
    details = [
        f"{symbol} "
        + ", ".join(
            many(counts[symbol, kind], noun)
            for kind, noun in NOUNS.items()
            if (symbol, kind) in counts
        )
        for symbol, _ in COUNTED
        if any(mark == symbol for mark, _ in counts)
    ]
    if drifted:
        details.append(f"! {drifted}, set right by `broker apply`")
    return "\n".join([style.bold(f"Plan: {totals}."), *(f"  {detail}" for detail in details)])


def _unchanged(plan: Document, drifted: str) -> str:
    """Of a fleet that stays as it is: whether its resources and the clouds do, and what has no place."""
    unplaced = without_place(plan)
    wanted = f"{'What has a place' if unplaced else 'The fleet'} is as it is wanted"
    ending = f" {unplaced}." if unplaced else ""
    if drifted:
        told = f"{drifted}, set right by `broker apply`."
        return f"{wanted}, but the clouds are not: {told}{ending}"
    steps = sum(len(stack["steps"]) for stack in plan.get("stacks", ()))
    if steps:
        told = f"{many(steps, 'change')} to make."
        return f"{wanted}, but its resources are not: {told}{ending}"
    return f"No changes, but {unplaced}." if unplaced else f"No changes. {wanted}."


def _drifted(plan: Document) -> str:
    """What the clouds were found to have otherwise, and what was left half done; empty for nothing."""
    drift, tainted = plan.get("resource_drift", ()), plan.get("tainted", ())
    told = [many(len(drift), "resource") + " drifted"] if drift else []
    if tainted:
        told.append(many(len(tainted), "cluster") + " half changed")
    return " and ".join(told)


def _change(change: Document, style: Style) -> str:
    symbol = symbol_of_change(change)
    asked = WHY.get(change.get("action_reason", ""), "")
    head = colored(f"{symbol:>3} {change['address']}{asked}", symbol, style)
    lines = [line for attribute in change.get("attributes", ()) for line in _attribute(attribute)]
    return "\n".join([head, *(f"      {line}" for line in lines)])


def _attribute(attribute: Document) -> Iterator[str]:
    """`nodes: 14 -> 16`, or a line for each place that a workload leaves, enters or keeps."""
    forces = "   # forces replacement" if attribute["forces_replacement"] else ""
    name, before, after = attribute["attribute"], attribute["before"], attribute["after"]
    if not isinstance(before, list):
        yield f"{name}: {_value(before)} -> {_value(after)}{forces}"
        return
    yield f"{name}:{forces}"
    yield from (f"  - {_place(place)}" for place in before if place not in after)
    yield from (f"  + {_place(place)}" for place in after if place not in before)


def _value(value: str | int | None) -> str:
    match value:
        case None:
            return "none"
        case int():
            return f"{value:,}"
        case _:
            return f'"{value}"'


def _place(place: Document) -> str:
    zone = f" in {place['zone']}" if place["zone"] else ""
    return (
        f"{place['replicas']:,} in {place['cluster']} on {place['machine_type']}, "
        f"{place['capacity_type']}{zone}"
    )
