"""Instants and amounts of Google's messages."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from broker.domain.money import Money
from providers.gcp.messages import instant, micro_dollars


@dataclass
class Told:
    currency_code: str
    units: int
    nanos: int


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        (Told("USD", 3, 250_000_000), Money.parse("3.25")),
        (Told("USD", 0, 1_499), Money(1)),
        (Told("USD", 0, 0), None),
        (Told("USD", -1, 0), None),
        (Told("EUR", 3, 0), None),
        (Told("", 3, 0), None),
    ],
)
def test_an_amount_is_of_dollars_and_above_zero(told: Told, amount: Money | None) -> None:
    assert micro_dollars(told) == amount


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-12-01T08:00:00Z", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ("2026-12-01T00:00:00-08:00", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ("2026-12-01T08:00:00", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_an_instant_has_an_offset(text: object, at: datetime | None) -> None:
    assert instant(text) == at
