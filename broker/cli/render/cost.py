"""What a fleet costs, as tables per cluster and per team, and as one line about the budget."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from broker.cli.render.figures import UNKNOWN, price
from broker.cli.render.style import Style
from broker.cli.render.table import Column, rows_of_table
from broker.domain.money import SIGNS, SUM_PLACES, Money

Document = Mapping[str, Any]


def symbol_of(cost: Document) -> str:
    """The sign of the currency, or its code where no sign is common."""
    currency: str = cost["currency"]
    return SIGNS.get(currency, currency)


def money(amount: str | None, places: int = SUM_PLACES) -> str:
    """An amount of a plan document with thousands apart; `unknown` for None.

    >>> money("1234567.891"), money(None), money("-3.5", 0)
    ('1,234,567.89', 'unknown', '-4')
    """
    return price(None if amount is None else Money.parse(amount), places)


def at_least(amount: str, unknown_prices: int) -> str:
    """A sum, with `>=` if something in it has no known price; a sum of nothing known is unknown.

    >>> at_least("12", 0), at_least("12", 1), at_least("0", 1)
    ('12.00', '>= 12.00', 'unknown')
    """
    if not unknown_prices:
        return money(amount)
    return f">= {money(amount)}" if Decimal(amount) else UNKNOWN


def render_cost(cost: Document, style: Style) -> str:
    """Both tables, what is not counted, and the budget."""
    before = cost["before"]
    blocks = [
        _table("Cost per cluster", cost, "clusters", style),
        _table("Cost per team", cost, "teams", style),
    ]
    unknown = cost["unknown"] + [
        f"{item} (before)"
        for item in (before or {}).get("unknown", [])
        if item not in cost["unknown"]
    ]
    if unknown:
        blocks.append("\n".join(f"  unknown, not counted as 0: {item}" for item in unknown))
    if cost["budget"] is not None:
        blocks.append(render_budget(cost, style))
    return "\n\n".join(blocks)


def render_budget(cost: Document, style: Style) -> str:
    """How much of the budget the month takes."""
    budget, currency = cost["budget"], cost["currency"]
    monthly = Money.parse(budget["monthly"], currency)
    bound = "at least " if cost["unknown_prices"] else ""
    used = "" if budget["used"] is None else f", {bound}{percent(budget['used'])} used"
    line = f"Budget   {monthly.shown()} a month{used}"
    if budget["exceeded"]:
        over = Money.parse(cost["monthly"], currency) - monthly
        line = style.yellow(f"{line}: {bound}{over.shown()} over, which warns only")
    return "\n".join([line, *_team_budgets(budget, currency, style)])


def _team_budgets(budget: Document, currency: str, style: Style) -> Iterator[str]:
    for team in budget.get("teams", ()):
        monthly, charged = (Money.parse(team[key], currency) for key in ("monthly", "charged"))
        share = "" if team["used"] is None else f", {percent(team['used'])} used"
        line = f"  {team['team']}: {charged.shown()} of {monthly.shown()} a month{share}"
        yield style.yellow(f"{line}: over, which warns only") if team["exceeded"] else line


def percent(share: str, places: int = 1) -> str:
    """A share as per cent.

    >>> percent("0.7412")
    '74.1 %'
    """
    return f"{Decimal(share) * 100:,.{places}f} %"


def _table(title: str, cost: Document, key: str, style: Style) -> str:
    columns = _absolute(title, cost, key) if cost["before"] is None else _compared(title, cost, key)
    *lines, last = rows_of_table(columns, style)
    return "\n".join([*lines, style.bold(last)])


def _absolute(title: str, cost: Document, key: str) -> list[Column]:
    symbol = symbol_of(cost)
    rows = [*cost[key], _total(cost)]
    return [
        _names(title, rows),
        Column(
            title=f"{symbol}/hour",
            cells=[at_least(row["hourly"], row["unknown_prices"]) for row in rows],
            right=True,
        ),
        Column(
            title=f"{symbol}/month",
            cells=[at_least(row["monthly"], row["unknown_prices"]) for row in rows],
            right=True,
        ),
        Column(
            title="share",
            cells=[*(_share(row["monthly"], cost["monthly"]) for row in cost[key]), ""],
            right=True,
        ),
    ]


def _compared(title: str, cost: Document, key: str) -> list[Column]:
    symbol = symbol_of(cost)
    pairs = list(_pairs(cost["before"][key], cost[key]))
    pairs.append((_total(cost["before"]), _total(cost)))
    return [
        _names(title, [before or after or {} for before, after in pairs]),
        Column(
            title=f"now {symbol}/month", cells=[_monthly(before) for before, _ in pairs], right=True
        ),
        Column(
            title=f"after {symbol}/month", cells=[_monthly(after) for _, after in pairs], right=True
        ),
        Column(
            title="change", cells=[_change(before, after) for before, after in pairs], right=True
        ),
    ]


def _total(cost: Document) -> Document:
    return {
        "name": "total, month of 730 h",
        "hourly": cost["hourly"],
        "monthly": cost["monthly"],
        "unknown_prices": cost["unknown_prices"],
    }


def _names(title: str, rows: Sequence[Document]) -> Column:
    return Column(title=title, cells=[f"  {row['name']}" for row in rows])


def _pairs(
    before: Sequence[Document], after: Sequence[Document]
) -> Iterator[tuple[Document | None, Document | None]]:
    """The rows of both, matched by name: those that stay or come in their order, then the rest."""
    old = {row["name"]: row for row in before}
    for row in after:
        yield old.pop(row["name"], None), row
    for row in old.values():
        yield row, None


def _monthly(row: Document | None) -> str:
    return "-" if row is None else at_least(row["monthly"], row["unknown_prices"])


def _change(before: Document | None, after: Document | None) -> str:
    """The difference; unknown if one side has an unknown price that the other has not."""
    unknown = [0 if row is None else row["unknown_prices"] for row in (before, after)]
    amounts = [Money(0) if row is None else Money.parse(row["monthly"]) for row in (before, after)]
    if unknown[0] != unknown[1]:
        return UNKNOWN
    change = amounts[1] - amounts[0]
    return f"{'+' if change.micros > 0 else ''}{price(change, SUM_PLACES)}"


def _share(part: str, whole: str) -> str:
    return percent(str(Decimal(part) / Decimal(whole))) if Decimal(whole) else ""
