"""Rows of Azure's retail price list into prices of machine types: pure.

Linux and Windows rows of one size share the name of their meter and differ in `productName`; Spot
and Low Priority rows differ in `meterName` (learn.microsoft.com, Azure Retail Prices overview).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.money import HOURS_PER_MONTH, Money
from broker.domain.offers import CapacityType
from providers.calls.findings import prices_ambiguous, prices_left_out

Row = Mapping[str, Any]

HOUR = "1 Hour"
CURRENCY = "USD"
"""Amounts in other currencies are for orientation only, says the list itself."""

TERMS = {"1 Year": 12, "3 Years": 36, "5 Years": 60}
"""Months of each term, as the list writes it."""

OTHER_PRODUCTS = ("Cloud Services", "CloudServices", "Dedicated")


@dataclass(frozen=True, slots=True, order=True)
class Market:
    """Under which conditions a machine type is sold; *term_months* is 0 without a commitment."""

    machine_type: str
    capacity_type: CapacityType
    term_months: int = 0


@dataclass(slots=True)
class PriceList:
    """Prices per node and hour, and what was left out, by reason.

    *plans* are those of a savings plan: what is reserved so is a rate, and no capacity.
    """

    prices: dict[Market, Money] = field(default_factory=dict)
    plans: set[Market] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    ambiguous: set[str] = field(default_factory=set)

    def findings(self, subject: str) -> list[Diagnostic]:
        """A warning for what was left out, and one for what is told in two ways."""
        return [
            *([prices_left_out(subject, self.left_out)] if self.left_out else ()),
            *([prices_ambiguous(subject, self.ambiguous)] if self.ambiguous else ()),
        ]


def price_list(rows: Iterable[Row], now: datetime) -> PriceList:
    """The prices in force at *now* of everything that runs Linux on shared hosts.

    Where two rows say different things, a reservation counts before a savings plan, then the
    primary meter, then the later row, then the higher price.
    """
    found = PriceList()
    ranks: dict[Market, tuple[bool, bool, str]] = {}
    for row in rows:
        rank = (
            row.get("type") == "Reservation",
            row.get("isPrimaryMeterRegion") is True,
            str(row.get("effectiveStartDate")),
        )
        for market, amount in _stated(row, now, found.left_out):
            before = found.prices.get(market)
            if before is None or rank > ranks[market]:
                found.ambiguous.discard(market.machine_type)
                found.prices[market], ranks[market] = amount, rank
                found.plans -= {market}
                if market.capacity_type is CapacityType.RESERVED and not rank[0]:
                    found.plans.add(market)
            elif rank == ranks[market] and amount != before:
                found.ambiguous.add(market.machine_type)
                found.prices[market] = max(amount, before)
    return found


def _stated(row: Row, now: datetime, left_out: Counter[str]) -> Iterable[tuple[Market, Money]]:
    machine_type, market = str(row.get("armSkuName") or ""), _capacity_type(row)
    if not machine_type or market is None or not _in_force(row, now):
        return
    reason = _unusable(row)
    if reason:
        left_out[reason] += 1
        return
    if market is not CapacityType.RESERVED:
        yield from _priced(Market(machine_type, market), row.get("retailPrice"), 1, left_out)
        for plan in _plans(row, market):
            yield from _committed(machine_type, plan, monthly_hours=None, left_out=left_out)
    else:
        term = {"term": row.get("reservationTerm"), "retailPrice": row.get("retailPrice")}
        yield from _committed(machine_type, term, monthly_hours=HOURS_PER_MONTH, left_out=left_out)


def _capacity_type(row: Row) -> CapacityType | None:
    """How the row sells, or None for what is no Linux machine on a shared host."""
    product, meter = str(row.get("productName") or ""), str(row.get("meterName") or "")
    other = product.endswith((" Windows", " Win")) or any(w in product for w in OTHER_PRODUCTS)
    if not product or other or "Low Priority" in meter or "Expired" in meter:
        return None
    if row.get("type") == "Reservation":
        return CapacityType.RESERVED
    if row.get("type") != "Consumption":
        return None
    return CapacityType.SPOT if re.search(r"\bSpot\b", meter) else CapacityType.ON_DEMAND


def _in_force(row: Row, now: datetime) -> bool:
    starts, ends = (_instant(row.get(f"effective{end}Date")) for end in ("Start", "End"))
    return (starts is None or starts <= now) and (ends is None or now < ends)


def _instant(text: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _unusable(row: Row) -> str:
    """Why the row's amount can not be used, or nothing."""
    if row.get("currencyCode") != CURRENCY:
        return f"in {row.get('currencyCode') or 'an unknown currency'}"
    if row.get("unitOfMeasure") != HOUR:
        return f"per {row.get('unitOfMeasure') or 'an unknown unit'}"
    if row.get("tierMinimumUnits"):
        return "for large amounts only"
    return ""


def _plans(row: Row, market: CapacityType) -> Iterable[Row]:
    plans = row.get("savingsPlan")
    if market is CapacityType.ON_DEMAND and isinstance(plans, list):
        yield from (plan for plan in plans if isinstance(plan, Mapping))


def _committed(
    machine_type: str, stated: Row, *, monthly_hours: int | None, left_out: Counter[str]
) -> Iterable[tuple[Market, Money]]:
    """A price under a commitment; the amount is for one hour where *monthly_hours* is None.

    A reservation's amount is for all hours of its term, though its unit says `1 Hour`.
    """
    months = TERMS.get(str(stated.get("term")))
    if months is None:
        left_out[f"for a term of {stated.get('term') or 'unknown length'}"] += 1
        return
    market = Market(machine_type, CapacityType.RESERVED, months)
    hours = months * monthly_hours if monthly_hours else 1
    yield from _priced(market, stated.get("retailPrice"), hours, left_out)


def _priced(
    market: Market, amount: object, hours: int, left_out: Counter[str]
) -> Iterable[tuple[Market, Money]]:
    try:
        price = Money.parse(Decimal(str(amount)) / hours)
    except (ArithmeticError, ValueError):
        left_out["no amount"] += 1
        return
    if price.micros > 0:
        yield market, price
    else:
        left_out["not above zero"] += 1
