"""The coupling graph: which workloads share something, and so must be decided together."""

from collections.abc import Collection, Iterator

import networkx as nx

from broker.domain.geography import RegionKey
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate
from broker.placement.charges import binding_budgets
from broker.placement.problem import Problem
from broker.placement.quotas import quotas_of
from broker.placement.rules import datasets_of
from broker.placement.variables import cloud_cost, cluster_cost

Node = tuple[str, ...]


def coupling_graph(problem: Problem, by_workload: dict[str, list[Candidate]]) -> "nx.Graph[Node]":
    """Workloads on one side; clusters, clouds, quotas, copies and pools they may use on the other.

    Only what costs or limits something couples: a region without overhead couples nobody.
    """
    graph: nx.Graph[Node] = nx.Graph()
    for name in sorted(by_workload):
        graph.add_node(("workload", name))
        for candidate in by_workload[name]:
            for shared in shared_things(candidate, problem):
                graph.add_edge(("workload", name), shared)
    for workload in problem.spec.workloads:
        for other in neighbours(workload):
            if workload.name in by_workload and other in by_workload:
                graph.add_edge(("workload", workload.name), ("workload", other))
    graph.add_edges_from(_shared_budgets(problem, by_workload))
    return graph


def neighbours(workload: Workload) -> set[str]:
    """Workloads whose places depend on where this one is."""
    return {nearness.workload for nearness in workload.near} | workload.apart


def shared_things(candidate: Candidate, problem: Problem) -> set[Node]:
    """What *candidate* would share with others."""
    offer = candidate.offer
    region: RegionKey = offer.region
    things: set[Node] = {("quota", q.name, str(region)) for q in quotas_of(offer, problem)}
    if cluster_cost(region, problem).micros:
        things.add(("cluster", str(region)))
    if cloud_cost(region.provider, problem).micros:
        things.add(("cloud", region.provider))
    if not candidate.workload.run.is_burst:
        things.add(("pool", offer.name))
    things.update(
        ("copy", dataset.name, str(region))
        for dataset in datasets_of(candidate.workload, problem)
        if dataset.home != region
    )
    return things


def components(
    problem: Problem, by_workload: dict[str, list[Candidate]]
) -> list[dict[str, list[Candidate]]]:
    """The connected components of the coupling graph, each to be solved by itself, by name."""
    graph = coupling_graph(problem, by_workload)
    groups = [
        sorted(node[1] for node in component if node[0] == "workload")
        for component in nx.connected_components(graph)
    ]
    return [{name: by_workload[name] for name in group} for group in sorted(groups)]


def is_bound_to_places(problem: Problem, workload: Workload) -> bool:
    """Whether a rule about several regions or workloads depends on where it is.

    Such a workload can not be taken elsewhere by looking at its cost alone.
    """
    return (
        workload.spread_regions > 1
        or workload.at_most is not None
        or has_neighbours(problem, workload)
    )


def has_neighbours(problem: Problem, workload: Workload) -> bool:
    """Whether it matters to another workload where this one is, or the other way round."""
    return bool(neighbours(workload)) or any(
        workload.name in neighbours(other) for other in problem.spec.workloads
    )


def _shared_budgets(problem: Problem, names: Collection[str]) -> Iterator[tuple[Node, Node]]:
    """Workloads of a team with a budget share that."""
    budgets = binding_budgets(problem)
    for workload in problem.spec.workloads:
        if workload.name in names and workload.team in budgets:
            yield ("workload", workload.name), ("budget", workload.team)
