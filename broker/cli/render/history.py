"""How prices went: a line per offer with a sparkline, or every change as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from broker.catalog.history import PriceSeries
from broker.cli.render.figures import capacity, price
from broker.cli.render.style import Style
from broker.cli.render.table import Column, render_table
from broker.domain.money import Money
from broker.domain.wording import many

LEVELS = "▁▂▃▄▅▆▇█"
UNKNOWN_LEVEL = "·"
SAMPLES = 24


def history_document(series: Sequence[PriceSeries]) -> dict[str, Any]:
    """Every change, complete."""
    return {
        "history": [
            {
                "offer": one.offer.name,
                "changes": [
                    {
                        "at": change.at.isoformat().replace("+00:00", "Z"),
                        "price": None if change.price is None else str(change.price),
                        "listed": change.listed,
                    }
                    for change in one.changes
                ],
            }
            for one in series
        ]
    }


def render_history(
    series: Sequence[PriceSeries], *, limit: int, now: datetime, style: Style
) -> str:
    """The first *limit* of them (0: all), each from the first change of any until *now*."""
    if not series:
        return "No price of these is in the history yet: `broker refresh` adds to it."
    shown = series[:limit] if limit else series
    begin = min(one.changes[0].at for one in series)
    columns = [
        Column(title="CLOUD", cells=[one.offer.region.provider for one in shown]),
        Column(
            title="REGION/ZONE", cells=[one.offer.zone or one.offer.region.region for one in shown]
        ),
        Column(title="MACHINE TYPE", cells=[one.offer.machine_type for one in shown]),
        Column(
            title="CAPACITY",
            cells=[capacity(one.offer.capacity_type, one.offer.term_months) for one in shown],
        ),
        Column(title="LOW", cells=[_extreme(one, least=True) for one in shown], right=True),
        Column(title="HIGH", cells=[_extreme(one, least=False) for one in shown], right=True),
        Column(title="NOW $/H", cells=[price(one.changes[-1].price) for one in shown], right=True),
        Column(title="CHANGES", cells=[f"{len(one.changes) - 1:,}" for one in shown], right=True),
        Column(
            title=f"SINCE {begin:%Y-%m-%d %H:%M}",
            cells=[sparkline(one.sampled(begin, max(begin, now), SAMPLES)) for one in shown],
        ),
    ]
    notes = [
        f"{many(len(series), 'offer')} with a history, in USD an hour; {UNKNOWN_LEVEL} is unknown."
    ]
    if len(shown) < len(series):
        notes.append(f"Shown: {len(shown):,} (-limit=0 shows all).")
    return "\n".join([render_table(columns, style), "", *map(style.dim, notes)])


def _extreme(series: PriceSeries, *, least: bool) -> str:
    known = series.known
    if not known:
        return price(None)
    return price(min(known) if least else max(known))


def sparkline(values: Sequence[Money | None]) -> str:
    """One character for each value, from its lowest to its highest; one that never moved is low.

    >>> sparkline([None, Money(1), Money(8), Money(4)])
    '·▁█▄'
    """
    known = [value.micros for value in values if value is not None]
    low, span = min(known, default=0), max(known, default=0) - min(known, default=0)
    return "".join(
        UNKNOWN_LEVEL
        if value is None
        else LEVELS[(value.micros - low) * (len(LEVELS) - 1) // span if span else 0]
        for value in values
    )
