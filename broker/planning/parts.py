"""Fleets between two fleets: what is there when only a part of a plan was, or is to be, carried out."""

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from broker.domain.fleet import Cluster, Fleet
from broker.domain.ids import ClusterName, PoolName
from broker.planning.addresses import meant, spellings

NOTHING = Fleet(clusters=(), placements=(), replicas=(), cloud_fixed_monthly=())
"""The fleet before the first cluster, and after the last."""

PoolKey = tuple[ClusterName, PoolName]
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of a plan is meant: whole *clusters*, and *pools* of others.

    Of those, *hosts* are meant too, but for some of their pools.
    """

    clusters: frozenset[ClusterName]
    pools: frozenset[PoolKey] = frozenset()
    hosts: frozenset[ClusterName] = frozenset()

    def covers(self, cluster: ClusterName, pool: PoolName) -> bool:
        """Whether that pool is meant, by itself or with its cluster."""
        return cluster in self.clusters or (cluster, pool) in self.pools

    def touches(self, cluster: ClusterName) -> bool:
        """Whether anything of that cluster is meant."""
        return cluster in self.clusters or self.divides(cluster)

    def divides(self, cluster: ClusterName) -> bool:
        """Whether some of that cluster is meant, and not all."""
        return cluster in self.hosts or any(name == cluster for name, _ in self.pools)

    def without(self, clusters: Collection[ClusterName]) -> "Part":
        """It but for these, and their pools."""
        return Part(
            clusters=self.clusters.difference(clusters),
            pools=frozenset(key for key in self.pools if key[0] not in clusters),
            hosts=self.hosts.difference(clusters),
        )


def part_of(fleets: Iterable[Fleet], target: Collection[str], exclude: Collection[str]) -> Part:
    """What `-target` and `-exclude` mean among the clusters and pools of *fleets*.

    An address is `cluster.NAME` or NAME, `pool.CLUSTER.NAME`, CLUSTER/NAME, or the name of a pool that
    no other has. Without a target, everything is meant. Raises UsageInvalid for an address of nothing.
    """
    every = pools_of(fleets)
    wanted = _named(every, target) if target else Part(clusters=frozenset(every))
    unwanted = _named(every, exclude)
    meant_themselves = wanted.clusters - unwanted.clusters
    clusters, pools = set(), set()
    for name, inside in every.items():
        kept = {p for p in inside if wanted.covers(name, p) and not unwanted.covers(name, p)}
        if name in meant_themselves and kept == inside:
            clusters.add(name)
        else:
            pools |= {(name, pool) for pool in kept}
    hosts = meant_themselves - clusters
    return Part(clusters=frozenset(clusters), pools=frozenset(pools), hosts=hosts)


def pools_of(fleets: Iterable[Fleet]) -> dict[ClusterName, set[PoolName]]:
    """The names of all clusters of *fleets*, with those of their pools."""
    every: dict[ClusterName, set[PoolName]] = {}
    for fleet in fleets:
        for cluster in fleet.clusters:
            every.setdefault(cluster.name, set()).update(pool.name for pool in cluster.pools)
    return every


def _named(every: dict[ClusterName, set[PoolName]], addresses: Collection[str]) -> Part:
    found = meant(addresses, spellings(every))
    return Part(
        clusters=frozenset(cluster for cluster, pool in found if pool is None),
        pools=frozenset((cluster, pool) for cluster, pool in found if pool is not None),
    )


def between(recorded: Fleet, desired: Fleet, part: Part) -> Fleet:
    """*desired* in *part*, *recorded* everywhere else.

    Work that moves may be in both places, as it is while a plan is carried out.
    """
    clusters = tuple(_clusters(recorded, desired, part))
    there = {(cluster.name, pool.name) for cluster in clusters for pool in cluster.pools}
    moved = {
        cluster.region
        for cluster in (*recorded.clusters, *desired.clusters)
        if cluster.name in part.clusters
    }
    providers = {cluster.region.provider for cluster in clusters}
    return Fleet(
        clusters=clusters,
        placements=tuple(
            sorted(
                (
                    placement
                    for fleet, is_desired in ((recorded, False), (desired, True))
                    for placement in fleet.placements
                    if part.covers(placement.cluster, placement.pool) is is_desired
                    and (placement.cluster, placement.pool) in there
                ),
                key=lambda placement: (placement.workload, placement.cluster, placement.pool),
            )
        ),
        replicas=_chosen(
            recorded.replicas,
            desired.replicas,
            key=lambda copy: (copy.dataset, str(copy.destination)),
            moved=lambda copy: copy.destination in moved,
        ),
        answers=_chosen(
            recorded.answers,
            desired.answers,
            key=lambda sent: (sent.workload, str(sent.region)),
            moved=lambda sent: sent.region in moved,
        ),
        cloud_fixed_monthly=tuple(
            sorted(
                (provider, monthly)
                for provider, monthly in {
                    **dict(recorded.cloud_fixed_monthly),
                    **dict(desired.cloud_fixed_monthly),
                }.items()
                if provider in providers
            )
        ),
    )


def _clusters(recorded: Fleet, desired: Fleet, part: Part) -> Iterable[Cluster]:
    before = {cluster.name: cluster for cluster in recorded.clusters}
    after = {cluster.name: cluster for cluster in desired.clusters}
    for name in sorted({*before, *after}):
        if name in part.clusters:
            if name in after:
                yield after[name]
            continue
        pools = {
            pool.name: pool
            for clusters, is_desired in ((before, False), (after, True))
            if name in clusters
            for pool in clusters[name].pools
            if part.covers(name, pool.name) is is_desired
        }
        if name in before or pools:
            yield replace(
                before.get(name) or after[name],
                pools=tuple(pools[pool] for pool in sorted(pools)),
            )


def _chosen(
    recorded: tuple[T, ...],
    desired: tuple[T, ...],
    *,
    key: Callable[[T], K],
    moved: Callable[[T], bool],
) -> tuple[T, ...]:
    chosen = {key(item): item for item in recorded if not moved(item)}
    chosen |= {key(item): item for item in desired if moved(item)}
    return tuple(chosen[name] for name in sorted(chosen, key=str))
