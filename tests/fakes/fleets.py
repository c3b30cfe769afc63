"""Hand-made fleets, their specs, snapshots and solutions: small, and true to the domain's rules."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from broker.catalog.network import Network
from broker.catalog.snapshot import Coverage, Snapshot
from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.fleet import Cluster, DataReplica, Fleet, NodePool, Placement
from broker.domain.geography import RegionKey
from broker.domain.ids import (
    ClusterName,
    DatasetName,
    MachineType,
    PoolName,
    ProviderName,
    TeamName,
    WorkloadName,
    ZoneId,
)
from broker.domain.money import HOURS_PER_MONTH, Money, total
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import RegionStatus
from broker.domain.spec import Budget, FleetSpec, OnBreach, ProviderScope
from broker.domain.workloads import (
    AcceleratorChoice,
    AcceleratorRequirement,
    Replicas,
    Run,
    Workload,
    WorkloadKind,
)
from broker.placement.solution import Component, Solution, SolveStatus

PRICES_OF = datetime(2026, 11, 20, tzinfo=UTC)

H100 = Accelerator("H100", "", 81920, AcceleratorKind.GPU)
L4 = Accelerator("L4", "", 24576, AcceleratorKind.GPU)
MI300X = Accelerator("MI300X", "", 196608, AcceleratorKind.GPU, "AMD")

AWS = RegionKey.parse("aws/us-east-1")
AZURE = RegionKey.parse("azure/westeurope")
GCP = RegionKey.parse("gcp/europe-west4")


def offer(
    machine_type: str,
    region: RegionKey,
    price: str | None,
    *,
    accelerator: Accelerator = H100,
    count: Fraction | int = 8,
    capacity_type: CapacityType = CapacityType.ON_DEMAND,
) -> Offer:
    """An offer, with the parts that no test is about filled in."""
    return Offer(
        region=region,
        machine_type=MachineType(machine_type),
        family=machine_type.partition(".")[0],
        accelerator=accelerator,
        count=Fraction(count),
        vcpus=192,
        memory_mib=2 * 1024 * 1024,
        network_gbps=Fraction(3200),
        capacity_type=capacity_type,
        term_months=36 if capacity_type is CapacityType.RESERVED else None,
        price=None if price is None else Money.parse(price),
        fetched_at=PRICES_OF,
        source="price list",
    )


P5_SPOT = replace(
    offer("p5.48xlarge", AWS, "22.1234", capacity_type=CapacityType.SPOT), zone=ZoneId("use1-az4")
)
G6 = offer("g6.12xlarge", AWS, "4.6016", accelerator=L4, count=4)
ND_MI300X = offer("Standard_ND96isr_MI300X_v5", AZURE, "48.00", accelerator=MI300X)
A3_RESERVED = offer("a3-highgpu-8g", GCP, "38.123457", capacity_type=CapacityType.RESERVED)
G2 = offer("g2-standard-4", GCP, "0.7068", accelerator=L4, count=1)


def pool(
    cluster: str, bought: Offer, nodes: int, workloads: Iterable[str], *, hours: int | None = None
) -> NodePool:
    """A pool named for its offer, as placement names them; *hours* None runs all month."""
    return NodePool(
        name=PoolName(f"{bought.machine_type.replace('.', '-').lower()}-{bought.capacity_type}"),
        cluster=ClusterName(cluster),
        offer=bought,
        nodes=nodes,
        hours=Fraction(HOURS_PER_MONTH if hours is None else hours),
        workloads=tuple(WorkloadName(name) for name in sorted(workloads)),
    )


def cluster(region: RegionKey, *pools: NodePool, overhead: str | None = "0.145") -> Cluster:
    """A cluster named for its region."""
    return Cluster(
        name=ClusterName(f"{region.provider}-{region.region}"),
        region=region,
        overhead_hourly=None if overhead is None else Money.parse(overhead),
        pools=tuple(sorted(pools, key=lambda pool: pool.name)),
    )


def shares(bought: NodePool, parts: Iterable[tuple[str, str, int]]) -> list[Placement]:
    """Divide *bought* among (workload, team, replicas), by replicas, to the micro-dollar."""
    listed = list(parts)
    weights = [Fraction(replicas) for _, _, replicas in listed]
    hourly, monthly = bought.hourly.split(weights), bought.monthly.split(weights)
    return [
        Placement(
            workload=WorkloadName(name),
            team=TeamName(team),
            cluster=bought.cluster,
            pool=bought.name,
            offer=bought.offer,
            replicas=replicas,
            nodes=min(bought.nodes, replicas),
            hourly=hourly[index],
            monthly=monthly[index],
        )
        for index, (name, team, replicas) in enumerate(listed)
    ]


def fleet(
    clusters: Iterable[Cluster],
    placements: Iterable[Placement],
    replicas: Iterable[DataReplica] = (),
    fixed: Iterable[tuple[str, str]] = (),
) -> Fleet:
    """A fleet with everything in the order of names."""
    return Fleet(
        clusters=tuple(sorted(clusters, key=lambda cluster: cluster.name)),
        placements=tuple(sorted(placements, key=lambda p: (p.workload, p.cluster, p.pool))),
        replicas=tuple(sorted(replicas, key=lambda r: (r.dataset, r.destination))),
        cloud_fixed_monthly=tuple((name, Money.parse(monthly)) for name, monthly in fixed),
    )


CORPUS_IN_AWS = DataReplica(
    dataset=DatasetName("corpus"),
    source=RegionKey.parse("aws/eu-central-1"),
    destination=AWS,
    size_bytes=12 * 10**12,
    egress_once=Money.parse("240"),
    storage_monthly=Money.parse("276"),
    readers=(WorkloadName("pretrain"),),
)


def research(
    *,
    training: Offer = P5_SPOT,
    training_nodes: int = 16,
    overhead_in_gcp: str | None = "0.145",
) -> Fleet:
    """A burst of training, two services that share nodes, and a reserved cluster elsewhere."""
    train = pool("aws-us-east-1", training, training_nodes, ["pretrain"], hours=96)
    serve = pool("aws-us-east-1", G6, 3, ["chat", "search"])
    tune = pool("gcp-europe-west4", A3_RESERVED, 2, ["finetune"])
    return fleet(
        [
            cluster(AWS, train, serve),
            cluster(GCP, tune, overhead=overhead_in_gcp),
        ],
        [
            *shares(train, [("pretrain", "foundation", training_nodes)]),
            *shares(serve, [("chat", "apps", 8), ("search", "apps", 4)]),
            *shares(tune, [("finetune", "foundation", 2)]),
        ],
        [CORPUS_IN_AWS],
        [("aws", "0"), ("gcp", "1500")],
    )


def spec(
    *,
    budget: str | None = "260000",
    on_breach: OnBreach = OnBreach.DENY,
    workloads: Iterable[str] = ("pretrain", "chat", "search", "finetune"),
) -> FleetSpec:
    """A spec that names three clouds."""
    nothing = Money(0)
    return FleetSpec(
        name="research",
        owner="ml-platform",
        providers=tuple(
            ProviderScope(provider=ProviderName(name), regions=None, fixed_monthly=nothing)
            for name in ("aws", "azure", "gcp")
        ),
        budget=(
            None if budget is None else Budget(monthly=Money.parse(budget), on_breach=on_breach)
        ),
        workloads=tuple(workload(name) for name in workloads),
        digest="sha256:" + "5" * 64,
        source="fleet.yaml",
    )


def workload(name: str) -> Workload:
    """A workload of which only the name matters here."""
    return Workload(
        name=WorkloadName(name),
        kind=WorkloadKind.BATCH,
        accelerators=AcceleratorRequirement(
            any_of=(AcceleratorChoice(model="H100"),), count=Fraction(1)
        ),
        replicas=Replicas(minimum=1, maximum=1),
        is_gang=False,
        milli_vcpus=1000,
        memory_mib=1024,
        run=Run(),
        capacity_types=frozenset({CapacityType.ON_DEMAND}),
        team=TeamName("foundation"),
    )


def snapshot(*offers: Offer) -> Snapshot:
    """A snapshot of *offers*, and of one Azure region that did not answer."""
    listed = offers or (P5_SPOT, G6, A3_RESERVED, G2, replace(ND_MI300X, price=None))
    regions = sorted({offer.region for offer in listed})
    silent = Coverage(
        region=RegionKey.parse("azure/eastus2"),
        status=RegionStatus.THROTTLED,
        fetched_at=PRICES_OF,
        source="price list",
        offers=0,
    )
    return Snapshot(
        offers=tuple(sorted(listed, key=lambda offer: offer.name)),
        coverage=(
            *(
                Coverage(
                    region=region,
                    status=RegionStatus.OK,
                    fetched_at=PRICES_OF,
                    source="price list",
                    offers=sum(offer.region == region for offer in listed),
                )
                for region in regions
            ),
            silent,
        ),
        network=Network(
            regions={},
            round_trips_ms={},
            egress_per_gb={},
            storage_per_gb_month={},
            overhead_hourly={},
        ),
    )


def monthly(desired: Fleet) -> Money:
    """All that is known of a month's cost, added up the plain way."""
    known: list[Money | None] = [
        *(pool.monthly for pool in desired.pools),
        *(cluster.overhead_monthly for cluster in desired.clusters),
        *(replica.egress_once for replica in desired.replicas),
        *(replica.storage_monthly for replica in desired.replicas),
        *(fixed for _, fixed in desired.cloud_fixed_monthly),
    ]
    return total(amount for amount in known if amount is not None)


def solution(desired: Fleet, *, saving: str = "0") -> Solution:
    """*desired* as the answer of a solver that leaves *saving* a month unproven."""
    cost = monthly(desired)
    bound = cost - Money.parse(saving)
    return Solution(
        fleet=desired,
        status=SolveStatus.OPTIMAL if bound == cost else SolveStatus.STOPPED,
        objective=cost,
        bound=bound,
        components=(
            Component(
                workloads=tuple(sorted({p.workload for p in desired.placements})),
                objective=cost,
                bound=bound,
                variables=1234,
                constraints=567,
                rounds=1,
            ),
        ),
    )
