"""Small placement problems, made by hand or at random."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from broker.catalog.network import Network
from broker.domain.accelerators import Accelerator, AcceleratorKind, MigProfile
from broker.domain.fleet import Fleet, Placement
from broker.domain.geography import Region, RegionKey
from broker.domain.ids import (
    ClientsName,
    ClusterName,
    DatasetName,
    MachineType,
    PoolName,
    ProviderName,
    ReservationName,
    TeamName,
    WorkloadName,
)
from broker.domain.money import HOURS_PER_MONTH, Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import (
    Clients,
    Dataset,
    FleetSpec,
    ProviderScope,
    Quota,
    QuotaUnit,
    Replication,
    Reservation,
)
from broker.domain.stock_outs import Shortage, StockOut
from broker.domain.workloads import (
    AcceleratorChoice,
    AcceleratorRequirement,
    LatencyBound,
    Replicas,
    Run,
    Workload,
    WorkloadKind,
)
from broker.placement.problem import Problem, with_reservations

NOW = datetime(2026, 7, 1, tzinfo=UTC)
H100 = Accelerator(model="H100", variant="", memory_mib=81920, kind=AcceleratorKind.GPU)
H200 = Accelerator(model="H200", variant="", memory_mib=144384, kind=AcceleratorKind.GPU)
A100 = Accelerator(model="A100", variant="", memory_mib=40960, kind=AcceleratorKind.GPU)
A100_80 = Accelerator(model="A100", variant="80GB", memory_mib=81920, kind=AcceleratorKind.GPU)
L4 = Accelerator(model="L4", variant="", memory_mib=24576, kind=AcceleratorKind.GPU)
EAST = RegionKey.parse("aws/us-east-1")
WEST = RegionKey.parse("aws/us-west-2")
FRANKFURT = RegionKey.parse("aws/eu-central-1")
NETHERLANDS = RegionKey.parse("gcp/europe-west4")
COUNTRIES = {EAST: "US", WEST: "US", FRANKFURT: "DE", NETHERLANDS: "NL"}


def offer(
    name: str = "p5",
    price: str | None = "10",
    *,
    region: RegionKey = EAST,
    accelerator: Accelerator = H100,
    count: int | Fraction = 8,
    memory_gib: int = 2000,
    **changes: Any,
) -> Offer:
    """An offer of a large node; *changes* are fields of Offer."""
    made = Offer(
        region=region,
        machine_type=MachineType(name),
        family="P",
        accelerator=accelerator,
        count=Fraction(count),
        vcpus=200,
        memory_mib=memory_gib * 1024,
        capacity_type=CapacityType.ON_DEMAND,
        price=None if price is None else Money.parse(price),
        fetched_at=NOW,
        source="test",
    )
    return replace(made, **changes)


def sold_out(gone: Offer, *, at: datetime = NOW, **changes: Any) -> StockOut:
    """That there is no more of *gone* since *at*, which is believed for an hour; *changes* are its fields."""
    told = StockOut(
        region=gone.region,
        zone=gone.zone,
        machine_type=gone.machine_type,
        family=gone.family,
        vcpus=gone.vcpus,
        count=gone.count,
        capacity_type=gone.capacity_type,
        reservation=gone.reservation,
        shortage=Shortage.STOCK,
        at=at,
        until=at + timedelta(hours=1),
        said="InsufficientInstanceCapacity",
    )
    return replace(told, **changes)


def workload(
    name: str = "train",
    *,
    model: str = "H100",
    count: int | str | Fraction = 8,
    replicas: int = 1,
    hours: int | Fraction | None = None,
    vcpus: int = 0,
    **changes: Any,
) -> Workload:
    """A workload that takes accelerators alone, always; *changes* are fields of Workload."""
    made = Workload(
        name=WorkloadName(name),
        kind=WorkloadKind.TRAINING,
        accelerators=AcceleratorRequirement(
            any_of=(AcceleratorChoice(model=model),), count=Fraction(count)
        ),
        replicas=Replicas(minimum=replicas, maximum=replicas),
        is_gang=False,
        milli_vcpus=vcpus * 1000,
        memory_mib=0,
        run=Run(hours=None if hours is None else Fraction(hours)),
        capacity_types=frozenset({CapacityType.ON_DEMAND}),
        team=TeamName("research"),
    )
    return replace(made, **changes)


def sliced(placed: Workload, profile: str, *more: str) -> Workload:
    """*placed*, on MIG slices of that profile of its model, or of one of *more* models."""
    models = (placed.accelerators.any_of[0].model, *more)
    choices = tuple(
        AcceleratorChoice(model=model, mig_profile=MigProfile.parse(profile)) for model in models
    )
    return replace(placed, accelerators=replace(placed.accelerators, any_of=choices))


def within(placed: Workload, milliseconds: float, clients: str = "users") -> Workload:
    """*placed*, bound to be near *clients*."""
    bound = LatencyBound(clients=ClientsName(clients), round_trip_ms=milliseconds)
    return replace(placed, latency=bound)


def reading(placed: Workload, *datasets: str) -> Workload:
    """*placed*, reading *datasets*."""
    return replace(placed, reads=tuple(DatasetName(name) for name in datasets))


def clients(*places: RegionKey, name: str = "users") -> Clients:
    return Clients(name=ClientsName(name), places=places)


def dataset(
    home: RegionKey,
    *,
    name: str = "corpus",
    size_gb: int = 1000,
    replication: Replication = Replication.ALLOWED,
) -> Dataset:
    return Dataset(
        name=DatasetName(name),
        size_bytes=size_gb * 10**9,
        home=home,
        tier="warm",
        replication=replication,
    )


def quota(
    limit: int,
    unit: QuotaUnit = QuotaUnit.NODES,
    *,
    name: str = "q",
    provider: str = "aws",
    region: str | None = None,
    **changes: Any,
) -> Quota:
    """A limit for all of a cloud; *changes* are fields of Quota, by which it selects less."""
    made = Quota(name=name, provider=ProviderName(provider), region=region, unit=unit, limit=limit)
    return replace(made, **changes)


def reservation(
    nodes: int = 1,
    *,
    name: str = "block",
    region: RegionKey = EAST,
    machine_type: str = "p5",
    **changes: Any,
) -> Reservation:
    """Nodes paid already; *changes* are fields of Reservation."""
    made = Reservation(
        name=ReservationName(name),
        region=region,
        machine_type=MachineType(machine_type),
        nodes=nodes,
    )
    return replace(made, **changes)


def cloud(provider: str, *, fixed: str = "0") -> ProviderScope:
    return ProviderScope(
        provider=ProviderName(provider), regions=None, fixed_monthly=Money.parse(fixed)
    )


def network(
    *, overhead: str = "0.10", regions: tuple[RegionKey, ...] = tuple(COUNTRIES)
) -> Network:
    pairs = [(a, b) for a in regions for b in regions if a != b]
    return Network(
        regions={
            key: Region(
                key=key,
                name=key.region,
                country=COUNTRIES[key],
                jurisdictions=frozenset(
                    {COUNTRIES[key]} | ({"EU"} if COUNTRIES[key] in ("DE", "NL") else set())
                ),
            )
            for key in regions
        },
        round_trips_ms={
            (min(a, b), max(a, b)): 10.0 if COUNTRIES[a] != "US" and COUNTRIES[b] != "US" else 90.0
            for a, b in pairs
        },
        egress_per_gb={
            **{(a, b): Money.parse("0.02") for a, b in pairs if a.provider == b.provider},
            **{(a, None): Money.parse("0.09") for a in regions},
        },
        storage_per_gb_month={
            ProviderName("aws"): Money.parse("0.023"),
            ProviderName("gcp"): Money.parse("0.020"),
        },
        overhead_hourly={ProviderName(p): Money.parse(overhead) for p in ("aws", "gcp")},
    )


def spec(*workloads: Workload) -> FleetSpec:
    return FleetSpec(
        name="test",
        owner="research",
        providers=(cloud("aws"), cloud("gcp")),
        workloads=workloads,
        digest="sha256:0",
        source="fleet.yaml",
    )


def problem(offers: Iterable[Offer], *workloads: Workload, **changes: Any) -> Problem:
    """A question; *changes* are fields of FleetSpec."""
    asked = Problem(
        spec=replace(spec(*workloads), **changes),
        offers=tuple(sorted(offers, key=lambda o: o.name)),
        network=network(),
    )
    return with_reservations(asked) if asked.spec.reservations else asked


def running(asked: Problem, placed: dict[str, int]) -> Fleet:
    """A fleet with so many replicas of the first workload on each machine type, a node for each."""
    work = asked.spec.workloads[0]
    return Fleet(
        clusters=(),
        placements=tuple(
            Placement(
                workload=work.name,
                team=work.team,
                cluster=ClusterName("there"),
                pool=PoolName(known.machine_type),
                offer=known,
                replicas=placed[known.machine_type],
                nodes=placed[known.machine_type],
                hourly=known.price * placed[known.machine_type],
                monthly=known.price * (HOURS_PER_MONTH * placed[known.machine_type]),
            )
            for known in asked.offers
            if known.machine_type in placed and known.price is not None
        ),
        replicas=(),
        cloud_fixed_monthly=(),
    )
