"""What a fleet costs, seen per cluster and per team: both views add up to the same total."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from broker.domain.fleet import Cluster, Fleet
from broker.domain.money import HOURS_PER_MONTH, Money, total

SHARED_TEAM = "(shared)"
"""Who pays for what serves several teams: cluster overheads, data, fixed costs of clouds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """The cost of one cluster, team or shared item; *unknown* names what is not in the amounts.

    *hourly* is while everything in it runs; *monthly* counts the hours it does run, in a month of
    730 hours. What is paid once is in *monthly* alone.
    """

    name: str
    hourly: Money
    monthly: Money
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetCost:
    """The total, and the two ways to divide it."""

    total: CostRow
    clusters: tuple[CostRow, ...]
    teams: tuple[CostRow, ...]


def cost(fleet: Fleet, currency: str) -> FleetCost:
    """Add up *fleet*, to the micro-unit.

    Raises ValueError if the shares of the placements do not add up to the pools.
    """
    shared = tuple(_shared(fleet, currency))
    overheads = [_overhead(cluster, currency) for cluster in fleet.clusters]
    clusters = tuple(
        _sum(cluster.name, (overhead, *_pools(cluster)), currency)
        for cluster, overhead in zip(fleet.clusters, overheads, strict=True)
    )
    teams = tuple(
        _sum(team, (row for row in _placements(fleet) if row.name == team), currency)
        for team in sorted({placement.team for placement in fleet.placements})
    )
    common = (*overheads, *shared)
    if common:
        teams = (*teams, _sum(SHARED_TEAM, common, currency))
    by_cluster = _sum("total", (*clusters, *shared), currency)
    by_team = _sum("total", teams, currency)
    if (by_cluster.hourly, by_cluster.monthly) != (by_team.hourly, by_team.monthly):
        message = f"clusters cost {by_cluster.monthly} a month, teams {by_team.monthly}"
        raise ValueError(message)
    return FleetCost(total=by_cluster, clusters=(*clusters, *shared), teams=teams)


def _pools(cluster: Cluster) -> Iterator[CostRow]:
    for pool in cluster.pools:
        yield CostRow(name=pool.name, hourly=pool.hourly, monthly=pool.monthly)


def _placements(fleet: Fleet) -> Iterator[CostRow]:
    for placement in fleet.placements:
        yield CostRow(name=placement.team, hourly=placement.hourly, monthly=placement.monthly)


def _overhead(cluster: Cluster, currency: str) -> CostRow:
    return _row(
        cluster.name,
        cluster.overhead_hourly,
        cluster.overhead_monthly,
        unknown=f"overhead of cluster {cluster.name}",
        currency=currency,
    )


def _shared(fleet: Fleet, currency: str) -> Iterator[CostRow]:
    if fleet.replicas:
        nothing = Money(0, currency)
        yield CostRow(
            name="(data egress, once)",
            hourly=nothing,
            monthly=total((replica.egress_once for replica in fleet.replicas), currency),
        )
        yield _sum(
            "(data storage)",
            (
                _row(
                    replica.dataset,
                    _per_hour(replica.storage_monthly),
                    replica.storage_monthly,
                    unknown=f"storage of {replica.dataset} in {replica.destination}",
                    currency=currency,
                )
                for replica in fleet.replicas
            ),
            currency,
        )
    if fleet.answers:
        monthly = total((sent.monthly for sent in fleet.answers), currency)
        yield CostRow(
            name="(traffic to clients)", hourly=monthly / HOURS_PER_MONTH, monthly=monthly
        )
    for provider, monthly in fleet.cloud_fixed_monthly:
        if monthly.micros:
            yield CostRow(
                name=f"(fixed cost of {provider})",
                hourly=monthly / HOURS_PER_MONTH,
                monthly=monthly,
            )


def _per_hour(monthly: Money | None) -> Money | None:
    return None if monthly is None else monthly / HOURS_PER_MONTH


def _row(
    name: str, hourly: Money | None, monthly: Money | None, *, unknown: str, currency: str
) -> CostRow:
    if hourly is None or monthly is None:
        nothing = Money(0, currency)
        return CostRow(name=name, hourly=nothing, monthly=nothing, unknown=(unknown,))
    return CostRow(name=name, hourly=hourly, monthly=monthly)


def _sum(name: str, rows: Iterable[CostRow], currency: str) -> CostRow:
    listed = list(rows)
    return CostRow(
        name=name,
        hourly=total((row.hourly for row in listed), currency),
        monthly=total((row.monthly for row in listed), currency),
        unknown=tuple(item for row in listed for item in row.unknown),
    )
