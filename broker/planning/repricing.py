"""A fleet at the prices of another instant: nothing of it changes but what it costs."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from broker.domain.fleet import Fleet, NodePool, Placement
from broker.domain.ids import ClusterName, PoolName
from broker.domain.offers import Offer


def repriced(fleet: Fleet, sold: Mapping[str, Offer]) -> Fleet:
    """*fleet* with each offer as it is *sold*, by name; one that is not, or has no price, stays as it was.

    The placements of a pool share what it costs as they did before.
    """
    pools = {(p.cluster, p.name): _repriced(p, sold) for p in fleet.pools}
    clusters = tuple(
        replace(c, pools=tuple(pools[p.cluster, p.name] for p in c.pools)) for c in fleet.clusters
    )
    shared: dict[tuple[ClusterName, PoolName], list[Placement]] = {}
    for placement in fleet.placements:
        shared.setdefault((placement.cluster, placement.pool), []).append(placement)
    costs = {at: iter(_shares(pools[at], placements)) for at, placements in shared.items()}
    placements = tuple(next(costs[p.cluster, p.pool]) for p in fleet.placements)
    return replace(fleet, clusters=clusters, placements=placements)


def _repriced(pool: NodePool, sold: Mapping[str, Offer]) -> NodePool:
    offer = sold.get(pool.offer.name)
    return pool if offer is None or offer.price is None else replace(pool, offer=offer)


def _shares(pool: NodePool, placements: list[Placement]) -> list[Placement]:
    hourly = pool.hourly.split(Fraction(p.hourly.micros) for p in placements)
    monthly = pool.monthly.split(Fraction(p.monthly.micros) for p in placements)
    return [
        replace(placement, offer=pool.offer, hourly=an_hour, monthly=a_month)
        for placement, an_hour, a_month in zip(placements, hourly, monthly, strict=True)
    ]
