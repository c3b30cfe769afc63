"""Requests of clients and what answers cost, for the fleet found by trying everything."""

from fractions import Fraction
from itertools import combinations

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.problem import Problem

HOURS = 730


def served(workload: Workload, problem: Problem) -> tuple[RegionKey, ...]:
    if workload.latency is None:
        return ()
    (places,) = [c.places for c in problem.spec.clients if c.name == workload.latency.clients]
    return places


def serves(workload: Workload, region: RegionKey, place: RegionKey, problem: Problem) -> bool:
    time = problem.network.round_trip_ms(region, place)
    return (
        workload.latency is not None and time is not None and time <= workload.latency.round_trip_ms
    )


def all_are_answered(workload: Workload, units: dict[RegionKey, int], problem: Problem) -> bool:
    """Whatever some places ask together, the regions within reach of any of them can answer."""
    asked = [c.requests_per_second for c in problem.spec.clients]
    if workload.latency is None or workload.latency.requests_per_replica is None:
        return True
    places = served(workload, problem)
    of_a_unit = workload.latency.requests_per_replica * (
        workload.replicas.minimum if workload.is_gang else 1
    )
    return all(
        Fraction(asked[0] or 0) * len(some) / len(places)
        <= sum(
            of_a_unit * n
            for region, n in units.items()
            if any(serves(workload, region, place, problem) for place in some)
        )
        for size in range(1, len(places) + 1)
        for some in combinations(places, size)
    )


def answers(problem: Problem, name: str, split: dict[Offer, int]) -> Fraction:
    """Answers cost least where the cheapest regions answer as much as they can, in their order."""
    (workload,) = [w for w in problem.spec.workloads if w.name == name]
    bound = workload.latency
    if bound is None or bound.response_bytes is None:
        return Fraction()
    replicas: dict[RegionKey, int] = {}
    for offer, count in split.items():
        replicas[offer.region] = replicas.get(offer.region, 0) + count
    prices = {r: egress_to_clients(r, problem) for r in replicas}
    ordered = sorted(replicas, key=lambda region: (prices[region], region))
    answered = [
        most_answered(workload, {r: replicas[r] for r in ordered[:count]}, problem)
        for count in range(len(ordered) + 1)
    ]
    micros = sum(
        (answered[n + 1] - answered[n]) * prices[region] for n, region in enumerate(ordered)
    )
    return micros * bound.response_bytes * 3600 * HOURS / 10**9


def egress_to_clients(region: RegionKey, problem: Problem) -> int:
    return problem.network.egress_per_gb[region, None].micros


def most_answered(workload: Workload, some: dict[RegionKey, int], problem: Problem) -> Fraction:
    """What these regions answer at most: the tightest of all cuts through what asks and answers."""
    bound = workload.latency
    assert bound is not None
    places = served(workload, problem)
    (asked,) = [c.requests_per_second for c in problem.spec.clients if c.name == bound.clients]
    each = Fraction(asked or 0) / len(places)
    return min(
        sum((bound.requests_per_replica or 0) * some[r] for r in full)
        + each
        * sum(
            any(serves(workload, r, place, problem) for r in some if r not in full)
            for place in places
        )
        for size in range(len(some) + 1)
        for full in combinations(sorted(some), size)
    )


def answers_have_a_price(workload: Workload, region: RegionKey, problem: Problem) -> bool:
    bound = workload.latency
    return (
        bound is None
        or bound.response_bytes is None
        or (region, None) in problem.network.egress_per_gb
    )
