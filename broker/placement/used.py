"""How much of each quota a fleet uses, counting what may run at the same time."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

from broker.domain.spec import Quota
from broker.domain.workloads import Run
from broker.placement.growth import growth_per_unit
from broker.placement.overlap import most_at_once
from broker.placement.purchase import BoughtPool
from broker.placement.quotas import counted_at, counts, quota_use_per_node


def used_by_place(pools: Iterable[BoughtPool], quota: Quota) -> dict[str, Fraction]:
    """Units of *quota* that *pools* use, and those that their workloads may grow to.

    By the place where they are counted: each region, or the cloud whose regions it spans.
    """
    now: dict[str, list[tuple[Run, Fraction]]] = defaultdict(list)
    later: dict[str, Fraction] = defaultdict(Fraction)
    for pool in pools:
        offer = pool.offer
        if not counts(quota, offer):
            continue
        use, place = quota_use_per_node(offer, quota), counted_at(quota, offer.region)
        now[place].append((pool.candidates[0].workload.run, use * pool.packing.nodes))
        if not quota.reservation:
            later[place] += use * _growth(pool)
    return {place: most_at_once(now[place]) + later[place] for place in sorted(now)}


def _growth(pool: BoughtPool) -> Fraction:
    grown = (growth_per_unit(c) * n for c, n in zip(pool.candidates, pool.units, strict=True))
    return sum(grown, Fraction(0))
