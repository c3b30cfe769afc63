"""Instants and amounts as Google writes them in its answers: pure."""

from datetime import UTC, datetime
from typing import Protocol

from broker.domain.money import Money

NANOS_PER_MICRO = 1000
MICROS_PER_DOLLAR = 1_000_000


class Amount(Protocol):
    """google.type.Money: whole units and billionths of a currency."""

    currency_code: str
    units: int
    nanos: int


def micro_dollars(told: Amount) -> Money | None:
    """The amount, to the millionth; None for another currency and for nothing."""
    micros = int(told.units) * MICROS_PER_DOLLAR + round(int(told.nanos) / NANOS_PER_MICRO)
    return Money(micros) if told.currency_code == "USD" and micros > 0 else None


def instant(text: object) -> datetime | None:
    """The instant in UTC; None for what is none, or has no offset."""
    try:
        told = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return told.astimezone(UTC) if told.tzinfo else None
