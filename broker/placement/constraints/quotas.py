"""No more than the cloud allows."""

from collections.abc import Iterable, Iterator

from broker.domain.geography import RegionKey
from broker.domain.spec import Quota
from broker.placement.overlap import together
from broker.placement.quotas import counts, quota_use_per_node
from broker.placement.variables import Pool, Variables


def constrain_quotas(v: Variables) -> None:
    """For each quota and each region it holds in: what the nodes use is within the limit.

        Σ_{o counted in r} use[o] · nodes[o] ≤ limit                  for each quota and r

    A node uses itself, its vCPUs or its accelerators: the quota says which it counts.
    Burst and steady nodes count alike, since they may run at the same time; only bursts whose
    windows do not overlap do not, and then there is a row for each set that may run at once.
    """
    constrain_limits(v, (quota for quota in v.problem.spec.quotas if not quota.reservation))


def constrain_limits(v: Variables, quotas: Iterable[Quota]) -> None:
    """The rows of *quotas*."""
    for quota in quotas:
        for label, region, pools in limited_at_once(v, quota):
            v.model.at_most(
                f"quota[{quota.name},{region}{label}]",
                nodes_counted(pools, quota),
                float(quota.limit),
            )


def nodes_counted(pools: Iterable[Pool], quota: Quota) -> dict[int, float]:
    """The terms of a row: what the nodes of *pools* use of *quota*."""
    terms: dict[int, float] = {}
    for pool in pools:
        terms |= pool.nodes(float(quota_use_per_node(pool.offer, quota)))
    return terms


def limited_at_once(v: Variables, quota: Quota) -> Iterator[tuple[str, RegionKey, list[Pool]]]:
    """The pools of each region that *quota* counts and that may run at the same time.

    With a label for rows: the instant, where windows tell bursts apart.
    """
    for region, pools in _counted(quota, v).items():
        runs = {n: pool.candidates[0].workload.run for n, pool in enumerate(pools)}
        for instant, numbers in together(runs):
            label = f",{instant:%Y-%m-%dT%H:%MZ}" if instant else ""
            yield label, region, [pools[number] for number in numbers]


def _counted(quota: Quota, v: Variables) -> dict[RegionKey, list[Pool]]:
    regions: dict[RegionKey, list[Pool]] = {}
    for pool in v.pools:
        if counts(quota, pool.offer):
            regions.setdefault(pool.offer.region, []).append(pool)
    return dict(sorted(regions.items()))
