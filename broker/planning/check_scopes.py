"""The part of a fleet that a check is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from broker.domain.checks import Scope
from broker.domain.fleet import Cluster, Fleet, NodePool, Placement
from broker.domain.geography import RegionKey
from broker.domain.ids import ClusterName, PoolName


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What of a fleet is meant.

    *nodes* are how many of each pool: where some of the work is meant, those on which it runs. Nodes that
    several share count for each.
    """

    placements: tuple[Placement, ...]
    clusters: tuple[Cluster, ...]
    pools: tuple[NodePool, ...]
    nodes: Mapping[tuple[ClusterName, PoolName], int]

    @property
    def accelerators(self) -> dict[str, Fraction]:
        """How many each pool has of them, by its address."""
        return {
            place_of(pool): pool.offer.count * self.nodes[pool.cluster, pool.name]
            for pool in self.pools
        }


def selected(scope: Scope, fleet: Fleet) -> Selection:
    """What of *fleet* is in *scope*."""
    clusters = tuple(c for c in fleet.clusters if _is_there(scope, c.name, c.region))
    regions = {cluster.name: cluster.region for cluster in clusters}
    placements = tuple(p for p in fleet.placements if p.cluster in regions and _is_meant(scope, p))
    pools = tuple(pool for cluster in clusters for pool in cluster.pools)
    if not scope.is_of_work:
        nodes = {(pool.cluster, pool.name): pool.nodes for pool in pools}
        return Selection(placements=placements, clusters=clusters, pools=pools, nodes=nodes)
    held: dict[tuple[ClusterName, PoolName], int] = {}
    for placement in placements:
        at = placement.cluster, placement.pool
        held[at] = held.get(at, 0) + placement.nodes
    pools = tuple(pool for pool in pools if (pool.cluster, pool.name) in held)
    names = {placement.cluster for placement in placements}
    return Selection(
        placements=placements,
        clusters=tuple(cluster for cluster in clusters if cluster.name in names),
        pools=pools,
        nodes={(p.cluster, p.name): min(p.nodes, held[p.cluster, p.name]) for p in pools},
    )


def place_of(pool: NodePool) -> str:
    """The address of a pool."""
    return f"pool.{pool.cluster}.{pool.name}"


def _is_there(scope: Scope, name: ClusterName, region: RegionKey) -> bool:
    return (
        scope.cluster in (None, name)
        and scope.provider in (None, region.provider)
        and scope.region in (None, region.region)
    )


def _is_meant(scope: Scope, placement: Placement) -> bool:
    is_of_team = scope.team in (None, placement.team)
    return is_of_team and (scope.workloads is None or placement.workload in scope.workloads)
