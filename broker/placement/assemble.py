"""From bought nodes to a fleet with names: clusters, pools, placements, copies, and exact shares."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from hashlib import sha256

from broker.domain.fleet import Answers, Cluster, DataReplica, Fleet, NodePool, Placement
from broker.domain.geography import RegionKey
from broker.domain.ids import ClusterName, DatasetName, PoolName, ReservationName, WorkloadName
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool, answer_costs
from broker.placement.rules import cluster_hourly, dataset_gb
from broker.placement.shapes import node_shape
from broker.placement.sizes import relative_sizes
from broker.placement.variables import cloud_cost, egress_cost


def fleet(problem: Problem, bought: Iterable[BoughtPool]) -> Fleet:
    """Name everything that is bought, in the order of names."""
    pools = sorted(bought, key=lambda b: (b.offer.region, pool_name(b)))
    by_region: dict[RegionKey, list[BoughtPool]] = defaultdict(list)
    for b in pools:
        by_region[b.offer.region].append(b)
    placements = [placement for b in pools for placement in _placements(b)]
    return Fleet(
        clusters=tuple(
            Cluster(
                name=cluster_name(region),
                region=region,
                overhead_hourly=cluster_hourly(region, problem),
                pools=tuple(_node_pool(b) for b in by_region[region]),
            )
            for region in sorted(by_region)
        ),
        placements=tuple(sorted(placements, key=lambda p: (p.workload, p.cluster, p.pool))),
        replicas=tuple(_replicas(problem, placements)),
        answers=tuple(
            Answers(workload=w.name, team=w.team, region=region, monthly=monthly)
            for w, region, monthly in answer_costs(problem, pools)
        ),
        cloud_fixed_monthly=tuple(
            (provider, cost)
            for provider in sorted({region.provider for region in by_region})
            for cost in [cloud_cost(provider, problem)]
            if cost.micros
        ),
    )


def cluster_name(region: RegionKey) -> ClusterName:
    """One cluster per region, named for it."""
    return ClusterName(f"{region.provider}-{region.region}")


def pool_name(bought: BoughtPool) -> PoolName:
    """Named for its offer, and for its workload where it is that workload's own."""
    offer = bought.offer
    first = bought.candidates[0].workload
    parts = [
        first.name if first.run.is_burst else "",
        slug(offer.machine_type),
        offer.capacity_type,
        f"{offer.term_months}mo" if offer.term_months else "",
        offer.zone or "",
        _reservation(offer.reservation) if offer.reservation else "",
    ]
    return PoolName("-".join(part for part in parts if part))


def _reservation(name: ReservationName) -> str:
    """A name of a cloud's own as it is; what has to be written otherwise ends in a digest of it.

    `a/b` is another than `a-b`, and a pool of each may be in one cluster.
    """
    plain = slug(name).replace("/", "-")
    return plain if plain == name else f"{plain}-{sha256(name.encode()).hexdigest()[:6]}"


def slug(machine_type: str) -> str:
    """As names of pools have it: `p5-48xlarge`."""
    return machine_type.lower().replace(".", "-").replace("_", "-")


def _node_pool(bought: BoughtPool) -> NodePool:
    return NodePool(
        name=pool_name(bought),
        cluster=cluster_name(bought.offer.region),
        offer=bought.offer,
        nodes=bought.packing.nodes,
        hours=bought.candidates[0].paid_hours,
        workloads=tuple(sorted(c.workload.name for c in bought.candidates)),
    )


def _placements(bought: BoughtPool) -> list[Placement]:
    """Share the pool's cost by dominant share; unused room is borne in the same proportion."""
    pool = _node_pool(bought)
    present = [
        (number, candidate, units * candidate.replicas_per_unit)
        for number, (candidate, units) in enumerate(
            zip(bought.candidates, bought.units, strict=True)
        )
    ]
    items = [candidate.item for candidate in bought.candidates]
    by_resource = list(relative_sizes(items, node_shape(pool.offer), 0))
    weights = [
        max(sizes[number] for sizes in by_resource) * replicas for number, _, replicas in present
    ]
    shares = zip(present, pool.hourly.split(weights), pool.monthly.split(weights), strict=True)
    return [
        Placement(
            workload=candidate.workload.name,
            team=candidate.workload.team,
            cluster=pool.cluster,
            pool=pool.name,
            offer=pool.offer,
            replicas=replicas,
            nodes=bought.packing.nodes_with(number),
            hourly=hourly,
            monthly=monthly,
        )
        for (number, candidate, replicas), hourly, monthly in shares
    ]


def _replicas(problem: Problem, placements: Iterable[Placement]) -> list[DataReplica]:
    reads = {workload.name: workload.reads for workload in problem.spec.workloads}
    readers: dict[tuple[DatasetName, RegionKey], set[WorkloadName]] = defaultdict(set)
    for placement in placements:
        for dataset_name in reads[placement.workload]:
            readers[dataset_name, placement.offer.region].add(placement.workload)
    by_name = {dataset.name: dataset for dataset in problem.spec.datasets}
    copies = []
    for name, region in sorted(readers):
        dataset = by_name[name]
        if dataset.home == region:
            continue
        storage = problem.network.storage_per_gb_month.get(region.provider)
        size: Fraction = dataset_gb(dataset)
        copies.append(
            DataReplica(
                dataset=dataset.name,
                source=dataset.home,
                destination=region,
                size_bytes=dataset.size_bytes,
                egress_once=egress_cost(dataset, region, problem),
                storage_monthly=None if storage is None else storage * size,
                readers=tuple(sorted(readers[name, region])),
            )
        )
    return copies
