"""What the fleet needs: workloads and their requirements."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from broker.domain.accelerators import Accelerator, MigProfile
from broker.domain.diagnostics import Where
from broker.domain.ids import ClientsName, DatasetName, TeamName, WorkloadName
from broker.domain.money import HOURS_PER_MONTH
from broker.domain.offers import CapacityType

SECONDS_PER_HOUR = 3600


class WorkloadKind(StrEnum):
    """What the work is, which decides nothing by itself but its defaults."""

    TRAINING = "training"
    INFERENCE = "inference"
    BATCH = "batch"
    RENDER = "render"
    HPC = "hpc"
    QUANTUM = "quantum"


LOSES_ALL_WITH_ONE = (WorkloadKind.TRAINING, WorkloadKind.HPC)
"""Kinds of work of which a gang begins anew when it loses one node."""


class Priority(StrEnum):
    """Who yields to whom when capacity is short."""

    PRODUCTION = "production"
    STANDARD = "standard"
    BEST_EFFORT = "best-effort"


class Destruction(StrEnum):
    """Whether `broker destroy` may take away the clusters and pools on which the work is placed."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorChoice:
    """One accelerator that would do.

    *model* is a family (`A100`: any variant) or a full name (`A100-80GB`: that one).
    *minimum_memory_mib* is per device. *mig_profile* asks for that slice of a device.
    """

    model: str
    minimum_memory_mib: int | None = None
    mig_profile: MigProfile | None = None

    def accepts(self, accelerator: Accelerator) -> bool:
        """Whether the model and the memory fit (a profile is checked by `share_of_device`)."""
        return self.model in (accelerator.model, accelerator.name) and (
            self.minimum_memory_mib is None or accelerator.memory_mib >= self.minimum_memory_mib
        )

    def __str__(self) -> str:
        """For messages: `A100 >= 80 GiB`."""
        memory = f" >= {self.minimum_memory_mib // 1024} GiB" if self.minimum_memory_mib else ""
        profile = f" {self.mig_profile}" if self.mig_profile else ""
        return f"{self.model}{memory}{profile}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorRequirement:
    """What each replica needs: *count* devices (or slices) of any one of the choices.

    *count* is whole, or a fraction below 1 of a single device and of its memory.
    """

    any_of: tuple[AcceleratorChoice, ...]
    count: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How long the work runs.

    *hours* is None for work that always runs. A window (*starts*, *ends*) bounds a burst; the
    hours of a burst are paid once, in the month being planned.
    """

    hours: Fraction | None = None
    starts: datetime | None = None
    ends: datetime | None = None

    @property
    def is_burst(self) -> bool:
        """Whether the work ends."""
        return self.hours is not None

    @property
    def paid_hours(self) -> Fraction:
        """Node-hours paid for each node in the month of 730 hours."""
        return Fraction(HOURS_PER_MONTH) if self.hours is None else self.hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How the work survives the loss of its nodes."""

    every_seconds: int
    size_bytes: int
    store: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyBound:
    """Each place of *clients* must have a replica within *round_trip_ms*.

    Where a replica answers *requests_per_replica* a second, there must be enough within reach for
    all requests; answers of *response_bytes* leave the cloud at a price.
    """

    clients: ClientsName
    round_trip_ms: float
    requests_per_replica: Fraction | None = None
    response_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """Each replica must have a replica of *workload* within *round_trip_ms*; 0: in its region."""

    workload: WorkloadName
    round_trip_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """How many copies run: the plan buys for *minimum*; autoscaling may go up to *maximum*.

    Where it *grows*, quotas must leave room for the rest wherever the first ones are.
    """

    minimum: int
    maximum: int
    grows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestShares:
    """The largest share of the replicas that may be lost at once; None bounds nothing.

    *spot* is on spot offers altogether, *spot_pool* on any one of them, *zone* in any one zone.
    """

    spot: Fraction | None = None
    spot_pool: Fraction | None = None
    zone: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One unit of demand.

    *is_gang*: all replicas are placed in one region on one offer, or none. *vcpus* (in
    thousandths) and *memory_mib* are per replica. *residency* lists jurisdictions, in any of
    which it may run; empty means anywhere. *spread_regions* is the least number of regions among
    which replicas are divided evenly, *at_most* bounds the shares in one place. *apart* lists workloads with which it shares no region.
    """

    name: WorkloadName
    kind: WorkloadKind
    accelerators: AcceleratorRequirement
    replicas: Replicas
    is_gang: bool
    milli_vcpus: int
    memory_mib: int
    run: Run
    capacity_types: frozenset[CapacityType]
    checkpoint: Checkpoint | None = None
    reads: tuple[DatasetName, ...] = ()
    residency: frozenset[str] = frozenset()
    latency: LatencyBound | None = None
    spread_regions: int = 1
    at_most: LargestShares | None = None
    near: tuple[Nearness, ...] = ()
    apart: frozenset[WorkloadName] = frozenset()
    priority: Priority = Priority.STANDARD
    destruction: Destruction | None = None
    team: TeamName
    image: str | None = None
    restart_seconds: int = 0
    where: Where | None = None

    def bar(self, capacity_type: CapacityType) -> str | None:
        """Why its spec may not name *capacity_type* under `capacity`; None if it may."""
        if capacity_type is CapacityType.RESERVED and self.run.is_burst:
            return "reserved is paid for months, and this work ends"
        is_all_lost = self.is_gang and self.kind in LOSES_ALL_WITH_ONE and self.checkpoint is None
        if capacity_type is CapacityType.SPOT and is_all_lost:
            return f"a {self.kind} gang on spot needs a checkpoint"
        return None

    @property
    def lost_hours(self) -> Fraction:
        """What one reclaim costs: the restart, and of a burst half the time between checkpoints.

        Without checkpoints that is half of all its hours.
        """
        restart = Fraction(self.restart_seconds, SECONDS_PER_HOUR)
        if self.run.hours is None:
            return restart
        interval = self.run.hours
        if self.checkpoint is not None:
            interval = min(interval, Fraction(self.checkpoint.every_seconds, SECONDS_PER_HOUR))
        return restart + interval / 2
