"""A fleet that could be, or is: clusters, node pools, who runs where, and what it costs."""

from dataclasses import dataclass
from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.ids import ClusterName, DatasetName, PoolName, TeamName, WorkloadName
from broker.domain.money import HOURS_PER_MONTH, Money
from broker.domain.offers import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePool:
    """Equal nodes of one offer in one cluster.

    *hours* is what each node is paid for in the month: 730 for a pool that always runs, shared by
    steady workloads; fewer for the pool of one burst workload. Every planned pool has a price.
    """

    name: PoolName
    cluster: ClusterName
    offer: Offer
    nodes: int
    hours: Fraction
    workloads: tuple[WorkloadName, ...]

    @property
    def price(self) -> Money:
        """Price of one node and hour; ValueError if unknown, which no solver lets through."""
        if self.offer.price is None:
            message = f"{self.offer.name} was planned without a price"
            raise ValueError(message)
        return self.offer.price

    @property
    def hourly(self) -> Money:
        """What all its nodes cost per hour while they run."""
        return self.price * self.nodes

    @property
    def monthly(self) -> Money:
        """What they cost in the month."""
        return self.hourly * self.hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One Kubernetes cluster, in one region; *overhead_hourly* is None where no price is known."""

    name: ClusterName
    region: RegionKey
    overhead_hourly: Money | None
    pools: tuple[NodePool, ...]

    @property
    def overhead_monthly(self) -> Money | None:
        """Control plane, NAT and the like, per month of 730 hours."""
        return None if self.overhead_hourly is None else self.overhead_hourly * HOURS_PER_MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Some or all replicas of one workload in one pool.

    *nodes* is the number of the pool's nodes on which they run (nodes may be shared).
    *hourly* and *monthly* are the share of the pool's cost, unused room included: the placements
    of a pool add up to the pool, to the micro-dollar.
    """

    workload: WorkloadName
    team: TeamName
    cluster: ClusterName
    pool: PoolName
    offer: Offer
    replicas: int
    nodes: int
    hourly: Money
    monthly: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReplica:
    """A copy of a data set in another region: moved once, kept for the month.

    *storage_monthly* is None where no price is known.
    """

    dataset: DatasetName
    source: RegionKey
    destination: RegionKey
    size_bytes: int
    egress_once: Money
    storage_monthly: Money | None
    readers: tuple[WorkloadName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a service sends to its clients from one region in the month, at the price of egress."""

    workload: WorkloadName
    team: TeamName
    region: RegionKey
    monthly: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Everything that is bought, each tuple in the order of names."""

    clusters: tuple[Cluster, ...]
    placements: tuple[Placement, ...]
    replicas: tuple[DataReplica, ...]
    cloud_fixed_monthly: tuple[tuple[str, Money], ...]
    answers: tuple[Answers, ...] = ()

    @property
    def pools(self) -> tuple[NodePool, ...]:
        """The pools of all clusters."""
        return tuple(pool for cluster in self.clusters for pool in cluster.pools)
