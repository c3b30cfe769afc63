"""Nodes that a cloud could not give, or would not: believed for a while, so that nobody asks at once again."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ReservationName, ZoneId
from broker.domain.offers import CapacityType, Offer


class Shortage(StrEnum):
    """Why there were no more nodes."""

    STOCK = "sold out"
    QUOTA = "over quota"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockOut:
    """No more nodes of such an offer could be had *at* that instant, as the cloud *said*; believed *until* then.

    Without a *zone*, in none of the region. Commitments of another length buy the same nodes, and are
    not to be had either; what is reserved is, unless it was asked for itself. A quota is of a *family*
    of machine types in a region: nodes that are as large, by *vcpus* and by the *count* of their devices,
    are over it too.
    """

    region: RegionKey
    zone: ZoneId | None = None
    machine_type: MachineType
    family: str
    vcpus: int
    count: Fraction
    capacity_type: CapacityType
    reservation: ReservationName | None = None
    shortage: Shortage
    at: datetime
    until: datetime
    said: str

    @property
    def nodes(self) -> tuple[object, ...]:
        """Of what there are no more."""
        return (
            self.region,
            self.zone,
            self.machine_type,
            self.capacity_type,
            self.reservation,
        )

    def covers(self, offer: Offer) -> bool:
        """Whether nodes of *offer* are such nodes."""
        is_alike = (offer.region, offer.capacity_type, offer.reservation) == (
            self.region,
            self.capacity_type,
            self.reservation,
        )
        return is_alike and self.zone in (None, offer.zone) and self._is_such(offer)

    def _is_such(self, offer: Offer) -> bool:
        if self.shortage is Shortage.STOCK:
            return offer.machine_type == self.machine_type
        is_as_large = offer.vcpus >= self.vcpus and offer.count >= self.count
        return offer.family == self.family and is_as_large

    def __str__(self) -> str:
        """Of what: `gcp us-central1 us-central1-a a3-highgpu-8g spot`."""
        others = " and larger" if self.shortage is Shortage.QUOTA else ""
        paid = None if self.reservation is None else f"of reservation {self.reservation}"
        place = (self.region.provider, self.region.region, self.zone)
        named = (*place, f"{self.machine_type}{others}", self.capacity_type, paid)
        return " ".join(part for part in named if part)

    @property
    def since(self) -> str:
        """When, and for how long that is believed: `sold out at 12:03, remembered until 13:03 UTC`."""
        at, until = self.at.astimezone(UTC), self.until.astimezone(UTC)
        return f"{self.shortage} at {at:%H:%M}, remembered until {until:%H:%M} UTC"


def believed(stock_outs: Iterable[StockOut], now: datetime) -> tuple[StockOut, ...]:
    """Those of *stock_outs* that count *now*."""
    return tuple(each for each in stock_outs if now < each.until)


def with_newer(stock_outs: Iterable[StockOut], newer: Collection[StockOut]) -> tuple[StockOut, ...]:
    """All of them, the *newer* in the place of what was said of the same nodes; in the order of names."""
    again = {each.nodes for each in newer}
    kept = [each for each in stock_outs if each.nodes not in again]
    return tuple(sorted((*kept, *newer), key=str))


def without_offers(
    stock_outs: Iterable[StockOut], offers: Collection[Offer]
) -> tuple[StockOut, ...]:
    """Those of *stock_outs* that the cloud has not proven wrong by giving nodes of *offers*."""
    return tuple(each for each in stock_outs if not any(map(each.covers, offers)))
