"""Who answers whose requests: how the traffic of services is divided over regions."""

from collections.abc import Mapping
from typing import Any

from broker.cli.render.style import Style
from broker.cli.render.table import Column, render_table

Document = Mapping[str, Any]


def render_traffic(plan: Document, style: Style) -> str:
    """One line for each flow; empty if no service says what its replicas answer."""
    flows = plan.get("traffic") or []
    if not flows:
        return ""
    columns = [
        Column(title="Requests", cells=[f"  {flow['workload']}" for flow in flows]),
        Column(title="from", cells=[flow["from"] for flow in flows]),
        Column(title="answered in", cells=[flow["to"] for flow in flows]),
        Column(title="a second", cells=[rate(f["requests_per_second"]) for f in flows], right=True),
    ]
    return render_table(columns, style)


def rate(amount: str) -> str:
    """Requests a second without zeros that say nothing.

    >>> rate("150.000"), rate("33.330")
    ('150', '33.33')
    """
    return amount.rstrip("0").rstrip(".")
