"""Requests of clients, divided over the regions that serve them in time."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import networkx as nx

from broker.domain.fleet import Fleet
from broker.domain.geography import RegionKey
from broker.domain.ids import WorkloadName
from broker.domain.workloads import Workload
from broker.placement.problem import Problem
from broker.placement.rules import client_places, within_reach

MICROSECONDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Requests a second from one place of clients to the replicas in one region."""

    place: RegionKey
    region: RegionKey
    per_second: Fraction


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
    """Send every request to a replica within reach, the round trips adding up to the least.

    A min-cost flow: places supply their demand, regions take what their replicas answer, ways cost
    their round trip. None if the replicas can not answer all requests.
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
        for region in sorted(replicas):
            if within_reach(workload, region, place, problem):
                time = problem.network.round_trip_ms(region, place) or 0.0
                way = {"weight": round(time * MICROSECONDS)}
                graph.add_edge(("place", str(place)), ("region", str(region)), **way)
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
