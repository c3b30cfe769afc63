"""How the price of an offer went, from one change to the next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from broker.domain.history import PriceChange
from broker.domain.money import Money
from broker.domain.offers import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSeries:
    """An offer, and its price since the first of *changes*, which are in the order of time."""

    offer: Offer
    changes: tuple[PriceChange, ...]

    @property
    def known(self) -> list[Money]:
        """The prices that it had, in the order of time."""
        return [change.price for change in self.changes if change.price is not None]

    def price_at(self, instant: datetime) -> Money | None:
        """What held at *instant*; None before the first change too."""
        held = [change for change in self.changes if change.at <= instant]
        return held[-1].price if held else None

    def sampled(self, begin: datetime, end: datetime, samples: int) -> list[Money | None]:
        """What held at the end of each of so many equal parts of the time between."""
        step = (end - begin) / samples
        return [self.price_at(begin + step * (index + 1)) for index in range(samples)]


def price_series(offers: Sequence[Offer], changes: Iterable[PriceChange]) -> list[PriceSeries]:
    """One for each of *offers* that has any of *changes*, which are by offer and time."""
    by_offer = {name: tuple(own) for name, own in groupby(changes, key=lambda c: c.offer)}
    return [
        PriceSeries(offer=offer, changes=by_offer[offer.name])
        for offer in offers
        if offer.name in by_offer
    ]
