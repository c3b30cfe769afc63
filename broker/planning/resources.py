"""A fleet as a flat list of resources, each with an address that stays the same between plans."""

from collections.abc import Iterator
from operator import itemgetter

from broker.domain.fleet import Cluster, DataReplica, Fleet, NodePool, Placement
from broker.domain.geography import RegionKey
from broker.domain.ids import WorkloadName
from broker.domain.money import Money
from broker.planning.actions import Resource, ResourceType


def resources(fleet: Fleet) -> dict[str, Resource]:
    """Everything in *fleet*, by address.

    `cluster.aws-us-east-1`, `pool.aws-us-east-1.p5-48xlarge-spot`, `workload.pretrain`,
    `data.corpus.aws-us-east-1`.
    """
    return {resource.address: resource for resource in _resources(fleet)}


def _resources(fleet: Fleet) -> Iterator[Resource]:
    for cluster in fleet.clusters:
        yield _cluster(cluster)
        yield from (_pool(pool) for pool in cluster.pools)
    for name in sorted({placement.workload for placement in fleet.placements}):
        yield _workload(name, [p for p in fleet.placements if p.workload == name])
    for replica in fleet.replicas:
        yield _data(replica)


def _cluster(cluster: Cluster) -> Resource:
    return Resource(
        address=f"cluster.{cluster.name}",
        type=ResourceType.CLUSTER,
        name=cluster.name,
        settings={"provider": cluster.region.provider, "region": cluster.region.region},
        figures={
            "overhead_hourly": amount(cluster.overhead_hourly),
            "overhead_monthly": amount(cluster.overhead_monthly),
        },
    )


def _pool(pool: NodePool) -> Resource:
    offer = pool.offer
    return Resource(
        address=f"pool.{pool.cluster}.{pool.name}",
        type=ResourceType.POOL,
        name=pool.name,
        settings={
            "cluster": pool.cluster,
            "provider": offer.region.provider,
            "region": offer.region.region,
            "zone": offer.zone,
            "machine_type": offer.machine_type,
            "capacity_type": offer.capacity_type.value,
            "term_months": offer.term_months,
            "nodes": pool.nodes,
            "hours": str(pool.hours),
        },
        figures={
            "accelerator": offer.accelerator.name,
            "count": str(offer.count),
            "accelerators": str(offer.count * pool.nodes),
            "price": amount(offer.price),
            "hourly": amount(pool.hourly),
            "monthly": amount(pool.monthly),
        },
    )


def _workload(name: WorkloadName, placements: list[Placement]) -> Resource:
    offers = {(placement.cluster, placement.pool): placement.offer for placement in placements}
    return Resource(
        address=f"workload.{name}",
        type=ResourceType.WORKLOAD,
        name=name,
        settings={
            "team": placements[0].team,
            "replicas": sum(placement.replicas for placement in placements),
            "placements": [
                {
                    "cluster": cluster,
                    "pool": pool,
                    "zone": offer.zone,
                    "machine_type": offer.machine_type,
                    "capacity_type": offer.capacity_type.value,
                    "replicas": sum(
                        p.replicas for p in placements if (p.cluster, p.pool) == (cluster, pool)
                    ),
                }
                for (cluster, pool), offer in sorted(offers.items(), key=itemgetter(0))
            ],
        },
        figures={},
    )


def _data(replica: DataReplica) -> Resource:
    return Resource(
        address=f"data.{replica.dataset}.{dashed(replica.destination)}",
        type=ResourceType.DATA,
        name=replica.dataset,
        settings={
            "source": str(replica.source),
            "destination": str(replica.destination),
            "size_bytes": replica.size_bytes,
        },
        figures={
            "egress_once": amount(replica.egress_once),
            "storage_monthly": amount(replica.storage_monthly),
            "readers": ", ".join(replica.readers),
        },
    )


def dashed(region: RegionKey) -> str:
    """A region as one word of an address: `aws-us-east-1`."""
    return f"{region.provider}-{region.region}"


def amount(money: Money | None) -> str | None:
    """An amount as plan documents write it; unknown stays None."""
    return None if money is None else str(money)
