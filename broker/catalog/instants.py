"""Whether the clock of this computer can be right, by what sources say of their prices."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.regions import RegionResult

CLOCK_SKEW = timedelta(minutes=10)
"""By how much the clocks of two computers may differ."""


def clock_findings(results: Iterable[RegionResult], now: datetime) -> tuple[Diagnostic, ...]:
    """A warning if anything of *results* is of later than *now*: no age can be told then."""
    known = list(results)
    instants = [offer.fetched_at for result in known for offer in result.offers]
    newest = max([*instants, *(result.fetched_at for result in known)], default=now)
    if newest - now <= CLOCK_SKEW:
        return ()
    return (
        Diagnostic(
            severity=Severity.WARNING,
            code="clock-behind",
            subject="the clock of this computer",
            summary=f"Prices are known of {_written(newest)}, and it is {_written(now)} here",
            detail="Ages are told as 0, and -max-price-age leaves nothing out.",
            hint="Set the clock of this computer, and refresh again.",
        ),
    )


def _written(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
