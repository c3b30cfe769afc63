"""The immutable set of offers that a plan used."""

from dataclasses import dataclass
from datetime import datetime

from broker.catalog.fingerprint import fingerprint
from broker.catalog.network import Network
from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.regions import CapacityScore, RegionStatus, Restriction
from broker.domain.spec import Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How one region was accounted for: *fetched_at* is the oldest instant of its prices."""

    region: RegionKey
    status: RegionStatus
    fetched_at: datetime
    source: str
    offers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All offers of one instant, in the order of their names, and the network around them.

    *quotas*, *restrictions* and *scores* are what the clouds say of this account, in the order of
    regions; where a cloud says nothing, nothing is known.
    """

    offers: tuple[Offer, ...]
    coverage: tuple[Coverage, ...]
    network: Network
    quotas: tuple[Quota, ...] = ()
    restrictions: tuple[tuple[RegionKey, Restriction], ...] = ()
    scores: tuple[tuple[RegionKey, CapacityScore], ...] = ()

    def digest(self) -> str:
        """Of all that is in it: two snapshots that agree give one plan of a spec."""
        return fingerprint(self)
