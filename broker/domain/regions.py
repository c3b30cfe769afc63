"""What asking a cloud about one region came to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from broker.domain.diagnostics import Diagnostic
from broker.domain.geography import RegionKey
from broker.domain.offers import Offer


class RegionStatus(StrEnum):
    """Every region asked for ends in exactly one of these."""

    OK = "ok"
    DENIED = "denied"
    NOT_OPTED_IN = "not-opted-in"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionResult:
    """The offers of one region, or why there are none.

    *fetched_at* is the oldest instant for which any of *offers* is stated; without offers, the
    instant of asking. *findings* say why a region has no offers, and what of its answer was left
    out or could not be told: a machine type of an unknown family, a price in another unit.
    """

    region: RegionKey
    status: RegionStatus
    offers: tuple[Offer, ...]
    fetched_at: datetime
    source: str
    findings: tuple[Diagnostic, ...] = ()
