"""What was begun and is in no recorded fleet: it goes where a plan does not keep it, and is billed until then."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from broker.domain.fleet import Cluster, Fleet, NodePool
from broker.domain.geography import RegionKey
from broker.domain.ids import ClusterName
from broker.domain.members import Member, MemberPool
from broker.domain.money import HOURS_PER_MONTH, Money
from broker.domain.offers import CapacityType, Offer
from broker.planning.actions import ResourceType

CONTROL_PLANE = "cluster"
"""What every program calls its cluster."""

POOL_PREFIX = "pool-"
"""Before the name of a pool, where a program would have two resources of that name without."""

OverheadOf = Callable[[RegionKey], Money | None]


def half_made(
    members: Iterable[Member],
    made: Mapping[ClusterName, Collection[str]],
    recorded: Fleet,
    offers: Collection[Offer],
    overhead_of: OverheadOf,
) -> tuple[Cluster, ...]:
    """The clusters of *members* that are not in *recorded*, and of those that are, the pools that are not.

    *made* are the names of the resources that are known to be there, by cluster. A pool counts if it is
    among them, and with a price among *offers*; one without leaves what its cluster costs unknown, as a
    cluster does of which nothing is known to be there.
    """
    there = {cluster.name: cluster for cluster in recorded.clusters}
    found = [
        _half_made(each, made.get(each.name, ()), there.get(each.name), offers, overhead_of)
        for each in members
    ]
    return tuple(cluster for cluster in found if cluster.name not in there or cluster.pools)


def _half_made(
    member: Member,
    made: Collection[str],
    there: Cluster | None,
    offers: Collection[Offer],
    overhead_of: OverheadOf,
) -> Cluster:
    known = {pool.name for pool in there.pools} if there is not None else set()
    begun = [
        (pool, _offer(pool, member, offers))
        for pool in member.pools
        if pool.name not in known and {str(pool.name), POOL_PREFIX + pool.name} & {*made}
    ]
    is_known = CONTROL_PLANE in made and all(offer is not None for _, offer in begun)
    return Cluster(
        name=member.name,
        region=member.region,
        overhead_hourly=overhead_of(member.region) if is_known else None,
        pools=tuple(_node_pool(pool, member, offer) for pool, offer in begun if offer is not None),
    )


def _offer(pool: MemberPool, member: Member, offers: Collection[Offer]) -> Offer | None:
    """What its nodes are bought as; None where nobody states a price of it any more."""
    wanted = (member.region, pool.zone, pool.machine_type, pool.capacity_type, pool.reservation)
    return next(
        (
            o
            for o in offers
            if (o.region, o.zone, o.machine_type.partition("+")[0]) == wanted[:3]
            and (o.capacity_type, o.reservation) == wanted[3:]
            and o.accelerator.name == pool.accelerator
            and o.price is not None
        ),
        None,
    )


def _node_pool(pool: MemberPool, member: Member, offer: Offer) -> NodePool:
    """It as it is billed for as long as it stays: all its nodes are asked for at once, and nobody knows of an end.

    Flex-start nodes come with work that ends, and none has begun: they are not known to be billed.
    """
    comes_with_work = pool.capacity_type is CapacityType.FLEX and not pool.min_nodes
    return NodePool(
        name=pool.name,
        cluster=member.name,
        offer=offer,
        nodes=pool.nodes,
        hours=Fraction(0 if comes_with_work else HOURS_PER_MONTH),
        workloads=pool.workloads,
    )


def alongside(recorded: Fleet, begun: Iterable[Cluster], target: Fleet) -> Fleet:
    """*recorded*, with what was *begun* and is not in *target*: what there is to take away."""
    clusters = {cluster.name: cluster for cluster in recorded.clusters}
    kept = {(pool.cluster, pool.name) for pool in target.pools}
    wanted = {cluster.name for cluster in target.clusters}
    for cluster in begun:
        going = tuple(pool for pool in cluster.pools if (pool.cluster, pool.name) not in kept)
        known = clusters.get(cluster.name)
        if known is not None:
            clusters[cluster.name] = replace(known, pools=(*known.pools, *going))
        elif cluster.name not in wanted:
            clusters[cluster.name] = cluster
    return replace(recorded, clusters=tuple(clusters[name] for name in sorted(clusters)))


def billed(recorded: Fleet, changes: Iterable[Mapping[str, Any]], currency: str) -> Fleet:
    """*recorded*, with what the documents of *changes* delete beside: what is paid for until then.

    No work is placed on that, so its pools are told as a part of what their cluster costs.
    """
    found = {cluster.name: cluster for cluster in recorded.clusters}
    known = {f"cluster.{name}" for name in found}
    known |= {f"pool.{pool.cluster}.{pool.name}" for pool in recorded.pools}
    deleted = [
        each
        for each in changes
        if each["change"]["actions"] == ["delete"] and each["address"] not in known
    ]
    found |= dict(_clusters_deleted(deleted, currency))
    for name, hourly in _pools_deleted(deleted, currency):
        if (overhead := found[name].overhead_hourly) is not None:
            found[name] = replace(found[name], overhead_hourly=overhead + hourly)
    return replace(recorded, clusters=tuple(found[name] for name in sorted(found)))


def _clusters_deleted(
    deleted: Iterable[Mapping[str, Any]], currency: str
) -> Iterator[tuple[ClusterName, Cluster]]:
    for each in deleted:
        if each["type"] == ResourceType.CLUSTER:
            settings, hourly = (
                each["change"]["before"],
                each["figures"]["before"]["overhead_hourly"],
            )
            name = ClusterName(each["name"])
            yield (
                name,
                Cluster(
                    name=name,
                    region=RegionKey.parse(f"{settings['provider']}/{settings['region']}"),
                    overhead_hourly=None if hourly is None else Money.parse(hourly, currency),
                    pools=(),
                ),
            )


def _pools_deleted(
    deleted: Iterable[Mapping[str, Any]], currency: str
) -> Iterator[tuple[ClusterName, Money]]:
    for each in deleted:
        if each["type"] == ResourceType.POOL:
            cluster = ClusterName(each["change"]["before"]["cluster"])
            monthly = Money.parse(each["figures"]["before"]["monthly"], currency)
            yield cluster, monthly / HOURS_PER_MONTH
