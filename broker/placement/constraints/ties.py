"""What a quota allows, it allows only where a cluster is open, or the data is."""

from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.spec import Quota
from broker.placement.quotas import quota_use_per_node
from broker.placement.rules import datasets_of
from broker.placement.variables import Pool, Variables

CROWDS = range(1, 5)


def tie_to_switches(
    v: Variables, name: str, quota: Quota, region: RegionKey, pools: list[Pool]
) -> None:
    """Rows that follow from a quota of one region and the links, and that say more in fractions."""
    _tie(v, f"{name},open", quota, pools, v.open[region])
    readers: dict[str, list[Pool]] = {}
    for pool in pools:
        for dataset in datasets_of(pool.candidates[0].workload, v.problem):
            if len(pool.candidates) == 1 and (dataset.name, region) in v.copy:
                readers.setdefault(dataset.name, []).append(pool)
    for dataset_name, reading in readers.items():
        if len(reading) > 1:
            _tie(v, f"{name},{dataset_name}", quota, reading, v.copy[dataset_name, region])


def _tie(v: Variables, name: str, quota: Quota, pools: list[Pool], switch: int) -> None:
    uses = {pool.column: quota_use_per_node(pool.offer, quota) * pool.nodes_each for pool in pools}
    terms = {column: float(use) for column, use in uses.items()}
    v.model.at_most(f"tied[{name}]", {**terms, switch: -float(quota.limit)}, 0.0, late=True)
    before: list[int] = []
    for most in CROWDS:
        part = Fraction(quota.limit, most + 1)
        large = [column for column, use in uses.items() if use > part]
        if len(large) > most and large != before:
            row = dict.fromkeys(large, 1.0)
            v.model.at_most(f"large[{name},{most}]", {**row, switch: -float(most)}, 0.0, late=True)
        before = large
