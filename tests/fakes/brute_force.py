"""The cheapest fleet found by trying everything: what the solver is held against on tiny problems.

It knows neither the model nor the packing of `broker.placement`, only the domain's values and the
room that a node leaves for workloads. Each question is answered in the most obvious way that ends.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import combinations_with_replacement

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import Dataset, OnBreach, Quota, QuotaUnit, Replication, Reservation
from broker.domain.workloads import Run, Workload
from broker.placement.problem import Problem
from tests.fakes.brute_packing import (
    Room,
    fewest_nodes,
    lie_on_one_node,
    node_of,
    part_of_node,
    room_of,
)
from tests.fakes.brute_traffic import (
    all_are_answered,
    answers,
    answers_have_a_price,
    served,
    serves,
)

HOURS = 730
NEVER = datetime(1, 1, 1, tzinfo=UTC)

Split = dict[Offer, int]
"""How many replicas of a workload run on each offer."""

Nodes = dict[tuple[Run, Offer], int]
"""How many nodes there are, by when they run and of what."""


def cheapest(problem: Problem) -> Fraction | None:
    """The least cost of a month in micro-dollars, without any rounding; None if nothing is lawful."""
    search = _Search(problem)
    search.go_on({})
    return search.best


class _Search:
    """Workload by workload, every way to split it over its offers.

    The cost and the use of quotas of what is placed already only grow as more is placed, so a
    branch ends as soon as it costs as much as the best fleet, or is over a quota.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.workloads = problem.spec.workloads
        self.splits = {w.name: list(_splits(w, problem)) for w in self.workloads}
        self.best: Fraction | None = None

    def go_on(self, placed: dict[str, Split]) -> None:
        cost = _cost(self.problem, placed)
        if cost is None or (self.best is not None and cost >= self.best):
            return
        if len(placed) == len(self.workloads):
            self.best = cost
            return
        following = self.workloads[len(placed)]
        for split in self.splits[following.name]:
            self.go_on({**placed, following.name: split})


def _splits(workload: Workload, problem: Problem) -> Iterator[Split]:
    offers = [offer for offer in problem.offers if _may_run(workload, offer, problem)]
    replicas = workload.replicas.minimum
    if workload.is_gang:
        ways: Iterator[Split] = ({offer: replicas} for offer in offers)
    else:
        chosen = combinations_with_replacement(offers, replicas)
        ways = ({offer: some.count(offer) for offer in some} for some in chosen)
    return (split for split in ways if _well_placed(workload, split, problem))


def _may_run(workload: Workload, offer: Offer, problem: Problem) -> bool:
    room = room_of(workload, offer)
    return (
        room is not None
        and offer.price is not None
        and offer.zone_kind is ZoneKind.AVAILABILITY_ZONE
        and _is_firm_enough(workload, offer)
        and _lasts(workload, offer, problem)
        and answers_have_a_price(workload, offer.region, problem)
        and _is_in_time(workload, offer.region, problem)
        and offer.name not in {*problem.banned, *problem.sold_out}
        and offer.name in ({o for w, o in problem.pins if w == workload.name} or {offer.name})
        and any(scope.includes(offer.region) for scope in problem.spec.providers)
        and _overhead(offer.region, problem) is not None
        and _lies_within(workload, offer.region, problem)
        and all(_may_read(dataset, offer.region, problem) for dataset in _read(workload, problem))
        and lie_on_one_node((room,), node_of(offer))
        and (not served(workload, problem) or _serves_one(workload, offer.region, problem))
    )


def _is_in_time(workload: Workload, region: RegionKey, problem: Problem) -> bool:
    """Whether all its data is there early enough for its hours to end by its deadline."""
    run = workload.run
    if run.hours is None or run.ends is None:
        return True
    ready = max(known.fetched_at for known in problem.offers)
    starts = [run.starts or ready, ready]
    for dataset in _read(workload, problem):
        if dataset.home != region and not _is_copied(dataset, region, problem):
            seconds = dataset.size_bytes * 8 / (float(dataset.copy_gbps) * 10**9)
            starts.append(ready + timedelta(seconds=seconds))
    return max(starts) + timedelta(hours=float(run.hours)) <= run.ends


def _overhead(region: RegionKey, problem: Problem) -> int | None:
    """What a cluster there costs an hour in micro-dollars: what the spec says, or the tables."""
    stated = [s.cluster_hourly for s in problem.spec.providers if s.provider == region.provider]
    known = [price for price in stated if price is not None]
    listed = problem.network.overhead_hourly.get(region.provider)
    if known:
        return known[0].micros
    return None if listed is None else listed.micros


