"""Why a workload is left out of the best fleet there is: who yields, and what that costs."""

from typing import Any

from broker.cli.render.cost import symbol_of
from broker.cli.render.explain import wish
from broker.cli.render.lines import flowing
from broker.cli.render.style import Style
from broker.cli.render.unplaced import what_it_costs
from broker.planning.document import unplaced_document
from broker.usecases.explain import LeftOut

INDENT = "  "


def left_out_document(left_out: LeftOut) -> dict[str, Any]:
    """The document that `broker explain -json` prints."""
    return {
        "workload": left_out.workload.name,
        "chosen": [],
        "unplaced": unplaced_document(left_out.entry),
        "solver": {
            "status": left_out.solution.status,
            "objective": str(left_out.solution.objective),
            "bound": str(left_out.solution.bound),
        },
    }


def render_left_out(left_out: LeftOut, style: Style, width: int) -> str:
    """That it yields and to whom, and what it loses and does not cost."""
    title = f"broker explain {left_out.workload.name}"
    head = flowing(f"{title}   {wish(left_out.workload)}", width, indent=INDENT)
    entry = unplaced_document(left_out.entry)
    told = [entry["reason"], *what_it_costs(entry, _symbol(left_out))]
    lines = [
        style.bold(title) + head.removeprefix(title),
        "",
        style.yellow(f"Not placed: of {entry['priority']} priority, it yields"),
        *(flowing(f"{INDENT}{line}", width, indent=INDENT) for line in told),
    ]
    return "\n".join(lines) + "\n"


def _symbol(left_out: LeftOut) -> str:
    return symbol_of({"currency": left_out.solution.objective.currency})
