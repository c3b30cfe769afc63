"""Ways through a third region that are faster than the direct one: a hint, never a placement.

Routes of the internet are not the shortest: of measured pairs of regions, most have a faster way over
another. A relay has to be run there by somebody, so no rule counts on one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product

import networkx as nx

from broker.domain.geography import RegionKey
from broker.domain.workloads import Workload
from broker.placement.problem import Problem
from broker.placement.rules import client_places, in_scope, lawful_residency


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """From *start* to *end* over the regions *via*, and the round trips of that way added up."""

    start: RegionKey
    end: RegionKey
    via: tuple[RegionKey, ...]
    milliseconds: float

    @property
    def words(self) -> str:
        """As it is told: `via aws/eu-west-1 31.0 ms`."""
        return f"via {' and '.join(map(str, self.via))} {self.milliseconds:.1f} ms"


class Relays:
    """Finds lawful ways over the measured round trips of *problem*."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._served: dict[tuple[str, RegionKey], Relay | None] = {}
        self._allowed: dict[tuple[str, ...], frozenset[RegionKey]] = {}

    def serving(self, workload: Workload, region: RegionKey) -> Relay | None:
        """The way by which a replica in *region* would serve a place of its clients in time, if any.

        The fastest over a single relay; over several only where one is not enough.
        """
        key = (workload.name, region)
        if key not in self._served:
            self._served[key] = self._serving(workload, region)
        return self._served[key]

    def hinted(self, workload: Workload, region: RegionKey, rule: str, reason: str) -> str:
        """*reason*, and the way that would help where the *rule* is the one about clients."""
        way = self.serving(workload, region) if rule == "latency" else None
        return f"{reason}; {way.words}, if a relay runs there" if way else reason

    def best_between(
        self,
        workloads: Sequence[Workload],
        starts: Iterable[RegionKey],
        ends: Iterable[RegionKey],
        most_ms: float,
    ) -> Relay | None:
        """The best way from any of *starts* to any of *ends*."""
        pairs = product(sorted(starts), sorted(ends))
        ways = (self.between(workloads, start, end, most_ms) for start, end in pairs)
        return _best(way for way in ways if way is not None)

    def _serving(self, workload: Workload, region: RegionKey) -> Relay | None:
        bound = workload.latency
        if bound is None:
            return None
        places = client_places(workload, self._problem)
        return self.best_between((workload,), (region,), places, bound.round_trip_ms)

    def between(
        self, workloads: Sequence[Workload], start: RegionKey, end: RegionKey, most_ms: float
    ) -> Relay | None:
        """A way from *start* to *end* over regions where all of *workloads* may be, if in *most_ms*.

        None where no relay is needed, or none helps.
        """
        direct = self._problem.network.round_trip_ms(start, end)
        if (direct is not None and direct <= most_ms) or not {start, end} <= set(self._measured):
            return None
        allowed = self._lawful(workloads) | {start, end}
        single = _best(
            Relay(start=start, end=end, via=(over,), milliseconds=self._sum((start, over, end)))
            for over in nx.common_neighbors(self._measured, start, end) & allowed
        )
        if single is not None and single.milliseconds <= most_ms:
            return single
        return self._shortest(allowed, start, end, most_ms)

    def _shortest(
        self, allowed: frozenset[RegionKey], start: RegionKey, end: RegionKey, most_ms: float
    ) -> Relay | None:
        def within(_: RegionKey, to: RegionKey, hop: Mapping[str, float]) -> float | None:
            return hop["ms"] if to in allowed else None

        # Asking at each hop takes a fifth of what a view of the allowed part of the graph does.
        _, paths = nx.single_source_dijkstra(self._measured, start, cutoff=most_ms, weight=within)
        path = paths.get(end)
        if path is None:
            return None
        via = tuple(path[1:-1])
        return Relay(start=start, end=end, via=via, milliseconds=self._sum(path))

    def _lawful(self, workloads: Sequence[Workload]) -> frozenset[RegionKey]:
        """Where the fleet may have machines, and the data of all of *workloads* may pass through."""
        names = tuple(workload.name for workload in workloads)
        if names not in self._allowed:
            self._allowed[names] = frozenset(
                region
                for region in self._measured
                if not any(
                    in_scope(workload, region, self._problem)
                    or lawful_residency(workload, region, self._problem)
                    for workload in workloads
                )
            )
        return self._allowed[names]

    def _sum(self, path: Sequence[RegionKey]) -> float:
        return sum(float(self._measured.edges[hop]["ms"]) for hop in pairwise(path))

    @cached_property
    def _measured(self) -> "nx.Graph[RegionKey]":
        graph: nx.Graph[RegionKey] = nx.Graph()
        for (a, b), milliseconds in sorted(self._problem.network.round_trips_ms.items()):
            graph.add_edge(a, b, ms=milliseconds)
        return graph


def _best(ways: Iterable[Relay]) -> Relay | None:
    return min(ways, key=lambda way: (len(way.via), way.milliseconds, way.via), default=None)
