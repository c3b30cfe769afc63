"""The decision as a graph: who runs in which cluster, near whom, with which data, barred from where."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from broker.domain.fleet import Cluster, Fleet, Placement
from broker.domain.geography import RegionKey
from broker.domain.ids import DatasetName
from broker.domain.money import total
from broker.domain.spec import BYTES_PER_GB, Dataset
from broker.domain.wording import many
from broker.placement.cut_off import CutOff, cut_off
from broker.placement.problem import Problem
from broker.placement.rules import client_places, within_reach
from broker.placement.solution import Solution

GB_PER_TB = 1000


class NodeKind(StrEnum):
    """What a node stands for, in the order in which they are drawn from left to right."""

    WORKLOAD = "workload"
    CLUSTER = "cluster"
    REGION = "region"
    CLIENTS = "clients"
    DATA = "data"


class EdgeKind(StrEnum):
    """What joins two nodes."""

    PLACEMENT = "placement"
    SITE = "site"
    LATENCY = "latency"
    EGRESS = "egress"
    LAW = "law"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Node:
    """A thing of the decision, its *name*, and more about it; *is_cut* if nothing runs there."""

    kind: NodeKind
    name: str
    about: tuple[str, ...] = ()
    is_cut: bool = False

    @property
    def key(self) -> str:
        """Unlike that of any other node."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edge:
    """From one node to another, by their keys."""

    kind: EdgeKind
    source: str
    target: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionGraph:
    """Nodes and edges, each in the order of kinds and names."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def decision_graph(problem: Problem, solution: Solution) -> DecisionGraph:
    """Draw up what *solution* decided of *problem*.

    A region is there if it has a cluster, or if the law keeps a workload from the offer there that
    would be its cheapest otherwise.
    """
    fleet, cuts = solution.fleet, cut_off(problem)
    regions = {cluster.region for cluster in fleet.clusters}
    nodes = {
        *_workload_nodes(problem, solution),
        *(_cluster_node(cluster) for cluster in fleet.clusters),
        *(_region_node(problem, region, is_cut=False) for region in regions),
        *(_region_node(problem, c.offer.region, is_cut=True) for c in cuts if c.offer.region not in regions),
        *_client_nodes(problem),
        *(_data_node(dataset) for dataset in problem.spec.datasets),
    }  # fmt: skip
    edges = {
        *(_placement_edge(placement) for placement in fleet.placements),
        *(_site_edge(cluster) for cluster in fleet.clusters),
        *_latency_edges(problem, fleet),
        *_egress_edges(problem, fleet),
        *(_law_edge(each) for each in cuts),
    }
    order = list(NodeKind)
    return DecisionGraph(
        title=f"{problem.spec.name}: {solution.paid.shown()} a month",
        nodes=tuple(sorted(nodes, key=lambda n: (order.index(n.kind), n.name))),
        edges=tuple(sorted(edges, key=lambda e: (list(EdgeKind).index(e.kind), e))),
    )


def _workload_nodes(problem: Problem, solution: Solution) -> Iterator[Node]:
    left_out = {entry.workload for entry in solution.unplaced}
    for workload in problem.spec.workloads:
        is_cut = workload.name in left_out
        wanted = many(workload.replicas.minimum, "replica")
        yield Node(
            kind=NodeKind.WORKLOAD,
            name=workload.name,
            about=(f"{workload.kind}, {'unplaced' if is_cut else wanted}",),
            is_cut=is_cut,
        )


def _cluster_node(cluster: Cluster) -> Node:
    nodes = many(sum(pool.nodes for pool in cluster.pools), "node")
    currency = cluster.pools[0].price.currency if cluster.pools else "USD"
    cost = total((pool.monthly for pool in cluster.pools), currency)
    return Node(
        kind=NodeKind.CLUSTER, name=cluster.name, about=(nodes, f"nodes {cost.shown()} a month")
    )


def _region_node(problem: Problem, region: RegionKey, *, is_cut: bool) -> Node:
    known = problem.network.regions.get(region)
    about = (f"{known.name}, {known.country}" if known.name else known.country,) if known else ()
    return Node(kind=NodeKind.REGION, name=str(region), about=about, is_cut=is_cut)


def _client_nodes(problem: Problem) -> Iterator[Node]:
    asking = {w.latency.clients for w in problem.spec.workloads if w.latency is not None}
    for clients in problem.spec.clients:
        for place in clients.places if clients.name in asking else ():
            yield Node(kind=NodeKind.CLIENTS, name=f"{clients.name} at {place}")


def _data_node(dataset: Dataset) -> Node:
    copied = {"allowed": "may be copied", "forbidden": "must not be copied"}[dataset.replication]
    return Node(
        kind=NodeKind.DATA,
        name=dataset.name,
        about=(f"{_size(dataset.size_bytes)} at {dataset.home}", copied),
    )


def _size(size_bytes: int) -> str:
    gb = size_bytes / BYTES_PER_GB
    return f"{gb / GB_PER_TB:,.4g} TB" if gb >= GB_PER_TB else f"{gb:,.4g} GB"


def _placement_edge(placement: Placement) -> Edge:
    offer = placement.offer
    zone = f" in {offer.zone}" if offer.zone else ""
    return Edge(
        kind=EdgeKind.PLACEMENT,
        source=f"{NodeKind.WORKLOAD} {placement.workload}",
        target=f"{NodeKind.CLUSTER} {placement.cluster}",
        label=f"{placement.replicas:,} on {offer.machine_type} {offer.capacity_type}{zone}",
    )


def _site_edge(cluster: Cluster) -> Edge:
    overhead = cluster.overhead_monthly
    return Edge(
        kind=EdgeKind.SITE,
        source=f"{NodeKind.CLUSTER} {cluster.name}",
        target=f"{NodeKind.REGION} {cluster.region}",
        label=f"{'unknown' if overhead is None else overhead.shown()} a month",
    )


def _latency_edges(problem: Problem, fleet: Fleet) -> Iterator[Edge]:
    """Each way that requests can take in time, with the services that answer them there."""
    by_name = {workload.name: workload for workload in problem.spec.workloads}
    ways: dict[tuple[RegionKey, str, RegionKey], set[str]] = defaultdict(set)
    for placement in fleet.placements:
        workload, region = by_name[placement.workload], placement.offer.region
        for place in client_places(workload, problem):
            if workload.latency and within_reach(workload, region, place, problem):
                ways[region, workload.latency.clients, place].add(workload.name)
    for (region, clients, place), services in ways.items():
        time = problem.network.round_trip_ms(region, place)
        yield Edge(
            kind=EdgeKind.LATENCY,
            source=f"{NodeKind.REGION} {region}",
            target=f"{NodeKind.CLIENTS} {clients} at {place}",
            label=f"{time:.1f} ms for {', '.join(sorted(services))}",
        )


def _egress_edges(problem: Problem, fleet: Fleet) -> Iterator[Edge]:
    """Copies with their price, and reading at home, which has none."""
    homes = {dataset.name: dataset.home for dataset in problem.spec.datasets}
    reads = {workload.name: workload.reads for workload in problem.spec.workloads}
    for copy in fleet.replicas:
        paid = f"{copy.egress_once.shown()} once for {', '.join(copy.readers)}"
        yield _egress_edge(copy.dataset, copy.destination, paid)
    at_home: dict[tuple[DatasetName, RegionKey], set[str]] = defaultdict(set)
    for placement in fleet.placements:
        for dataset in reads[placement.workload]:
            if homes[dataset] == placement.offer.region:
                at_home[dataset, placement.offer.region].add(placement.workload)
    for (name, region), readers in at_home.items():
        yield _egress_edge(name, region, f"at home for {', '.join(sorted(readers))}")


def _egress_edge(dataset: str, region: RegionKey, label: str) -> Edge:
    return Edge(
        kind=EdgeKind.EGRESS,
        source=f"{NodeKind.DATA} {dataset}",
        target=f"{NodeKind.REGION} {region}",
        label=label,
    )


def _law_edge(cut: CutOff) -> Edge:
    where = many(len(cut.regions), "region")
    return Edge(
        kind=EdgeKind.LAW,
        source=f"{NodeKind.WORKLOAD} {cut.workload.name}",
        target=f"{NodeKind.REGION} {cut.offer.region}",
        label=f"{', '.join(cut.laws)}: bars {where}",
    )
