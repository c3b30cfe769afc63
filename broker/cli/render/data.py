"""Copies of data sets: from where to where, and for how much."""

from collections.abc import Mapping
from typing import Any

from broker.cli.render.cost import money, symbol_of
from broker.cli.render.placement import colored, symbol_of_change
from broker.cli.render.style import Style
from broker.cli.render.table import Column, fitting, rows_of_table

Document = Mapping[str, Any]

UNITS = ((10**15, "PB"), (10**12, "TB"), (10**9, "GB"), (10**6, "MB"))


def render_data(plan: Document, style: Style, width: int) -> str:
    """One line per copy; empty if nothing is copied."""
    changes = [change for change in plan["resource_changes"] if change["type"] == "data"]
    if not changes:
        return ""
    changes.sort(key=lambda change: change["address"])
    sides = [
        (
            change["change"]["after"] or change["change"]["before"],
            change["figures"]["after"] or change["figures"]["before"],
        )
        for change in changes
    ]
    symbol = symbol_of(plan["cost"])
    columns = [
        Column(
            title="Data",
            cells=[f"{symbol_of_change(change):>3} {change['name']}" for change in changes],
        ),
        Column(title="size", cells=[size(s["size_bytes"]) for s, _ in sides], right=True),
        Column(
            title="copied",
            cells=[f"{s['source']} -> {s['destination']}" for s, _ in sides],
            prose=True,
        ),
        Column(
            title=f"{symbol} once", cells=[money(f["egress_once"]) for _, f in sides], right=True
        ),
        Column(
            title=f"{symbol}/month",
            cells=[money(f["storage_monthly"]) for _, f in sides],
            right=True,
        ),
    ]
    title, *lines = rows_of_table(fitting(columns, width), style)
    return "\n".join(
        [
            title,
            *(
                colored(line, symbol_of_change(change), style)
                for line, change in zip(lines, changes, strict=True)
            ),
        ]
    )


def size(number: int) -> str:
    """Bytes in the unit that leaves the fewest digits.

    >>> size(12 * 10**12), size(1_500_000_000), size(10)
    ('12 TB', '1.5 GB', '10 bytes')
    """
    for unit, name in UNITS:
        if number >= unit:
            return f"{number / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{number} bytes"
