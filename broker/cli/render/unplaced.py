"""Work that a partial plan leaves out: who yields, why, and what stopping it loses."""

from collections.abc import Mapping
from typing import Any

from broker.cli.render.cost import money, symbol_of
from broker.cli.render.style import Style

Document = Mapping[str, Any]


def render_unplaced(plan: Document, style: Style) -> str:
    """One entry for each workload; empty if everything is placed."""
    unplaced = plan.get("unplaced") or []
    if not unplaced:
        return ""
    lines = [style.yellow(f"Unplaced   {len(unplaced)} of {_all(plan)} workloads")]
    for entry in unplaced:
        lines.append(f"  {entry['workload']} ({entry['priority']}): {entry['reason']}")
        if entry["preemption_cost"] is not None:
            lost = money(entry["preemption_cost"])
            lines.append(
                f"    it runs now; stopping it loses work of {symbol_of(plan['cost'])}{lost}"
            )
    return "\n".join(lines)


def _all(plan: Document) -> int:
    placed = {placement["workload"] for placement in plan["placements"]}
    return len(placed) + len(plan["unplaced"])
