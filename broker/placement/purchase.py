"""What an assignment of replicas to offers comes to: nodes bought, exact cost, rules kept or not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from broker.domain.fleet import Placement
from broker.domain.geography import RegionKey
from broker.domain.money import Money, total
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.breaches import broken_shares, exceeded_quotas, unanswered
from broker.placement.candidates import Candidate
from broker.placement.charges import exceeded_budgets
from broker.placement.moves import Moves
from broker.placement.packing import Packing, pack
from broker.placement.problem import Problem
from broker.placement.rules import client_places, is_near, within_reach
from broker.placement.shapes import node_shape
from broker.placement.traffic import answers
from broker.placement.variables import (
    cloud_cost,
    cluster_cost,
    copy_cost,
    node_cost,
    pool_key,
)

Assignment = list[tuple[Candidate, int]]
"""Units of each candidate that is used at all."""


@dataclass(frozen=True, kw_only=True)
class BoughtPool:
    """Nodes of one offer and how replicas lie on them: *units* of each of *candidates*."""

    key: tuple[str, str]
    candidates: tuple[Candidate, ...]
    units: tuple[int, ...]
    packing: Packing

    @property
    def offer(self) -> Offer:
        """What its nodes are."""
        return self.candidates[0].offer

    @cached_property
    def cost(self) -> Money:
        """What its nodes cost in the month; a pool is counted in many fleets that differ elsewhere."""
        return node_cost(self.candidates[0], self.packing.nodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """The cost of a fleet per month, by what it is for; *moves* is weighed, but not paid."""

    nodes: Money
    clusters: Money
    clouds: Money
    data: Money
    traffic: Money
    moves: Money

    @property
    def total(self) -> Money:
        """All of it: what the solver minimises."""
        return self.paid + self.moves

    @property
    def paid(self) -> Money:
        """What is on the bill."""
        return self.nodes + self.clusters + self.clouds + self.data + self.traffic

    def __sub__(self, other: "Costs") -> "Costs":
        """What changes from *other* to this, part by part."""
        return Costs(
            nodes=self.nodes - other.nodes,
            clusters=self.clusters - other.clusters,
            clouds=self.clouds - other.clouds,
            data=self.data - other.data,
            traffic=self.traffic - other.traffic,
            moves=self.moves - other.moves,
        )


def assignment_of(
    placements: Iterable[Placement], by_workload: Mapping[str, Sequence[Candidate]]
) -> Assignment:
    """A fleet's placements as units again; those on offers that are no candidates are left out."""
    return [
        (candidate, placement.replicas // candidate.replicas_per_unit)
        for placement in placements
        for candidate in by_workload.get(placement.workload, ())
        if candidate.offer.name == placement.offer.name
    ]


def buy(assignment: Assignment) -> tuple[BoughtPool, ...]:
    """Pack every pool for real, in the order of pool names."""
    members = by_pool(assignment)
    return tuple(bought_pool(key, members[key]) for key in sorted(members))


def by_pool(assignment: Assignment) -> dict[tuple[str, str], Assignment]:
    """Which candidates share which pool."""
    members: dict[tuple[str, str], Assignment] = defaultdict(list)
    for candidate, units in assignment:
        members[pool_key(candidate)].append((candidate, units))
    return dict(members)


def bought_pool(key: tuple[str, str], members: Assignment) -> BoughtPool:
    """Pack the *members* of one pool."""
    ordered = sorted(members, key=lambda member: member[0].workload.name)
    candidates = tuple(candidate for candidate, _ in ordered)
    units = tuple(n for _, n in ordered)
    counts = [n * c.replicas_per_unit for c, n in ordered]
    return BoughtPool(
        key=key,
        candidates=candidates,
        units=units,
        packing=pack([c.item for c in candidates], counts, node_shape(candidates[0].offer)),
    )


def costs(problem: Problem, bought: Iterable[BoughtPool]) -> Costs:
    """The exact cost of what is bought, with the clusters, clouds and copies that it needs."""
    pools = list(bought)
    currency = problem.spec.objective.currency
    regions = sorted({b.offer.region for b in pools})
    providers = sorted({region.provider for region in regions})
    readers = _reading_regions(pools)
    return Costs(
        nodes=total((b.cost for b in pools), currency),
        clusters=total((cluster_cost(region, problem) for region in regions), currency),
        clouds=total((cloud_cost(provider, problem) for provider in providers), currency),
        data=total(
            (
                copy_cost(dataset, region, problem)
                for dataset in problem.spec.datasets
                for region in sorted(readers.get(dataset.name, ()))
                if region != dataset.home
            ),
            currency,
        ),
        traffic=total((cost for _, _, cost in answer_costs(problem, pools)), currency),
        moves=total(_move_costs(problem, pools), currency),
    )


def _move_costs(problem: Problem, bought: Iterable[BoughtPool]) -> Iterator[Money]:
    """What leaving its recorded offers weighs for each workload that is bought."""
    moves = Moves(problem)
    placed: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for b in bought:
        for candidate, units in zip(b.candidates, b.units, strict=True):
            held = units * candidate.replicas_per_unit
            placed[candidate.workload.name][b.offer.name] += held
    return (moves.cost(name, offers) for name, offers in placed.items())


def answer_costs(
    problem: Problem, bought: Iterable[BoughtPool]
) -> Iterator[tuple[Workload, RegionKey, Money]]:
    """What the answers of each service cost a month, by region; only where they are paid for."""
    replicas: dict[str, dict[RegionKey, int]] = defaultdict(lambda: defaultdict(int))
    workloads: dict[str, Workload] = {}
    for b in bought:
        for candidate, units in zip(b.candidates, b.units, strict=True):
            latency = candidate.workload.latency
            if latency is not None and latency.response_bytes is not None:
                workloads[candidate.workload.name] = candidate.workload
                held = units * candidate.replicas_per_unit
                replicas[candidate.workload.name][b.offer.region] += held
    for name in sorted(workloads):
        for region, cost in answers(workloads[name], replicas[name], problem):
            yield workloads[name], region, cost


def _reading_regions(pools: Iterable[BoughtPool]) -> Mapping[str, set[RegionKey]]:
    """Where each data set is read."""
    found: dict[str, set[RegionKey]] = defaultdict(set)
    for bought in pools:
        for candidate in bought.candidates:
            for dataset in candidate.workload.reads:
                found[dataset].add(bought.offer.region)
    return found


def broken_rules(problem: Problem, bought: Iterable[BoughtPool]) -> Iterator[str]:
    """Rules of the whole fleet that *bought* breaks, in words; the rules of single offers are kept.

    Written without the model, so that an answer of the solver is judged by something else.
    """
    pools = list(bought)
    held = [(b.candidates, b.units, b.packing.nodes) for b in pools]
    yield from exceeded_quotas(problem, held)
    yield from exceeded_budgets(problem, held)
    regions: dict[str, dict[RegionKey, int]] = defaultdict(lambda: defaultdict(int))
    offers: dict[str, dict[Offer, int]] = defaultdict(lambda: defaultdict(int))
    by_name = {}
    for b in pools:
        for candidate, units in zip(b.candidates, b.units, strict=True):
            by_name[candidate.workload.name] = candidate
            regions[candidate.workload.name][b.offer.region] += units
            offers[candidate.workload.name][b.offer] += units
    for name in sorted(by_name):
        yield from _broken_by(problem, by_name[name], regions[name])
        yield from _broken_affinities(problem, by_name[name].workload, regions)
        yield from unanswered(problem, by_name[name], regions[name])
        yield from broken_shares(by_name[name], offers[name])


def _broken_affinities(
    problem: Problem, workload: Workload, regions: Mapping[str, Mapping[RegionKey, int]]
) -> Iterator[str]:
    """Partners that are not planned here (of another part of the fleet) break nothing."""
    for nearness in workload.near:
        partner = regions.get(nearness.workload)
        for region in regions[workload.name] if partner else ():
            if not any(is_near(region, other, nearness, problem) for other in partner or ()):
                yield f"{workload.name} in {region} is not near {nearness.workload}"
    for other in sorted(workload.apart):
        for region in sorted(set(regions[workload.name]) & set(regions.get(other, ()))):
            yield f"{workload.name} and {other} are both in {region}"


def _broken_by(
    problem: Problem, candidate: Candidate, units_by_region: Mapping[RegionKey, int]
) -> Iterator[str]:
    workload = candidate.workload
    placed = sum(units_by_region.values())
    if placed != candidate.units:
        yield f"{placed} of {candidate.units} units of {workload.name} are placed"
    if workload.spread_regions > 1:
        most = -(-candidate.units // workload.spread_regions)
        if len(units_by_region) < workload.spread_regions or max(units_by_region.values()) > most:
            yield f"{workload.name} is not spread evenly over {workload.spread_regions} regions"
    for place in client_places(workload, problem):
        if not any(within_reach(workload, region, place, problem) for region in units_by_region):
            yield f"no replica of {workload.name} is within reach of {place}"
