"""Requests of clients, divided over the regions that serve them in time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import lcm

import networkx as nx

from broker.domain.fleet import Fleet
from broker.domain.geography import RegionKey
from broker.domain.ids import WorkloadName
from broker.domain.money import HOURS_PER_MONTH, Money
from broker.domain.spec import BYTES_PER_GB
from broker.domain.workloads import SECONDS_PER_HOUR, Workload
from broker.placement.problem import Problem
from broker.placement.rules import client_places, within_reach
from broker.placement.solution import Flow

MICROSECONDS = 1000


def per_replica(workload: Workload) -> Fraction | None:
    """Requests a second that a replica answers, if that bounds where the workload runs."""
    return workload.latency.requests_per_replica if workload.latency else None


def demand(workload: Workload, problem: Problem) -> dict[RegionKey, Fraction]:
    """Requests a second from each place of the clients of *workload*: even parts of all of them.

    Every service of the same clients gets all of their requests.
    """
    places = client_places(workload, problem)
    rates = [
        clients.requests_per_second
        for clients in problem.spec.clients
        if workload.latency is not None and clients.name == workload.latency.clients
    ]
    if not places or not rates or rates[0] is None:
        return {}
    return dict.fromkeys(places, Fraction(rates[0]) / len(places))


def divide(
    workload: Workload, replicas: Mapping[RegionKey, int], problem: Problem
) -> tuple[Flow, ...] | None:
    """Send every request to a replica within reach, for the least cost and then the least time.

    A min-cost flow: places supply their demand, regions take what their replicas answer, ways cost
    their answers and then their round trip. None if the replicas can not answer all requests.
    """
    answered = per_replica(workload)
    wanted = demand(workload, problem)
    if answered is None or not wanted:
        return ()
    scale = lcm(answered.denominator, *(rate.denominator for rate in wanted.values()))
    graph: nx.DiGraph[tuple[str, str]] = nx.DiGraph()
    graph.add_node(("all", ""), demand=int(sum(wanted.values()) * scale))
    for place, rate in sorted(wanted.items()):
        graph.add_node(("place", str(place)), demand=-int(rate * scale))
    weights = _weights(workload, replicas, problem, int(sum(wanted.values()) * scale))
    for (place, region), weight in weights.items():
        graph.add_edge(("place", str(place)), ("region", str(region)), weight=weight)
    for region, count in sorted(replicas.items()):
        capacity = int(answered * count * scale)
        graph.add_edge(("region", str(region)), ("all", ""), capacity=capacity, weight=0)
    try:
        flows = nx.min_cost_flow(graph)
    except nx.NetworkXUnfeasible:
        return None
    return tuple(
        Flow(place=place, region=region, per_second=Fraction(amount, scale))
        for place in sorted(wanted)
        for region in sorted(replicas)
        for amount in [flows[("place", str(place))].get(("region", str(region)), 0)]
        if amount
    )


def _weights(
    workload: Workload, regions: Iterable[RegionKey], problem: Problem, requests: int
) -> dict[tuple[RegionKey, RegionKey], int]:
    """What a request costs on each way within reach; round trips only tell equal costs apart."""
    times = {
        (place, region): round((problem.network.round_trip_ms(region, place) or 0) * MICROSECONDS)
        for place in sorted(demand(workload, problem))
        for region in sorted(regions)
        if within_reach(workload, region, place, problem)
    }
    costs = {region: micros_per_rate(workload, region, problem) for _, region in times}
    whole = lcm(*(cost.denominator for cost in costs.values()))
    decisive = 1 + requests * max(times.values(), default=0)
    return {way: int(costs[way[1]] * whole) * decisive + time for way, time in times.items()}


def micros_per_rate(workload: Workload, region: RegionKey, problem: Problem) -> Fraction:
    """What the answers to one request a second cost in the month, in micro-dollars."""
    size = workload.latency.response_bytes if workload.latency else None
    if size is None:
        return Fraction(0)
    price = problem.network.egress_per_gb.get((region, None))
    if price is None:
        message = f"traffic from {region} to clients has no known price"
        raise ValueError(message)
    return Fraction(size * SECONDS_PER_HOUR * HOURS_PER_MONTH, BYTES_PER_GB) * price.micros


def answers(
    workload: Workload, replicas: Mapping[RegionKey, int], problem: Problem
) -> Iterator[tuple[RegionKey, Money]]:
    """What the answers from each region cost in the month, rounded once; none where they are free."""
    rates: dict[RegionKey, Fraction] = defaultdict(Fraction)
    for flow in divide(workload, replicas, problem) or ():
        rates[flow.region] += flow.per_second
    for region, rate in sorted(rates.items()):
        micros = rate * micros_per_rate(workload, region, problem)
        if micros:
            yield region, Money(round(micros), problem.spec.objective.currency)


def flows(problem: Problem, fleet: Fleet) -> tuple[tuple[WorkloadName, Flow], ...]:
    """How the requests of each service are divided over *fleet*, in the order of names."""
    placed: dict[WorkloadName, Counter[RegionKey]] = defaultdict(Counter)
    for placement in fleet.placements:
        placed[placement.workload][placement.offer.region] += placement.replicas
    return tuple(
        (workload.name, flow)
        for workload in sorted(problem.spec.workloads, key=lambda w: w.name)
        for flow in divide(workload, placed[workload.name], problem) or ()
    )
