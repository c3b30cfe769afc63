"""What a cloud sells."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction

from broker.domain.accelerators import Accelerator
from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import MachineType, ReservationName, ZoneId
from broker.domain.money import Money


class CapacityType(StrEnum):
    """How firmly the cloud promises to keep the machine running."""

    RESERVED = "reserved"
    ON_DEMAND = "on-demand"
    SPOT = "spot"
    CAPACITY_BLOCK = "capacity-block"
    FLEX = "flex"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """When capacity that is sold ahead begins and ends; it is paid for as a whole."""

    starts_at: datetime
    ends_at: datetime

    def __str__(self) -> str:
        """Its start and length: `20261201T1130Z+48h`."""
        hours = Fraction(int((self.ends_at - self.starts_at).total_seconds()), 3600)
        return f"{self.starts_at.astimezone(UTC):%Y%m%dT%H%MZ}+{hours}h"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationKey:
    """Which reservation: clouds give one name to several, in other zones or of other machine types."""

    name: ReservationName
    region: RegionKey
    zone: ZoneId | None
    machine_type: MachineType

    def __str__(self) -> str:
        """`gcp/us-east1/us-east1-b/a3-highgpu-8g:block`, without the zone where none is said."""
        place = f"{self.region}/{self.zone}" if self.zone else str(self.region)
        return f"{place}/{self.machine_type}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One machine type in one region (or zone) under one capacity type, at one price.

    *count* is the number of devices: whole, or a fraction below 1 for a slice of one device.
    *price* is per node and hour; None means that no source states it: such an offer is never
    ranked. *term_months* is the length of the commitment of a reserved offer; *window* is when a
    capacity block is to be had, its fee divided by nodes and hours being the price. *family* is the
    group of machine types under which the cloud counts quotas. *network_gbps* is None when no
    source states it. *zones* are those in which an offer of a whole region is sold, at that price;
    they are empty when no source says. *reservation* is the one that has paid for its nodes already.
    *reclaims_per_hour* is how often the cloud takes a node back, None where nobody says.
    *fetched_at* is the instant for which *source* states the price.
    """

    region: RegionKey
    zone: ZoneId | None = None
    zone_kind: ZoneKind = ZoneKind.AVAILABILITY_ZONE
    zones: tuple[ZoneId, ...] = ()
    machine_type: MachineType
    family: str
    accelerator: Accelerator
    count: Fraction
    vcpus: int
    memory_mib: int
    network_gbps: Fraction | None = None
    capacity_type: CapacityType
    term_months: int | None = None
    window: Window | None = None
    price: Money | None
    reservation: ReservationName | None = None
    reclaims_per_hour: Fraction | None = None
    fetched_at: datetime
    source: str

    @property
    def price_per_gpu_hour(self) -> Money | None:
        """The figure by which offers of different sizes compare."""
        return None if self.price is None else self.price / self.count

    @property
    def reservation_key(self) -> ReservationKey | None:
        """Which reservation has paid for its nodes; None if none has."""
        if self.reservation is None:
            return None
        return ReservationKey(
            name=self.reservation,
            region=self.region,
            zone=self.zone,
            machine_type=self.machine_type,
        )

    @property
    def name(self) -> str:
        """Unique among the offers of a snapshot, and the tie-breaker wherever two are equal."""
        place = f"{self.region}/{self.zone}" if self.zone else str(self.region)
        term = f"-{self.term_months}mo" if self.term_months else ""
        window = f"-{self.window}" if self.window else ""
        paid = f":{self.reservation}" if self.reservation else ""
        return f"{place}/{self.machine_type}/{self.capacity_type}{term}{window}{paid}"
