"""Work that a partial plan leaves out: who yields, why, and what stopping it loses."""

from collections.abc import Iterator, Mapping
from typing import Any

from broker.cli.render.cost import money, symbol_of
from broker.cli.render.style import Style
from broker.domain.wording import many

Document = Mapping[str, Any]


def render_unplaced(plan: Document, style: Style) -> str:
    """One entry for each workload; empty if everything is placed."""
    unplaced = plan.get("unplaced") or []
    if not unplaced:
        return ""
    lines = [style.yellow(f"Unplaced   {_part(plan)}")]
    for entry in unplaced:
        lines.append(f"  {entry['workload']} ({entry['priority']}): {entry['reason']}")
        lines += [f"    {line}" for line in what_it_costs(entry, symbol_of(plan["cost"]))]
    return "\n".join(lines)


def without_place(plan: Document) -> str:
    """How much of the work has no place, as the end of a sentence; empty if all of it has one."""
    unplaced = plan.get("unplaced") or []
    if not unplaced:
        return ""
    return f"{_part(plan)} {'has' if len(unplaced) == 1 else 'have'} no place"


def what_it_costs(entry: Document, symbol: str) -> Iterator[str]:
    """What leaving that workload out loses, and what it does not cost."""
    if entry["preemption_cost"] is not None:
        yield f"it runs now; stopping it loses work of {symbol}{money(entry['preemption_cost'])}"
    if entry.get("alone_monthly") is not None:
        yield f"alone, on its cheapest offer, it would cost {symbol}{money(entry['alone_monthly'])} a month"


def _part(plan: Document) -> str:
    placed = {placement["workload"] for placement in plan["placements"]}
    unplaced = len(plan["unplaced"])
    return f"{unplaced:,} of {many(len(placed) + unplaced, 'workload')}"
