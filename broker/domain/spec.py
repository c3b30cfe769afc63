"""The user's fleet.yaml as values: what is wanted, and within which bounds."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from broker.domain.blocks import Imported, Moved, Removed
from broker.domain.checks import Check
from broker.domain.diagnostics import Where
from broker.domain.geography import RegionKey
from broker.domain.ids import (
    ClientsName,
    DatasetName,
    MachineType,
    ProviderName,
    ReservationName,
    TeamName,
    ZoneId,
)
from broker.domain.money import Money
from broker.domain.offers import CapacityType, ReservationKey
from broker.domain.workloads import Workload

BYTES_PER_GB = 10**9

FLEET_FILE = "fleet.yaml"
"""What a spec is called, in a user's folder and among the examples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderScope:
    """Which regions of a cloud may be used: None means all; *excluded* is taken off.

    *fixed_monthly* is what using that cloud at all costs the organisation (support plan,
    interconnect), as stated by the user. So is *cluster_hourly*, what a cluster costs beside its
    nodes: None leaves that to the tables.
    """

    provider: ProviderName
    regions: frozenset[str] | None
    excluded: frozenset[str] = frozenset()
    fixed_monthly: Money
    cluster_hourly: Money | None = None
    where: Where | None = None

    def includes(self, region: RegionKey) -> bool:
        """Whether *region* may be used."""
        return (
            region.provider == self.provider
            and (self.regions is None or region.region in self.regions)
            and region.region not in self.excluded
        )


class OnBreach(StrEnum):
    """What a plan over budget comes to."""

    DENY = "deny"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most a month of 730 hours may cost, and what each of *teams* may be charged of it."""

    monthly: Money
    teams: tuple[tuple[TeamName, Money], ...] = ()
    on_breach: OnBreach = OnBreach.DENY
    where: Where | None = None


class Replication(StrEnum):
    """Whether copies of a data set may be made in other regions."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Data that workloads read, where it lives, and how fast a copy of it is made."""

    name: DatasetName
    size_bytes: int
    home: RegionKey
    tier: str
    replication: Replication
    copy_gbps: Fraction = Fraction(1)
    where: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """Those who call services, and the regions nearest to them."""

    name: ClientsName
    places: tuple[RegionKey, ...]
    requests_per_second: Fraction | None = None
    where: Where | None = None


class QuotaUnit(StrEnum):
    """What a quota counts."""

    ACCELERATORS = "accelerators"
    VCPUS = "vcpus"
    NODES = "nodes"


STOCK_OUTS = "stock-outs"
"""By what a quota is stated that is none: by what was out of stock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A limit by the cloud, as stated by the user or by the cloud.

    It holds for each region by itself, or for all of the cloud together where it *spans* them.
    Selects offers by cloud and, where given, region, zone, capacity types, accelerator (model or
    full name), machine type, several machine types (some clouds count a part of a family), family
    or reservation; one that *is_unreserved* counts no node that a reservation has paid for. *limit* counts *unit* over all selected nodes of one region (or of all); *used*
    is what is taken of it, None if nobody says. *stated_by* is empty for the user's own.
    """

    name: str
    provider: ProviderName
    region: str | None
    zone: ZoneId | None = None
    capacity_types: frozenset[CapacityType] | None = None
    accelerator: str | None = None
    machine_type: MachineType | None = None
    machine_types: frozenset[MachineType] | None = None
    family: str | None = None
    reservation: ReservationKey | None = None
    is_unreserved: bool = False
    spans: bool = False
    unit: QuotaUnit
    limit: int
    used: int | None = None
    stated_by: str = ""
    where: Where | None = None

    @property
    def is_stock(self) -> bool:
        """Whether it is no limit of a right, but what there is of nodes that are out of stock."""
        return self.stated_by == STOCK_OUTS

    @property
    def title(self) -> str:
        """What it is called where one would not know that it is a quota."""
        is_told = self.reservation is not None or self.is_stock
        return self.name if is_told else f"quota {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Capacity that is paid already, whether it is used or not, until it *ends*.

    *capacity_type* is how it was sold: as a reservation, or as a capacity block. *monthly* is what it
    costs, None if not stated; it is shown beside a plan, never decided on.
    """

    name: ReservationName
    region: RegionKey
    capacity_type: CapacityType = CapacityType.RESERVED
    zone: ZoneId | None = None
    machine_type: MachineType
    nodes: int
    monthly: Money | None = None
    ends: datetime | None = None
    where: Where | None = None

    @property
    def key(self) -> ReservationKey:
        """By what it is told from the others: two may have one name."""
        return ReservationKey(
            name=self.name, region=self.region, zone=self.zone, machine_type=self.machine_type
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What is minimised: cost in *currency*, moves having to save at least the share *stability*.

    Spot nodes of which no source says how often are reclaimed *spot_reclaims_per_hour*.
    """

    currency: str = "USD"
    stability: Fraction = Fraction(2, 100)
    spot_reclaims_per_hour: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterTerms:
    """How all clusters are made: who reaches their API beside themselves, and whether a sensor runs."""

    authorized_networks: tuple[str, ...] = ()
    has_sensor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSpec:
    """One fleet.yaml, checked and lowered."""

    name: str
    owner: str
    labels: dict[str, str] = field(default_factory=dict)
    providers: tuple[ProviderScope, ...]
    objective: Objective = field(default_factory=Objective)
    budget: Budget | None = None
    datasets: tuple[Dataset, ...] = ()
    clients: tuple[Clients, ...] = ()
    quotas: tuple[Quota, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    checks: tuple[Check, ...] = ()
    clusters: ClusterTerms = field(default_factory=ClusterTerms)
    moved: tuple[Moved, ...] = ()
    removed: tuple[Removed, ...] = ()
    imported: tuple[Imported, ...] = ()
    workloads: tuple[Workload, ...]
    digest: str
    source: str
