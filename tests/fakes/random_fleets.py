"""Fleets of any size and price, true to the domain's rules, for Hypothesis."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from broker.domain.fleet import Cluster, DataReplica, Fleet, NodePool, Placement
from broker.domain.geography import RegionKey
from broker.domain.ids import ClusterName, DatasetName, PoolName, ReservationName, WorkloadName
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from tests.fakes.fleets import H100, L4, MI300X, fleet, offer, shares

REGIONS = [RegionKey.parse(text) for text in ("aws/a", "aws/b", "azure/c", "gcp/d")]
NAMES = ["chat", "finetune", "pretrain", "render", "search"]
TEAMS = dict(zip(NAMES, ["apps", "foundation", "foundation", "film", "apps"], strict=True))

prices = st.integers(1, 10**12).map(Money)
unknown_or = st.one_of(st.none(), prices)


@st.composite
def pools(draw: st.DrawFn, cluster: ClusterName, region: RegionKey, number: int) -> NodePool:
    """A pool with one to three workloads."""
    bought = offer(
        f"m{draw(st.integers(0, 3))}.large",
        region,
        str(draw(prices)),
        accelerator=draw(st.sampled_from([H100, L4, MI300X])),
        count=draw(st.sampled_from([Fraction(8), Fraction(1), Fraction(1, 6)])),
        capacity_type=draw(st.sampled_from(list(CapacityType))),
    )
    bought = replace(
        bought,
        reservation=draw(st.sampled_from([None, ReservationName("block")])),
        reclaims_per_hour=draw(st.sampled_from([None, Fraction(0), Fraction(1, 30)])),
    )
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    return NodePool(
        name=PoolName(f"pool-{number}"),
        cluster=cluster,
        offer=bought,
        nodes=draw(st.integers(1, 3000)),
        hours=draw(st.sampled_from([Fraction(730), Fraction(96), Fraction(1, 3)])),
        workloads=tuple(WorkloadName(name) for name in sorted(names)),
    )


@st.composite
def clusters(draw: st.DrawFn, region: RegionKey) -> Cluster:
    """A cluster of up to three pools."""
    name = ClusterName(f"{region.provider}-{region.region}")
    return Cluster(
        name=name,
        region=region,
        overhead_hourly=draw(unknown_or),
        pools=tuple(draw(pools(name, region, number)) for number in range(draw(st.integers(1, 3)))),
    )


@st.composite
def replicas(draw: st.DrawFn) -> DataReplica:
    """A copy of one of two data sets."""
    return DataReplica(
        dataset=DatasetName(draw(st.sampled_from(["corpus", "frames"]))),
        source=RegionKey.parse("aws/home"),
        destination=draw(st.sampled_from(REGIONS)),
        size_bytes=draw(st.integers(1, 10**16)),
        egress_once=draw(prices),
        storage_monthly=draw(unknown_or),
        readers=(WorkloadName("pretrain"),),
    )


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """A whole fleet."""
    regions = draw(st.lists(st.sampled_from(REGIONS), max_size=3, unique=True))
    listed = [draw(clusters(region)) for region in regions]
    placements: list[Placement] = []
    for pool in (pool for cluster in listed for pool in cluster.pools):
        counts = [draw(st.integers(1, 500)) for _ in pool.workloads]
        placements += shares(
            pool,
            [
                (name, TEAMS[name], count)
                for name, count in zip(pool.workloads, counts, strict=True)
            ],
        )
    copies = draw(st.lists(replicas(), max_size=3, unique_by=lambda r: (r.dataset, r.destination)))
    fixed = draw(st.lists(st.sampled_from(["aws", "gcp"]), unique=True))
    return fleet(listed, placements, copies, [(name, str(draw(prices))) for name in sorted(fixed)])