def _is_firm_enough(workload: Workload, offer: Offer) -> bool:
    """What is reserved does for work that would take what is bought on demand."""
    accepted = workload.capacity_types
    if offer.reservation is not None and CapacityType.ON_DEMAND in accepted:
        return True
    return offer.capacity_type in accepted


def _lasts(workload: Workload, offer: Offer, problem: Problem) -> bool:
    """Whether the reservation of *offer*, if it is of one, lasts until the work is done."""
    (ends,) = [
        r.ends for r in problem.spec.reservations if offer.reservation and _is_of(r, offer)
    ] or [None]
    if ends is None:
        return True
    run = workload.run
    begins = max(known.fetched_at for known in problem.offers)
    hours = Fraction(HOURS) if run.hours is None else run.hours
    done = run.ends or (run.starts or begins) + timedelta(hours=float(hours))
    return done <= ends


def _lies_within(workload: Workload, region: RegionKey, problem: Problem) -> bool:
    law = problem.network.regions[region].jurisdictions
    return not workload.residency or bool(workload.residency & law)


def _read(workload: Workload, problem: Problem) -> list[Dataset]:
    return [dataset for dataset in problem.spec.datasets if dataset.name in workload.reads]


def _may_read(dataset: Dataset, region: RegionKey, problem: Problem) -> bool:
    return region == dataset.home or (
        dataset.replication is Replication.ALLOWED
        and problem.network.egress_price_per_gb(dataset.home, region) is not None
        and region.provider in problem.network.storage_per_gb_month
    )


def _serves_one(workload: Workload, region: RegionKey, problem: Problem) -> bool:
    return any(serves(workload, region, p, problem) for p in served(workload, problem))


