"""No more than the cloud allows."""

from collections.abc import Iterable

from broker.domain.geography import RegionKey
from broker.domain.spec import Quota
from broker.placement.quotas import counts, quota_use_per_node
from broker.placement.variables import Pool, Variables


def constrain_quotas(v: Variables) -> None:
    """For each quota and each region it holds in: nodes x what one node uses <= the limit.

    Burst and steady nodes count alike, since they may run at the same time.
    """
    constrain_limits(v, (quota for quota in v.problem.spec.quotas if not quota.reservation))


def constrain_limits(v: Variables, quotas: Iterable[Quota]) -> None:
    """The rows of *quotas*."""
    for quota in quotas:
        for region, pools in _counted(quota, v).items():
            v.model.at_most(
                f"quota[{quota.name},{region}]",
                {pool.column: float(quota_use_per_node(pool.offer, quota)) for pool in pools},
                float(quota.limit),
            )


def _counted(quota: Quota, v: Variables) -> dict[RegionKey, list[Pool]]:
    regions: dict[RegionKey, list[Pool]] = {}
    for pool in v.pools:
        if counts(quota, pool.offer):
            regions.setdefault(pool.offer.region, []).append(pool)
    return dict(sorted(regions.items()))
