"""A change of a price."""

from dataclasses import dataclass
from datetime import datetime

from broker.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """From *at* on, *offer* had this price: None if unknown, or if it was *listed* no more."""

    offer: str
    at: datetime
    price: Money | None
    listed: bool = True