def _well_placed(workload: Workload, split: Split, problem: Problem) -> bool:
    """Spread evenly over its regions, and near all of its clients."""
    units: dict[RegionKey, int] = {}
    for offer, replicas in split.items():
        units[offer.region] = units.get(offer.region, 0) + (1 if workload.is_gang else replicas)
    most = -(-sum(units.values()) // workload.spread_regions)
    return (
        _shares_are_small(workload, split)
        and all_are_answered(workload, units, problem)
        and len(units) >= workload.spread_regions
        and max(units.values()) <= most
        and all(
            any(serves(workload, region, place, problem) for region in units)
            for place in served(workload, problem)
        )
    )


def _shares_are_small(workload: Workload, split: Split) -> bool:
    """No more of the replicas than its share on spot, on one spot offer, or in any one zone."""
    asked = workload.at_most
    if asked is None:
        return True
    spot = [n for offer, n in split.items() if offer.capacity_type is CapacityType.SPOT]
    lost = [
        sum(n for o, n in split.items() if o.region == hit.region and o.zone in (None, hit.zone))
        for hit in split
    ]
    replicas = sum(split.values())
    return (
        (asked.spot is None or sum(spot) <= asked.spot * replicas)
        and (asked.spot_pool is None or max(spot, default=0) <= asked.spot_pool * replicas)
        and (asked.zone is None or max(lost) <= asked.zone * replicas)
    )


def _cost(problem: Problem, placed: dict[str, Split]) -> Fraction | None:
    """What *placed* costs and its moves weigh; None if it is over a quota, or too far or near."""
    if not _neighbours_agree(problem, placed):
        return None
    nodes = _nodes(problem, placed)
    regions = {offer.region for _, offer in nodes}
    clouds = {region.provider for region in regions}
    if _is_over_a_quota(problem, nodes, placed) or _is_over_a_team_budget(problem, placed):
        return None
    return (
        _paid_for_nodes(problem, placed, nodes)
        + sum((HOURS * (_overhead(region, problem) or 0) for region in regions), Fraction())
        + sum(s.fixed_monthly.micros for s in problem.spec.providers if s.provider in clouds)
        + sum((_copies(problem, dataset, placed) for dataset in problem.spec.datasets), Fraction())
        + sum((answers(problem, name, split) for name, split in placed.items()), Fraction())
        + sum((_moved(problem, name, split) for name, split in placed.items()), Fraction())
    )


def _neighbours_agree(problem: Problem, placed: dict[str, Split]) -> bool:
    """Whether all that is placed lies near and apart as asked, of workloads that are both placed."""
    regions = {name: {offer.region for offer in split} for name, split in placed.items()}
    ours = [workload for workload in problem.spec.workloads if workload.name in placed]
    return all(
        any(_is_near(here, there, near.round_trip_ms, problem) for there in regions[near.workload])
        for workload in ours
        for near in workload.near
        if near.workload in placed
        for here in regions[workload.name]
    ) and not any(
        regions[workload.name] & regions.get(other, set())
        for workload in ours
        for other in workload.apart
    )


def _is_near(here: RegionKey, there: RegionKey, bound: float, problem: Problem) -> bool:
    time = problem.network.round_trip_ms(here, there)
    return time is not None and time <= bound


def _moved(problem: Problem, name: str, split: Split) -> Fraction:
    """The share of its present cost that each replica has to save by leaving its present offer.

    Replicas go one by one: those that stay on an offer, then those that end because fewer are
    wanted, and what is left of the present ones has moved.
    """
    placements = problem.recorded.placements if problem.recorded else ()
    now = [placement for placement in placements if placement.workload == name]
    if not now:
        return Fraction()
    running = Counter({p.offer.name: 0 for p in now})
    for placement in now:
        running[placement.offer.name] += placement.replicas
    staying = running & Counter({offer.name: n for offer, n in split.items()})
    ending = max(0, running.total() - sum(split.values()))
    present = Fraction(sum(p.monthly.micros for p in now), running.total())
    leaving = running.total() - staying.total() - ending
    return present * leaving * problem.spec.objective.stability


def _paid_for_nodes(problem: Problem, placed: dict[str, Split], nodes: Nodes) -> Fraction:
    paid = Fraction()
    for (run, offer), count in nodes.items():
        if run.hours is None:
            paid += (
                count
                * _hourly(offer)
                * HOURS
                * _waste(replace(problem.spec.workloads[0], run=run), offer, 1)
            )
    for workload in problem.spec.workloads:
        for offer, replicas in placed.get(workload.name, {}).items():
            room = room_of(workload, offer)
            if workload.run.hours is not None and room is not None:
                own = fewest_nodes((room,) * replicas, node_of(offer))
                paid += own * _hourly(offer) * workload.run.hours * _waste(workload, offer, own)
    return paid


def _waste(workload: Workload, offer: Offer, nodes: int) -> Fraction:
    """By what factor more hours are paid than count, for what reclaims undo."""
    lost = Fraction(workload.restart_seconds, 3600)
    if workload.run.hours is not None:
        every = Fraction(workload.checkpoint.every_seconds, 3600) if workload.checkpoint else None
        lost += min(every or workload.run.hours, workload.run.hours) / 2
    together = nodes if workload.is_gang and workload.run.hours is not None else 1
    return 1 + (offer.reclaims_per_hour or 0) * lost * together


def _hourly(offer: Offer) -> int:
    assert offer.price is not None
    return offer.price.micros


def _nodes(problem: Problem, placed: dict[str, Split]) -> Nodes:
    """Nodes by run and offer: work that always runs shares them, work that ends has its own."""
    shared: dict[Offer, list[Room]] = {}
    nodes: Nodes = {}
    for workload in problem.spec.workloads:
        for offer, replicas in placed.get(workload.name, {}).items():
            room = room_of(workload, offer)
            assert room is not None
            if workload.run.hours is None:
                shared.setdefault(offer, []).extend([room] * replicas)
            else:
                key = (workload.run, offer)
                own = fewest_nodes((room,) * replicas, node_of(offer))
                nodes[key] = nodes.get(key, 0) + own
    for offer, rooms in shared.items():
        key = (Run(), offer)
        count = fewest_nodes(tuple(sorted(rooms, reverse=True)), node_of(offer))
        nodes[key] = nodes.get(key, 0) + count
    return nodes


def _is_over_a_quota(problem: Problem, nodes: Nodes, placed: dict[str, Split]) -> bool:
    """At no instant may more run than the quota says, nor once everything has grown."""
    instants = [run.starts for run, _ in nodes if run.starts and run.ends] or [NEVER]
    return any(_is_over_a_reservation(problem, nodes, at) for at in instants) or any(
        sum(
            count * _use(quota, offer)
            for (run, offer), count in nodes.items()
            if offer.region in regions and _falls_under(quota, offer) and _may_be_on(run, instant)
        )
        + sum(_grown(problem, quota, regions, name, split) for name, split in placed.items())
        > quota.limit
        for quota in problem.spec.quotas
        if quota.reservation is None
        for regions in _counted_together(quota, {offer.region for _, offer in nodes})
        for instant in instants
    )


def _may_be_on(run: Run, instant: datetime) -> bool:
    return not (run.starts and run.ends) or run.starts <= instant < run.ends


def _counted_together(quota: Quota, regions: set[RegionKey]) -> list[set[RegionKey]]:
    return [regions] if quota.spans else [{region} for region in regions]


def _grown(
    problem: Problem, quota: Quota, regions: set[RegionKey], name: str, split: Split
) -> Fraction:
    """What the replicas that may come use of the quota, on nodes that they fill, where they are."""
    (workload,) = [w for w in problem.spec.workloads if w.name == name]
    if not workload.replicas.grows or workload.run.hours is not None:
        return Fraction()
    use = Fraction()
    for offer, replicas in split.items():
        room, node = room_of(workload, offer), node_of(offer)
        assert room is not None
        if offer.region in regions and _falls_under(quota, offer):
            fit = 1
            while lie_on_one_node((room,) * (fit + 1), node):
                fit += 1
            more = Fraction(workload.replicas.maximum, workload.replicas.minimum) - 1
            use += replicas * more * _use(quota, offer) / fit
    return use


def _is_over_a_team_budget(problem: Problem, placed: dict[str, Split]) -> bool:
    """A team pays for the accelerators it holds, and for all of the nodes that it has to itself."""
    budget = problem.spec.budget
    if budget is None or budget.on_breach is OnBreach.WARN:
        return False
    return any(
        sum(_charge(w, placed.get(w.name, {})) for w in problem.spec.workloads if w.team == team)
        >= most.micros + 10_000
        for team, most in budget.teams
    )


def _charge(workload: Workload, split: Split) -> Fraction:
    charged = Fraction()
    for offer, replicas in split.items():
        room, node = room_of(workload, offer), node_of(offer)
        assert room is not None
        if workload.run.hours is None:
            held = part_of_node(room, node)
            charged += replicas * held * _hourly(offer) * HOURS * _waste(workload, offer, 1)
        else:
            nodes = fewest_nodes((room,) * replicas, node)
            hours = workload.run.hours * _waste(workload, offer, nodes)
            charged += nodes * _hourly(offer) * hours
    return charged


def _is_over_a_reservation(problem: Problem, nodes: Nodes, instant: datetime) -> bool:
    used = {(run, offer): n for (run, offer), n in nodes.items() if _may_be_on(run, instant)}
    return any(
        sum(n for (_, offer), n in used.items() if _is_of(paid, offer)) > paid.nodes
        for paid in problem.spec.reservations
    )


def _is_of(paid: Reservation, offer: Offer) -> bool:
    return (paid.name, paid.region, paid.zone, paid.machine_type) == (
        offer.reservation,
        offer.region,
        offer.zone,
        offer.machine_type,
    )


def _falls_under(quota: Quota, offer: Offer) -> bool:
    return (
        offer.region.provider == quota.provider
        and (quota.region is None or offer.region.region == quota.region)
        and (quota.zone is None or offer.zone == quota.zone)
        and (quota.capacity_types is None or offer.capacity_type in quota.capacity_types)
        and (
            quota.accelerator is None
            or quota.accelerator in (offer.accelerator.model, offer.accelerator.name)
        )
        and (quota.machine_type is None or offer.machine_type == quota.machine_type)
        and (quota.family is None or offer.family == quota.family)
    )


def _use(quota: Quota, offer: Offer) -> Fraction:
    if quota.unit is QuotaUnit.ACCELERATORS:
        return offer.count
    return Fraction(offer.vcpus if quota.unit is QuotaUnit.VCPUS else 1)


def _copies(problem: Problem, dataset: Dataset, placed: dict[str, Split]) -> Fraction:
    readers = [w.name for w in problem.spec.workloads if dataset.name in w.reads]
    regions = {offer.region for name in readers for offer in placed.get(name, {})}
    cost = Fraction()
    for region in regions - {dataset.home}:
        egress = problem.network.egress_price_per_gb(dataset.home, region)
        assert egress is not None
        kept = problem.network.storage_per_gb_month[region.provider]
        moving = 0 if _is_copied(dataset, region, problem) else egress.micros
        cost += Fraction(dataset.size_bytes, 10**9) * (moving + kept.micros)
    return cost


def _is_copied(dataset: Dataset, region: RegionKey, problem: Problem) -> bool:
    copies = problem.recorded.replicas if problem.recorded else ()
    return (dataset.name, dataset.home, region, dataset.size_bytes) in {
        (copy.dataset, copy.source, copy.destination, copy.size_bytes) for copy in copies
    }
