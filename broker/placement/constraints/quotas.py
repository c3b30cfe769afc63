"""No more than the cloud allows."""

from collections.abc import Iterable, Iterator

from broker.domain.spec import Quota
from broker.placement.constraints.ties import tie_to_switches
from broker.placement.overlap import together
from broker.placement.quotas import counted_at, counts, quota_use_per_node
from broker.placement.variables import Pool, Variables


def constrain_quotas(v: Variables) -> None:
    """For each quota and each region it holds in: what the nodes use is within the limit.

        Σ_{o counted in r} use[o] · nodes[o] ≤ limit                  for each quota and r
        Σ_{o counted in any r} use[o] · nodes[o] ≤ limit              where it spans regions

    Where it does not, more follows for whole numbers, which says more in fractions: without a
    cluster nothing is used, and without a copy of d nothing by those that read it; and of what
    takes more than a (k + 1)-th of the limit, there are k at most.

        Σ_{o counted in r} use[o] · nodes[o] ≤ limit · open[r]
        Σ_{o: use[o] > limit / (k + 1)} nodes[o] ≤ k · open[r]        for each k from 1 to 4
        and the same for those that read d, with copy[d,r] in place of open[r]

    A node uses itself, its vCPUs or its accelerators: the quota says which it counts.
    Burst and steady nodes count alike, since they may run at the same time; only bursts whose
    windows do not overlap do not, and then there is a row for each set that may run at once.
    """
    for quota in v.problem.spec.quotas:
        if not quota.reservation:
            _constrain_limit(v, quota)
            _tie(v, quota)


def constrain_limits(v: Variables, quotas: Iterable[Quota]) -> None:
    """The rows of *quotas*."""
    for quota in quotas:
        _constrain_limit(v, quota)


def _constrain_limit(v: Variables, quota: Quota) -> None:
    for label, place, pools in limited_at_once(v, quota):
        v.model.at_most(
            f"quota[{quota.name},{place}{label}]",
            nodes_counted(pools, quota),
            float(quota.limit),
        )


def _tie(v: Variables, quota: Quota) -> None:
    for label, place, pools in () if quota.spans else limited_at_once(v, quota):
        tie_to_switches(v, f"{quota.name},{place}{label}", quota, pools[0].offer.region, pools)


def nodes_counted(pools: Iterable[Pool], quota: Quota) -> dict[int, float]:
    """The terms of a row: what the nodes of *pools* use of *quota*."""
    terms: dict[int, float] = {}
    for pool in pools:
        terms |= pool.nodes(float(quota_use_per_node(pool.offer, quota)))
    return terms


def limited_at_once(v: Variables, quota: Quota) -> Iterator[tuple[str, str, list[Pool]]]:
    """The pools that *quota* counts together and that may run at the same time.

    With the place where they are counted, and before it a label for rows: the instant, where
    windows tell bursts apart.
    """
    for place, pools in _counted(quota, v).items():
        runs = {n: pool.candidates[0].workload.run for n, pool in enumerate(pools)}
        for instant, numbers in together(runs):
            label = f",{instant:%Y-%m-%dT%H:%MZ}" if instant else ""
            yield label, place, [pools[number] for number in numbers]


def _counted(quota: Quota, v: Variables) -> dict[str, list[Pool]]:
    if quota not in v.counted:
        places: dict[str, list[Pool]] = {}
        for pool in v.pools_of(quota.provider):
            if counts(quota, pool.offer):
                places.setdefault(counted_at(quota, pool.offer.region), []).append(pool)
        v.counted[quota] = dict(sorted(places.items()))
    return v.counted[quota]
