"""On tiny problems of every kind, the solver finds what trying everything finds, and proves it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import pytest

from broker.domain.errors import Denied, Infeasible
from broker.domain.fleet import Fleet, NodePool, Placement
from broker.domain.geography import ZoneKind
from broker.domain.ids import WorkloadName, ZoneId
from broker.domain.money import Money, total
from broker.domain.spec import Quota, QuotaUnit, Replication
from broker.domain.workloads import Workload
from broker.placement.candidates import candidates, exclusion
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool, broken_rules, buy
from broker.placement.rules import cluster_hourly
from broker.placement.search import build
from broker.placement.solution import Solution, SolveStatus
from broker.placement.solve import solve
from broker.placement.strengthening import tighten
from broker.placement.tightening import Tightening
from tests.fakes.brute_force import cheapest
from tests.fakes.problems import quota
from tests.strategies import seeded

BATCHES, BATCH = 15, 100
PROVEN_GAP = Fraction(1, 100_000)
ROUNDING = 20
"""Micro-dollars: each pool, cluster and copy of a fleet rounds by at most one."""

ZONES = 40
"""Problems of which one zone gets a quota of its own."""


@dataclass(frozen=True)
class Outcome:
    problem: Problem
    optimum: Fraction | None
    solution: Solution | None


@cache
def outcome(seed: int) -> Outcome:
    problem = seeded(seed)
    return Outcome(problem, cheapest(problem), answer(problem))


def answer(problem: Problem) -> Solution | None:
    try:
        return solve(problem)
    except (Denied, Infeasible):
        return None


def batch(number: int) -> list[tuple[int, Outcome]]:
    return [(seed, outcome(seed)) for seed in range(number * BATCH, (number + 1) * BATCH)]


def solved(number: int) -> list[tuple[int, Problem, Solution]]:
    return [(s, o.problem, o.solution) for s, o in batch(number) if o.solution is not None]


each_batch = pytest.mark.parametrize("number", range(BATCHES))


@each_batch
def test_there_is_an_answer_where_any_fleet_is_lawful(number: int) -> None:
    for seed, found in batch(number):
        assert (found.solution is None) == (found.optimum is None), seed


@each_batch
def test_the_bound_is_never_above_the_optimum(number: int) -> None:
    for seed, found in batch(number):
        if found.solution is not None and found.optimum is not None:
            assert found.solution.bound.micros <= found.optimum + ROUNDING, seed


@each_batch
def test_the_fleet_costs_what_the_best_one_does(number: int) -> None:
    for seed, found in batch(number):
        if found.solution is not None and found.optimum is not None:
            over = found.solution.objective.micros - found.optimum
            assert found.solution.status is SolveStatus.OPTIMAL, seed
            assert found.solution.gap <= PROVEN_GAP, seed
            assert -ROUNDING <= over <= found.optimum * PROVEN_GAP + ROUNDING, seed


@each_batch
def test_the_fleet_keeps_every_rule(number: int) -> None:
    for seed, problem, solution in solved(number):
        workloads = {workload.name: workload for workload in problem.spec.workloads}

        assert list(broken_rules(problem, bought(problem, solution))) == [], seed
        for placement in solution.fleet.placements:
            workload = workloads[placement.workload]
            assert exclusion(workload, placement.offer, problem) is None, seed


@each_batch
def test_every_replica_is_placed_once(number: int) -> None:
    for seed, problem, solution in solved(number):
        placed: Counter[WorkloadName] = Counter()
        for placement in solution.fleet.placements:
            placed[placement.workload] += placement.replicas

        assert placed == {w.name: w.replicas.minimum for w in problem.spec.workloads}, seed


@each_batch
def test_nodes_are_those_of_an_exact_packing(number: int) -> None:
    for seed, problem, solution in solved(number):
        packed = sorted((b.offer.name, b.packing.nodes) for b in bought(problem, solution))
        pools = sorted((pool.offer.name, pool.nodes) for pool in solution.fleet.pools)

        assert packed == pools, seed


@each_batch
def test_the_parts_of_the_fleet_add_up_to_what_is_paid(number: int) -> None:
    for seed, _, solution in solved(number):
        assert cost_of_parts(solution.fleet) == solution.paid, seed
        assert total(c.objective for c in solution.components) == solution.objective, seed


@each_batch
def test_the_placements_of_a_pool_add_up_to_the_pool(number: int) -> None:
    for seed, _, solution in solved(number):
        tenants: dict[tuple[str, str], list[Placement]] = {}
        for placement in solution.fleet.placements:
            tenants.setdefault((placement.cluster, placement.pool), []).append(placement)

        assert len(tenants) == len(solution.fleet.pools), seed
        for pool in solution.fleet.pools:
            shares = tenants[pool.cluster, pool.name]
            assert total(share.monthly for share in shares) == pool.monthly, seed
            assert total(share.hourly for share in shares) == pool.hourly, seed
            assert sorted(share.workload for share in shares) == list(pool.workloads), seed
            assert max(share.nodes for share in shares) <= pool.nodes, seed
            assert sum(share.nodes for share in shares) >= pool.nodes, seed


def is_the_cheapest(asked: Problem, seed: int) -> bool:
    """Whether there is an answer; it must be the one that trying everything finds."""
    best, answered = cheapest(asked), answer(asked)

    assert (best is None) == (answered is None), seed
    if best is None or answered is None:
        return False
    over = answered.objective.micros - best
    assert -ROUNDING <= over <= best * PROVEN_GAP + ROUNDING, seed
    return True


def test_quotas_that_span_regions_are_held_as_trying_everything_holds_them() -> None:
    """On problems of which the best fleet is in several regions of a cloud, with a node less there."""
    bound = 0
    for seed in range(BATCHES * BATCH):
        found = outcome(seed)
        cloud = None if found.solution is None else in_several_regions(found.solution.fleet)
        if found.solution is None or cloud is None:
            continue
        used = sum(p.nodes for p in found.solution.fleet.pools if p.offer.region.provider == cloud)
        less = quota(used - 1, name="all", provider=cloud, spans=True)
        asked = with_quotas(found.problem, *found.problem.spec.quotas, less)
        bound += is_the_cheapest(asked, seed)
    assert bound > 20


def test_quotas_of_one_zone_are_held_as_trying_everything_holds_them() -> None:
    """On problems of which the best fleet is in a zone, with a node less there and one zone more."""
    bound = 0
    for seed in range(BATCHES * BATCH):
        found = outcome(seed)
        zoned = [] if found.solution is None else in_zones(found.solution.fleet)
        if not zoned or bound == ZONES:
            continue
        pool = zoned[0]
        place = pool.offer.region
        less = replace(
            quota(pool.nodes - 1, provider=place.provider, region=place.region),
            zone=pool.offer.zone,
        )
        beside = replace(
            pool.offer, zone=ZoneId("z9"), price=pool.offer.price and pool.offer.price * 2
        )
        asked = with_quotas(found.problem, *found.problem.spec.quotas, less)
        asked = replace(asked, offers=(*asked.offers, beside))
        bound += is_the_cheapest(asked, seed)
    assert bound == ZONES


def in_zones(fleet: Fleet) -> list[NodePool]:
    """The pools of *fleet* in a zone that is named."""
    return [pool for pool in fleet.pools if pool.offer.zone and not pool.offer.reservation]


def in_several_regions(fleet: Fleet) -> str | None:
    """A cloud of which *fleet* has nodes in several regions."""
    regions = {pool.offer.region for pool in fleet.pools}
    clouds = Counter(region.provider for region in regions)
    return next((cloud for cloud, count in sorted(clouds.items()) if count > 1), None)


def with_quotas(problem: Problem, *quotas: Quota) -> Problem:
    return replace(problem, spec=replace(problem.spec, quotas=quotas))


def bought(problem: Problem, solution: Solution) -> tuple[BoughtPool, ...]:
    """The fleet, packed again from its placements alone."""
    lawful = {
        (name, candidate.offer.name): candidate
        for name, found in candidates(problem).by_workload.items()
        for candidate in found
    }
    chosen = [(lawful[p.workload, p.offer.name], p.replicas) for p in solution.fleet.placements]
    return buy([(candidate, n // candidate.replicas_per_unit) for candidate, n in chosen])


def cost_of_parts(fleet: Fleet) -> Money:
    parts: list[Money | None] = [
        *(pool.monthly for pool in fleet.pools),
        *(cluster.overhead_monthly for cluster in fleet.clusters),
        *(replica.egress_once for replica in fleet.replicas),
        *(replica.storage_monthly for replica in fleet.replicas),
        *(fixed for _, fixed in fleet.cloud_fixed_monthly),
        *(sent.monthly for sent in fleet.answers),
    ]
    return total(part for part in parts if part is not None)


def some(asks: Callable[[Workload], bool]) -> Callable[[Outcome], bool]:
    return lambda found: any(asks(workload) for workload in found.problem.spec.workloads)


def counting(unit: QuotaUnit) -> Callable[[Outcome], bool]:
    return lambda found: any(quota.unit is unit for quota in found.problem.spec.quotas)


def shares_nodes(found: Outcome) -> bool:
    fleet = found.solution.fleet if found.solution else None
    return fleet is not None and any(len(pool.workloads) > 1 for pool in fleet.pools)


def splits_a_workload(found: Outcome) -> bool:
    placements = found.solution.fleet.placements if found.solution else ()
    return max(Counter(p.workload for p in placements).values(), default=0) > 1


def needs_patterns(found: Outcome) -> bool:
    """Whether nodes in fractions fall short of every packing, which rows of patterns then say."""
    lawful = {name: list(ones) for name, ones in candidates(found.problem).by_workload.items()}
    v = build(found.problem, lawful)
    tighten(v, Tightening(v), widely=True)
    return any(row.name.startswith("pattern[") for row in v.model.rows)


FEATURES: dict[str, Callable[[Outcome], bool]] = {
    "work that always runs": some(lambda w: not w.run.is_burst),
    "work that ends": some(lambda w: w.run.is_burst),
    "both at once": lambda f: len({w.run.is_burst for w in f.problem.spec.workloads}) > 1,
    "gangs": some(lambda w: w.is_gang and w.replicas.minimum > 1),
    "fractions": some(lambda w: w.accelerators.count < 1),
    "slices": some(lambda w: any(choice.mig_profile for choice in w.accelerators.any_of)),
    "fractional offers": lambda f: any(offer.count < 1 for offer in f.problem.offers),
    "spread": some(lambda w: w.spread_regions > 1),
    "latency": some(lambda w: w.latency is not None),
    "clients at several places": lambda f: (
        len(f.problem.spec.clients[0].places) > 1
        and any(w.latency is not None for w in f.problem.spec.workloads)
    ),
    "copies": lambda f: bool(f.solution and f.solution.fleet.replicas),
    "data that must not be copied": lambda f: any(
        dataset.replication is Replication.FORBIDDEN and dataset.name in workload.reads
        for dataset in f.problem.spec.datasets
        for workload in f.problem.spec.workloads
    ),
    "shares of what is on spot": some(lambda w: bool(w.at_most and w.at_most.spot)),
    "shares of a spot offer": some(lambda w: bool(w.at_most and w.at_most.spot_pool)),
    "shares of a zone": some(lambda w: bool(w.at_most and w.at_most.zone)),
    "near": some(lambda w: bool(w.near)),
    "apart": some(lambda w: bool(w.apart)),
    "what runs already": lambda f: f.problem.recorded is not None,
    "copies that are there": lambda f: bool(
        f.problem.recorded
        and f.solution
        and {(r.dataset, r.destination) for r in f.problem.recorded.replicas}
        & {(r.dataset, r.destination) for r in f.solution.fleet.replicas}
    ),
    "moves that pay": lambda f: bool(f.solution and f.solution.moves.micros),
    "residency": some(lambda w: bool(w.residency)),
    "refused capacity types": some(lambda w: len(w.capacity_types) == 1),
    "unknown prices": lambda f: any(offer.price is None for offer in f.problem.offers),
    "unknown overheads": lambda f: any(
        cluster_hourly(offer.region, f.problem) is None for offer in f.problem.offers
    ),
    "overheads that the spec states": lambda f: any(
        scope.cluster_hourly is not None for scope in f.problem.spec.providers
    ),
    "unknown prices of copies": lambda f: (
        "gcp" not in f.problem.network.storage_per_gb_month
        and any(workload.reads for workload in f.problem.spec.workloads)
    ),
    "local zones": lambda f: any(o.zone_kind is ZoneKind.LOCAL_ZONE for o in f.problem.offers),
    "nodes paid already that are used": lambda f: (
        f.solution is not None and any(p.offer.reservation for p in f.solution.fleet.placements)
    ),
    "nodes paid already that are left": lambda f: bool(
        f.solution
        and f.problem.spec.reservations
        and not any(p.offer.reservation for p in f.solution.fleet.placements)
    ),
    "several reservations of one name": lambda f: len(f.problem.spec.reservations) > 1,
    "teams with a budget": lambda f: bool(f.problem.spec.budget and f.problem.spec.budget.teams),
    "services that may grow": some(lambda w: w.replicas.grows and not w.run.is_burst),
    "bursts with a window": some(lambda w: w.run.starts is not None),
    "spot that is taken back": lambda f: (
        f.solution is not None
        and any(p.offer.reclaims_per_hour for p in f.solution.fleet.placements)
    ),
    "answers that are paid for": lambda f: bool(f.solution and f.solution.fleet.answers),
    "requests that are divided": lambda f: bool(
        f.solution and len({flow.region for _, flow in f.solution.traffic}) > 1
    ),
    "quotas in nodes": counting(QuotaUnit.NODES),
    "quotas in accelerators": counting(QuotaUnit.ACCELERATORS),
    "quotas in vCPUs": counting(QuotaUnit.VCPUS),
    "quotas that span regions": lambda f: any(quota.spans for quota in f.problem.spec.quotas),
    "fixed cost of a cloud": lambda f: bool(f.solution and f.solution.fleet.cloud_fixed_monthly),
    "shared nodes": shares_nodes,
    "a split workload": splits_a_workload,
    "several components": lambda f: f.solution is not None and len(f.solution.components) > 1,
    "rows of patterns": needs_patterns,
}


def test_the_problems_cover_what_a_spec_can_ask_for() -> None:
    feasible = [found for n in range(BATCHES) for _, found in batch(n) if found.solution]

    seen = {name: sum(map(has, feasible)) for name, has in FEATURES.items()}
    assert len(feasible) >= BATCHES * BATCH * 2 / 5
    assert {name: count for name, count in seen.items() if count < 5} == {}
