"""What was paid ahead: how much of it is used, how much is not, and what it costs either way."""

from collections.abc import Mapping
from typing import Any

from broker.cli.render.cost import money, symbol_of
from broker.cli.render.style import Style
from broker.cli.render.table import Column, render_table

Document = Mapping[str, Any]


def render_reservations(plan: Document, style: Style) -> str:
    """One line for each reservation; empty if there is none."""
    reservations = plan.get("reservations") or []
    if not reservations:
        return ""
    symbol = symbol_of(plan["cost"])
    columns = [
        Column(title="Reserved", cells=[f"  {r['name']}" for r in reservations]),
        Column(title="machine type", cells=[r["machine_type"] for r in reservations]),
        Column(title="at", cells=[_place(r) for r in reservations]),
        Column(title="nodes", cells=[str(r["nodes"]) for r in reservations], right=True),
        Column(title="used", cells=[str(r["used"]) for r in reservations], right=True),
        Column(title="unused", cells=[str(r["unused"]) for r in reservations], right=True),
        Column(
            title=f"committed {symbol}/month",
            cells=[money(r["committed_monthly"]) for r in reservations],
            right=True,
        ),
    ]
    note = "  committed whether used or not; in no total above"
    return f"{render_table(columns, style)}\n{note}"


def _place(reservation: Document) -> str:
    """Where its nodes are, with the zone where that is said: others may have its name elsewhere."""
    place = f"{reservation['provider']}/{reservation['region']}"
    zone = reservation["zone"]
    return f"{place}/{zone}" if zone else place
