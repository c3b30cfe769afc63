"""What checks are held against: facts of a plan, each with what most of it comes from.

Nothing unknown counts as nothing: a sum in which a price is missing is known from one side only.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Any

from broker.domain.checks import Check, Comparison, Fact, Scope
from broker.domain.fleet import Fleet
from broker.domain.money import MICROS_PER_UNIT, Money
from broker.domain.offers import CapacityType
from broker.planning.check_scopes import Selection, place_of, selected
from broker.planning.cost import FleetCost, cost

MOST_NAMED = 3
"""So many of those that contribute most are named."""

NONE = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of one cluster or pool: *actions* are Terraform's words."""

    address: str
    cluster: str
    provider: str
    region: str
    actions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)  # without slots: what it costs is added up once
class Measured:
    """The plan that is looked at: *fleet* is to be there, *before* is, *now* is when it is looked at."""

    fleet: Fleet
    before: Fleet
    currency: str
    now: datetime
    changes: tuple[Change, ...] = ()
    gap: Fraction = NONE
    unplaced: tuple[str, ...] = ()

    @cached_property
    def cost(self) -> FleetCost:
        """What *fleet* costs."""
        return cost(self.fleet, self.currency)

    @cached_property
    def cost_before(self) -> FleetCost:
        """What *before* costs."""
        return cost(self.before, self.currency)

    def is_about_nothing(self, scope: Scope) -> bool:
        """Whether *scope* names a part of the fleet, and there is none, now or before."""
        fleets = (self.fleet, self.before)
        return bool(scope.words) and not any(selected(scope, each).clusters for each in fleets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A fact: it is from *low* to *high*, the same where it is known; None where nobody knows how far.

    *is_absent*: there is nothing of which it could be told. *most* of it is from these. An age is
    written as what it has been *since*, which does not change by itself.
    """

    low: Fraction | None = NONE
    high: Fraction | None = NONE
    most: tuple[tuple[str, Fraction], ...] = ()
    since: datetime | None = None
    is_absent: bool = False


ABSENT = Found(is_absent=True)


def found(check: Check, measured: Measured) -> Found:
    """The fact that *check* is about."""
    return _FACTS[check.what](check, measured)


def measured_of(
    document: Mapping[str, Any], fleet: Fleet, before: Fleet | None, now: datetime
) -> Measured:
    """What of a plan *document* can be checked, beside the *fleet* that it wants."""
    return Measured(
        fleet=fleet,
        before=before or _NOTHING,
        currency=document["cost"]["currency"],
        now=now,
        changes=tuple(_changes(document["resource_changes"])),
        gap=Fraction(document["solver"]["gap"]),
        unplaced=tuple(entry["workload"] for entry in document["unplaced"]),
    )


_NOTHING = Fleet(clusters=(), placements=(), replicas=(), cloud_fixed_monthly=())


def _changes(documents: Iterable[Mapping[str, Any]]) -> Iterable[Change]:
    for entry in documents:
        if entry["type"] in {"cluster", "pool"}:
            settings = entry["change"]["before"] or entry["change"]["after"]
            yield Change(
                address=entry["address"],
                cluster=settings.get("cluster", entry["name"]),
                provider=settings["provider"],
                region=settings["region"],
                actions=tuple(entry["change"]["actions"]),
            )


def _exactly(value: Fraction, most: Mapping[str, Fraction]) -> Found:
    return Found(low=value, high=value, most=_greatest(most))


def _greatest(parts: Mapping[str, Fraction]) -> tuple[tuple[str, Fraction], ...]:
    ordered = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
    return tuple((name, value) for name, value in ordered[:MOST_NAMED] if value > 0)


def _units(amount: Money) -> Fraction:
    return Fraction(amount.micros, MICROS_PER_UNIT)


def _by_workload(selection: Selection) -> dict[str, Fraction]:
    parts: dict[str, Fraction] = {}
    for placement in selection.placements:
        name = f"workload.{placement.workload}"
        parts[name] = parts.get(name, NONE) + _units(placement.monthly)
    return parts


def _monthly(
    check: Check, fleet: Fleet, told: FleetCost
) -> tuple[Fraction, frozenset[str], dict[str, Fraction]]:
    """What the scope costs a month, what is not in that, and how much of it each workload is."""
    selection = selected(check.scope, fleet)
    parts = _by_workload(selection)
    if check.scope.is_of_work:
        return sum(parts.values(), NONE), frozenset(), parts
    if not check.scope.words:
        return _units(told.total.monthly), frozenset(told.total.unknown), parts
    names = {cluster.name for cluster in selection.clusters}
    rows = [row for row in told.clusters if row.name in names]
    unknown = frozenset(item for row in rows for item in row.unknown)
    return sum((_units(row.monthly) for row in rows), NONE), unknown, parts


def _monthly_cost(check: Check, measured: Measured) -> Found:
    value, unknown, parts = _monthly(check, measured.fleet, measured.cost)
    return Found(low=value, high=None if unknown else value, most=_greatest(parts))


def _cost_increase(check: Check, measured: Measured) -> Found:
    """What has no price before and after is the same thing, and takes nothing off."""
    now, unknown_now, parts_now = _monthly(check, measured.fleet, measured.cost)
    before, unknown_before, parts_before = _monthly(check, measured.before, measured.cost_before)
    names = {*parts_now, *parts_before}
    parts = {name: parts_now.get(name, NONE) - parts_before.get(name, NONE) for name in names}
    return Found(
        low=None if unknown_before - unknown_now else now - before,
        high=None if unknown_now - unknown_before else now - before,
        most=_greatest(parts),
    )


def _cost_increase_share(check: Check, measured: Measured) -> Found:
    """Of what is known to be paid; there is no share of nothing."""
    before, unknown, _ = _monthly(check, measured.before, measured.cost_before)
    increase = _cost_increase(check, measured)
    if not before and not unknown:
        return ABSENT
    if not before or unknown:
        return Found(low=None, high=None, most=increase.most)
    low, high = (None if v is None else v / before for v in (increase.low, increase.high))
    return Found(low=low, high=high, most=increase.most)


def _cost_per_hour(check: Check, measured: Measured) -> Found:
    """Of what is bought; reserved nodes are paid already, and cost nothing more."""
    bought = [p for p in selected(check.scope, measured.fleet).pools if not p.offer.reservation]
    hours = sum((p.offer.count * p.nodes * p.hours for p in bought), NONE)
    if not hours:
        return ABSENT
    value = sum((_units(p.monthly) for p in bought), NONE) / hours
    return _exactly(value, {place_of(p): _units(p.price) / p.offer.count for p in bought})


def _clusters(check: Check, measured: Measured) -> Found:
    selection = selected(check.scope, measured.fleet)
    names = {f"cluster.{cluster.name}": NONE for cluster in selection.clusters}
    for pool in selection.pools:
        names[f"cluster.{pool.cluster}"] += selection.nodes[pool.cluster, pool.name]
    return _exactly(Fraction(len(names)), names)


def _nodes(check: Check, measured: Measured) -> Found:
    selection = selected(check.scope, measured.fleet)
    parts = {place_of(p): Fraction(selection.nodes[p.cluster, p.name]) for p in selection.pools}
    return _exactly(sum(parts.values(), NONE), parts)


def _accelerators(check: Check, measured: Measured) -> Found:
    parts = selected(check.scope, measured.fleet).accelerators
    return _exactly(sum(parts.values(), NONE), parts)


def _regions(check: Check, measured: Measured) -> Found:
    return _distinct(check, measured, lambda provider, region: f"{provider}/{region}")


def _clouds(check: Check, measured: Measured) -> Found:
    return _distinct(check, measured, lambda provider, _: provider)


def _distinct(check: Check, measured: Measured, name: Callable[[str, str], str]) -> Found:
    """How many different ones there are, and how many accelerators each has."""
    selection = selected(check.scope, measured.fleet)
    parts = {name(c.region.provider, c.region.region): NONE for c in selection.clusters}
    for pool in selection.pools:
        region = pool.offer.region
        parts[name(region.provider, region.region)] += selection.accelerators[place_of(pool)]
    return _exactly(Fraction(len(parts)), parts)


def _spot_share(check: Check, measured: Measured) -> Found:
    """Where there is too little of it, named is what is not spot."""
    selection = selected(check.scope, measured.fleet)
    parts = selection.accelerators
    whole = sum(parts.values(), NONE)
    if not whole:
        return ABSENT
    is_spot = {place_of(p): p.offer.capacity_type is CapacityType.SPOT for p in selection.pools}
    spot = sum((value for name, value in parts.items() if is_spot[name]), NONE)
    told = check.comparison is not Comparison.AT_LEAST
    return _exactly(spot / whole, {n: v / whole for n, v in parts.items() if is_spot[n] is told})


def _largest_cloud_share(check: Check, measured: Measured) -> Found:
    clouds = _clouds(check, measured).most
    whole = _accelerators(check, measured).low
    if not whole:
        return ABSENT
    parts = {name: value / whole for name, value in clouds}
    return _exactly(max(parts.values()), parts)


def _price_age(check: Check, measured: Measured) -> Found:
    """Of the oldest price of what is bought."""
    bought = [p for p in selected(check.scope, measured.fleet).pools if not p.offer.reservation]
    if not bought:
        return ABSENT
    since = min(p.offer.fetched_at for p in bought)
    age = {p: Fraction((measured.now - p.offer.fetched_at).total_seconds()) for p in bought}
    oldest = max(NONE, *age.values())
    parts = _greatest({place_of(p): seconds for p, seconds in age.items()})
    return Found(low=oldest, high=oldest, most=parts, since=since)


def _unknown_prices(_: Check, measured: Measured) -> Found:
    unknown = measured.cost.total.unknown
    return _exactly(Fraction(len(unknown)), dict.fromkeys(unknown, Fraction(1)))


def _proven_gap(_: Check, measured: Measured) -> Found:
    return _exactly(measured.gap, {})


def _unplaced(_: Check, measured: Measured) -> Found:
    names = {f"workload.{name}": Fraction(1) for name in measured.unplaced}
    return _exactly(Fraction(len(names)), names)


def _destroyed(check: Check, measured: Measured) -> Found:
    return _changed(check, measured, lambda actions: actions == ("delete",))


def _replaced(check: Check, measured: Measured) -> Found:
    return _changed(check, measured, lambda actions: len(actions) > 1)


def _changed(
    check: Check, measured: Measured, is_meant: Callable[[tuple[str, ...]], bool]
) -> Found:
    scope = check.scope
    names = {
        change.address: Fraction(1)
        for change in measured.changes
        if is_meant(change.actions)
        and scope.cluster in (None, change.cluster)
        and scope.provider in (None, change.provider)
        and scope.region in (None, change.region)
    }
    return _exactly(Fraction(len(names)), names)


_FACTS: Mapping[Fact, Callable[[Check, Measured], Found]] = MappingProxyType(
    {
        Fact.MONTHLY_COST: _monthly_cost,
        Fact.COST_INCREASE: _cost_increase,
        Fact.COST_INCREASE_SHARE: _cost_increase_share,
        Fact.COST_PER_ACCELERATOR_HOUR: _cost_per_hour,
        Fact.CLUSTERS: _clusters,
        Fact.NODES: _nodes,
        Fact.ACCELERATORS: _accelerators,
        Fact.REGIONS: _regions,
        Fact.CLOUDS: _clouds,
        Fact.SPOT_SHARE: _spot_share,
        Fact.LARGEST_CLOUD_SHARE: _largest_cloud_share,
        Fact.PRICE_AGE: _price_age,
        Fact.UNKNOWN_PRICES: _unknown_prices,
        Fact.PROVEN_GAP: _proven_gap,
        Fact.UNPLACED: _unplaced,
        Fact.DESTROYED: _destroyed,
        Fact.REPLACED: _replaced,
    }
)
