"""What asking a cloud about one region came to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from broker.domain.diagnostics import Diagnostic
from broker.domain.geography import Region, RegionKey, ZoneKind
from broker.domain.history import PriceChange
from broker.domain.ids import MachineType, ZoneId
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import Quota


class RegionStatus(StrEnum):
    """Every region asked for ends in exactly one of these."""

    OK = "ok"
    DENIED = "denied"
    NOT_OPTED_IN = "not-opted-in"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True, slots=True, order=True)
class Zone:
    """A zone of a region, by the cloud's stable id, whether anything is offered there or not."""

    id: ZoneId
    kind: ZoneKind = ZoneKind.AVAILABILITY_ZONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """What is listed and can not be bought by this account: an offer under it is never ranked.

    *zone* and *capacity_type* are None for all of them. *reason* is the cloud's own word for it:
    `NotAvailableForSubscription`.
    """

    machine_type: MachineType
    zone: ZoneId | None = None
    capacity_type: CapacityType | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityScore:
    """How likely the cloud says it is that *nodes* of a machine type can be had: 1 to 10.

    A score is a hint of the moment and no promise. *zone* is None for the region as a whole.
    """

    machine_type: MachineType
    zone: ZoneId | None = None
    capacity_type: CapacityType
    nodes: int
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionResult:
    """What one region offers, or why it says nothing.

    *fetched_at* is the oldest instant for which any of *offers* is stated; without offers, the
    instant of asking. *findings* say why a region has no offers, and what of its answer was left
    out or could not be told: a machine type of an unknown family, a price in another unit.
    *zones*, *quotas*, *restrictions* and *scores* are what the cloud says beside its prices, each
    sorted by its fields, and empty where it says nothing. A quota that is not in the answer is not
    known: it is neither zero nor without limit; one that the cloud calls unlimited is left out.
    One that spans regions is stated by each of them, with the machine types that it sells.
    *past* is what the cloud itself tells of earlier prices, by offer and time: it goes into the
    history of prices, and is not kept with the region.
    *place* tells the law of a region that no atlas knows, such as a cluster of the owner's.
    """

    region: RegionKey
    status: RegionStatus
    offers: tuple[Offer, ...]
    fetched_at: datetime
    source: str
    findings: tuple[Diagnostic, ...] = ()
    zones: tuple[Zone, ...] = ()
    quotas: tuple[Quota, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    scores: tuple[CapacityScore, ...] = ()
    past: tuple[PriceChange, ...] = ()
    place: Region | None = None
