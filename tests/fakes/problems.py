"""Small placement problems, made by hand or at random."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from broker.catalog.network import Network
from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.geography import Region, RegionKey
from broker.domain.ids import MachineType, ProviderName, TeamName, WorkloadName, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import FleetSpec, ProviderScope
from broker.domain.workloads import (
    AcceleratorChoice,
    AcceleratorRequirement,
    Replicas,
    Run,
    Workload,
    WorkloadKind,
)
from broker.placement.problem import Problem

NOW = datetime(2026, 7, 1, tzinfo=UTC)
H100 = Accelerator(model="H100", variant="", memory_mib=81920, kind=AcceleratorKind.GPU)
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
    capacity_type: CapacityType = CapacityType.ON_DEMAND,
    zone: str | None = None,
    vcpus: int = 200,
    memory_gib: int = 2000,
) -> Offer:
    return Offer(
        region=region,
        zone=ZoneId(zone) if zone else None,
        machine_type=MachineType(name),
        family="P",
        accelerator=accelerator,
        count=Fraction(count),
        vcpus=vcpus,
        memory_mib=memory_gib * 1024,
        capacity_type=capacity_type,
        price=None if price is None else Money.parse(price),
        fetched_at=NOW,
        source="test",
    )


def workload(
    name: str = "train",
    *,
    model: str = "H100",
    count: int | str | Fraction = 8,
    replicas: int = 1,
    gang: bool = False,
    hours: int | None = None,
    vcpus: int = 0,
    memory_gib: int = 0,
    capacity: frozenset[CapacityType] = frozenset({CapacityType.ON_DEMAND}),
    team: str = "research",
) -> Workload:
    return Workload(
        name=WorkloadName(name),
        kind=WorkloadKind.TRAINING,
        accelerators=AcceleratorRequirement(
            any_of=(AcceleratorChoice(model=model),), count=Fraction(count)
        ),
        replicas=Replicas(minimum=replicas, maximum=replicas),
        is_gang=gang,
        milli_vcpus=vcpus * 1000,
        memory_mib=memory_gib * 1024,
        run=Run(hours=None if hours is None else Fraction(hours)),
        capacity_types=capacity,
        team=TeamName(team),
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
        storage_per_gb_month={ProviderName("aws"): Money.parse("0.023")},
        overhead_hourly={ProviderName(p): Money.parse(overhead) for p in ("aws", "gcp")},
    )


def spec(*workloads: Workload) -> FleetSpec:
    return FleetSpec(
        name="test",
        owner="research",
        providers=tuple(
            ProviderScope(provider=ProviderName(p), regions=None, fixed_monthly=Money(0))
            for p in ("aws", "gcp")
        ),
        workloads=workloads,
        digest="sha256:0",
        source="fleet.yaml",
    )


def problem(offers: list[Offer], *workloads: Workload, **changes: object) -> Problem:
    return Problem(
        spec=replace(spec(*workloads), **changes),  # type: ignore[arg-type]  # tests name real fields
        offers=tuple(sorted(offers, key=lambda o: o.name)),
        network=network(),
    )
