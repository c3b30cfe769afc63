"""A recorded fleet with something forgotten or renamed; what it costs still adds up.

Addresses are those of `broker.planning.resources`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from fractions import Fraction

from broker.domain.fleet import Answers, Cluster, DataReplica, Fleet, NodePool, Placement
from broker.domain.ids import ClusterName, DatasetName, PoolName, WorkloadName
from broker.planning.resources import dashed


def address_of_cluster(name: str) -> str:
    """`cluster.aws-us-east-1`."""
    return f"cluster.{name}"


def address_of_pool(pool: NodePool) -> str:
    """`pool.aws-us-east-1.p5-48xlarge-spot`."""
    return f"pool.{pool.cluster}.{pool.name}"


def address_of_replica(replica: DataReplica) -> str:
    """`data.corpus.aws-us-east-1`."""
    return f"data.{replica.dataset}.{dashed(replica.destination)}"


def without(fleet: Fleet, addresses: Collection[str]) -> Fleet:
    """*fleet* but for the resources at *addresses*, and what is inside of them.

    The share of a workload that is gone is divided among those on the same pool. Raises ValueError
    where none is left to pay for a pool: it has to go too.
    """
    clusters = tuple(
        replace(cluster, pools=tuple(_kept_pools(cluster, addresses)))
        for cluster in fleet.clusters
        if address_of_cluster(cluster.name) not in addresses
    )
    pools = {(pool.cluster, pool.name): pool for each in clusters for pool in each.pools}
    placements = [
        placement
        for placement in fleet.placements
        if (placement.cluster, placement.pool) in pools
        and f"workload.{placement.workload}" not in addresses
    ]
    names = {placement.workload for placement in placements}
    providers = {cluster.region.provider for cluster in clusters}
    return replace(
        fleet,
        clusters=clusters,
        placements=_in_order(_sharing_anew(placements, pools.values())),
        replicas=tuple(
            replace(replica, readers=tuple(name for name in replica.readers if name in names))
            for replica in fleet.replicas
            if address_of_replica(replica) not in addresses
        ),
        answers=tuple(sent for sent in fleet.answers if _is_sent(sent, clusters, placements)),
        cloud_fixed_monthly=tuple(
            (provider, monthly)
            for provider, monthly in fleet.cloud_fixed_monthly
            if provider in providers
        ),
    )


def _kept_pools(cluster: Cluster, addresses: Collection[str]) -> Iterable[NodePool]:
    for pool in cluster.pools:
        if address_of_pool(pool) not in addresses:
            left = [name for name in pool.workloads if f"workload.{name}" not in addresses]
            yield replace(pool, workloads=tuple(left))


def _sharing_anew(
    placements: Iterable[Placement], pools: Iterable[NodePool]
) -> Iterable[Placement]:
    by_pool = defaultdict(list)
    for placement in placements:
        by_pool[placement.cluster, placement.pool].append(placement)
    for pool in pools:
        sharing = by_pool[pool.cluster, pool.name]
        if not sharing:
            message = f"{address_of_pool(pool)} serves nothing else"
            raise ValueError(message)
        weights = [Fraction(placement.monthly.micros) for placement in sharing]
        amounts = zip(pool.hourly.split(weights), pool.monthly.split(weights), strict=True)
        for placement, (hourly, monthly) in zip(sharing, amounts, strict=True):
            yield replace(placement, hourly=hourly, monthly=monthly)


def _is_sent(sent: Answers, clusters: Collection[Cluster], placements: Iterable[Placement]) -> bool:
    """Whether the workload still runs where its answers come from."""
    there = {cluster.name for cluster in clusters if cluster.region == sent.region}
    return any(p.workload == sent.workload and p.cluster in there for p in placements)


def renamed(fleet: Fleet, source: str, destination: str) -> Fleet:
    """*fleet* with what is at *source* at *destination*.

    Raises ValueError, which says why, where that is not a matter of its name alone.
    """
    kind, *old = source.split(".")
    other, *new = destination.split(".")
    if kind != other or len(old) != len(new) or not all(new):
        message = f"{source} can not become {destination}: it stays a {kind}"
        raise ValueError(message)
    match kind, old, new:
        case "cluster", [before], [after]:
            return _renamed_cluster(fleet, ClusterName(before), ClusterName(after))
        case "pool", [cluster, before], [same, after] if cluster == same:
            return _renamed_pool(fleet, ClusterName(cluster), PoolName(before), PoolName(after))
        case "workload", [before], [after]:
            return _renamed_workload(fleet, WorkloadName(before), WorkloadName(after))
        case "data", [before, region], [after, same] if region == same:
            return _renamed_data(fleet, source, DatasetName(after))
        case _:
            message = f"{source} can not become {destination}: it would have to be moved elsewhere"
            raise ValueError(message)


def _renamed_cluster(fleet: Fleet, before: ClusterName, after: ClusterName) -> Fleet:
    def name(cluster: ClusterName) -> ClusterName:
        return after if cluster == before else cluster

    clusters = (
        replace(
            cluster,
            name=name(cluster.name),
            pools=tuple(replace(pool, cluster=name(pool.cluster)) for pool in cluster.pools),
        )
        for cluster in fleet.clusters
    )
    return replace(
        fleet,
        clusters=tuple(sorted(clusters, key=lambda cluster: cluster.name)),
        placements=_in_order(replace(p, cluster=name(p.cluster)) for p in fleet.placements),
    )


def _renamed_pool(fleet: Fleet, cluster: ClusterName, before: PoolName, after: PoolName) -> Fleet:
    def pools(pools: Iterable[NodePool]) -> tuple[NodePool, ...]:
        named = (replace(p, name=after) if p.name == before else p for p in pools)
        return tuple(sorted(named, key=lambda pool: pool.name))

    return replace(
        fleet,
        clusters=tuple(
            replace(each, pools=pools(each.pools)) if each.name == cluster else each
            for each in fleet.clusters
        ),
        placements=_in_order(
            replace(p, pool=after) if (p.cluster, p.pool) == (cluster, before) else p
            for p in fleet.placements
        ),
    )


def _renamed_workload(fleet: Fleet, before: WorkloadName, after: WorkloadName) -> Fleet:
    def names(workloads: Iterable[WorkloadName]) -> tuple[WorkloadName, ...]:
        return tuple(sorted(after if name == before else name for name in workloads))

    return replace(
        fleet,
        clusters=tuple(
            replace(
                cluster,
                pools=tuple(replace(p, workloads=names(p.workloads)) for p in cluster.pools),
            )
            for cluster in fleet.clusters
        ),
        placements=_in_order(
            replace(p, workload=after) if p.workload == before else p for p in fleet.placements
        ),
        replicas=tuple(replace(r, readers=names(r.readers)) for r in fleet.replicas),
        answers=tuple(
            replace(sent, workload=after) if sent.workload == before else sent
            for sent in fleet.answers
        ),
    )


def _renamed_data(fleet: Fleet, source: str, after: DatasetName) -> Fleet:
    replicas = (
        replace(replica, dataset=after) if address_of_replica(replica) == source else replica
        for replica in fleet.replicas
    )
    return replace(
        fleet, replicas=tuple(sorted(replicas, key=lambda r: (r.dataset, r.destination)))
    )


def _in_order(placements: Iterable[Placement]) -> tuple[Placement, ...]:
    return tuple(sorted(placements, key=lambda p: (p.workload, p.cluster, p.pool)))
