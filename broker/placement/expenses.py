"""Where the money of a fleet goes, in a few words: the costliest of what it pays for."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from broker.domain.fleet import Fleet
from broker.domain.money import Money

SHOWN = 3
"""How many of the costliest of a kind are named."""


def expenses(fleet: Fleet, paid: Money) -> Iterator[str]:
    """Three lines: workloads by their nodes, clusters with all in them, and what is no node.

    *paid* is what the whole fleet costs a month, more than nothing: shares are of that.
    """
    yield f"The costliest workloads: {_costliest(_by_workload(fleet), paid)}."
    yield f"The costliest clusters: {_costliest(_by_cluster(fleet), paid)}."
    beside = _beside_nodes(fleet)
    if beside:
        yield f"Beside nodes: {_costliest(beside, paid)}."


def _by_workload(fleet: Fleet) -> Counter[str]:
    costs: Counter[str] = Counter()
    for placement in fleet.placements:
        costs[placement.workload] += placement.monthly.micros
    return costs


def _by_cluster(fleet: Fleet) -> Counter[str]:
    costs: Counter[str] = Counter()
    for cluster in fleet.clusters:
        costs[cluster.name] += _known(cluster.overhead_monthly)
        for pool in cluster.pools:
            costs[cluster.name] += pool.monthly.micros
    return costs


def _beside_nodes(fleet: Fleet) -> Counter[str]:
    """Overheads of all clusters together, copies by data set, and clouds; nothing that is free."""
    costs: Counter[str] = Counter()
    for cluster in fleet.clusters:
        costs["cluster overheads"] += _known(cluster.overhead_monthly)
    for copy in fleet.replicas:
        costs[f"copies of {copy.dataset}"] += copy.egress_once.micros + _known(copy.storage_monthly)
    for cloud, monthly in fleet.cloud_fixed_monthly:
        costs[f"the fixed cost of {cloud}"] += monthly.micros
    return +costs


def _known(amount: Money | None) -> int:
    return 0 if amount is None else amount.micros


def _costliest(micros: Counter[str], paid: Money) -> str:
    """The first few by cost, then by name, each with its share of all."""
    ordered = sorted(micros.items(), key=lambda item: (-item[1], item[0]))
    named = [
        f"{name} {Money(cost, paid.currency).shown()} ({_share(cost, paid)})"
        for name, cost in ordered[:SHOWN]
    ]
    more = len(ordered) - SHOWN
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _share(micros: int, paid: Money) -> str:
    share = round(Fraction(micros * 100, paid.micros))
    return f"{share} %" if share else "under 1 %"
