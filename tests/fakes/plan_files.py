"""A small plan as it is saved."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from broker.domain.canonical import digest
from broker.domain.ids import ClusterName
from broker.domain.money import Money
from broker.ports.stores import Bindings, StackBinding

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)

DOCUMENT: dict[str, Any] = {
    "format_version": "1.2",
    "fleet": "research",
    "names": ["é", "ü"],
    "nodes": 3,
    "desired": {},
}


def bindings(**changed: Any) -> Bindings:
    """What DOCUMENT is bound to."""
    given: dict[str, Any] = {
        "lineage": "7c1f0a",
        "serial": 41,
        "spec": digest("spec"),
        "snapshot": digest("snapshot"),
        "policy": digest([]),
        "desired": digest({}),
        "tool": "0.1.0",
        "issued_at": NOW,
        "expires_at": NOW + timedelta(hours=1),
        "price_tolerance": Decimal("0.02"),
        "cost_cap": Money.parse("1000"),
        "stacks": (
            StackBinding(
                member=ClusterName("aws-eu-west-1"), checkpoint="sha256:0", steps=digest([])
            ),
        ),
    }
    return Bindings(**{**given, **changed})
