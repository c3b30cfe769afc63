"""The coupling graph: which workloads share something, and so must be decided together."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import networkx as nx

from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate
from broker.placement.charges import binding_budgets
from broker.placement.problem import Problem
from broker.placement.quotas import QuotasByRegion, counted_at
from broker.placement.rules import datasets_of
from broker.placement.variables import cloud_cost, cluster_cost

Node = tuple[str, ...]


def coupling_graph(
    problem: Problem, by_workload: Mapping[str, Sequence[Candidate]]
) -> "nx.Graph[Node]":
    """Workloads on one side; clusters, clouds, quotas, copies and pools they may use on the other.

    Only what costs or limits something couples: a region without overhead couples nobody.
    """
    graph: nx.Graph[Node] = nx.Graph()
    things = _Things(problem)
    for name in sorted(by_workload):
        graph.add_node(("workload", name))
        shared = things.shared_by(by_workload[name])
        graph.add_edges_from((("workload", name), thing) for thing in sorted(shared))
    for workload in problem.spec.workloads:
        for other in sorted(neighbours(workload)):
            if workload.name in by_workload and other in by_workload:
                graph.add_edge(("workload", workload.name), ("workload", other))
    graph.add_edges_from(_shared_budgets(problem, by_workload))
    return graph


def neighbours(workload: Workload) -> set[str]:
    """Workloads whose places depend on where this one is."""
    return {nearness.workload for nearness in workload.near} | workload.apart


class _Things:
    """What candidates share with others; remembers what everybody on an offer shares."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._quotas = QuotasByRegion(problem)
        self._of_offer: dict[str, frozenset[Node]] = {}

    def shared_by(self, candidates: Sequence[Candidate]) -> set[Node]:
        """All that the *candidates* of one workload share."""
        things: set[Node] = set()
        for candidate in candidates:
            name = candidate.offer.name
            if name not in self._of_offer:
                self._of_offer[name] = frozenset(self._shared_on(candidate.offer))
            things |= self._of_offer[name]
            if not candidate.workload.run.is_burst:
                things.add(("pool", name))
        regions = {candidate.offer.region for candidate in candidates}
        datasets = datasets_of(candidates[0].workload, self._problem) if candidates else ()
        things.update(
            ("copy", dataset.name, str(region))
            for dataset in datasets
            for region in regions
            if dataset.home != region
        )
        return things

    def _shared_on(self, offer: Offer) -> Iterator[Node]:
        """Quotas, the cluster, the cloud."""
        region = offer.region
        for quota in self._quotas.of(offer):
            yield ("quota", quota.name, counted_at(quota, region))
        if cluster_cost(region, self._problem).micros:
            yield ("cluster", str(region))
        if cloud_cost(region.provider, self._problem).micros:
            yield ("cloud", region.provider)


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


def bound_to_places(problem: Problem) -> frozenset[str]:
    """Workloads of which a rule about several regions or workloads says where they may be.

    Such a workload can not be taken elsewhere by looking at its cost alone.
    """
    workloads = problem.spec.workloads
    named = {other for workload in workloads for other in neighbours(workload)}
    return frozenset(
        workload.name
        for workload in workloads
        if workload.spread_regions > 1
        or workload.at_most is not None
        or (workload.latency is not None and workload.latency.requests_per_replica is not None)
        or neighbours(workload)
        or workload.name in named
    )


def _shared_budgets(problem: Problem, names: Collection[str]) -> Iterator[tuple[Node, Node]]:
    """Workloads of a team with a budget share that."""
    budgets = binding_budgets(problem)
    for workload in problem.spec.workloads:
        if workload.name in names and workload.team in budgets:
            yield ("workload", workload.name), ("budget", workload.team)
