"""Rows that say that a place of clients is served by whole nodes, and in whole clusters.

For a workload of which at least one unit must be within reach of a place, and regions R within reach:

    Σ_{o in R} place[w,o] ≥ 1
    ⇒   Σ_{o in A} place[w,o] + Σ_{o in B} nodes[o] + Σ_{r in C} open[r] ≥ 1

for every way to divide R: the offers of A, the offers of B, and all offers in the regions of C. Some
unit is in R; wherever it is, the term that stands for its offer is 1 at the least. In fractions one
unit of six would need but a sixth of a node.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from broker.placement.matrix import Indices, Mask, Numbers
from broker.placement.model import INFINITY
from broker.placement.rules import client_places, within_reach
from broker.placement.tightening import Row
from broker.placement.variables import Variables, pool_key

VIOLATED = 1e-4
NONE = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reach:
    """Of each candidate of one workload within reach of a place: its columns; NONE where it has none."""

    name: str
    places: Indices
    nodes: Indices
    clusters: Indices


class Reaching:
    """The rows of one model."""

    def __init__(self, v: Variables) -> None:
        self.reaches = tuple(_reaches(v))

    def broken(self, values: Numbers) -> list[Row]:
        """Of each place and workload, the row that *values* break most, if any."""
        return [row for reach in self.reaches for row in _most_broken(reach, values)]


def _reaches(v: Variables) -> Iterator[_Reach]:
    nodes = {pool.key: pool.column for pool in v.pools if not pool.is_folded}
    for name, candidates in sorted(v.by_workload.items()):
        workload = candidates[0].workload if candidates else None
        for place in client_places(workload, v.problem) if workload else ():
            near = [
                c for c in candidates if within_reach(c.workload, c.offer.region, place, v.problem)
            ]
            if len(near) < len(candidates):
                yield _Reach(
                    name=f"{name},{place}",
                    places=np.array([v.place_of(c) for c in near], dtype=np.int64),
                    nodes=np.array([nodes.get(pool_key(c), NONE) for c in near], dtype=np.int64),
                    clusters=np.array([v.open[c.offer.region] for c in near], dtype=np.int64),
                )


def _most_broken(reach: _Reach, values: Numbers) -> Iterator[Row]:
    by_nodes = np.where(reach.nodes == NONE, INFINITY, values[reach.nodes])
    by_offer = np.minimum(values[reach.places], by_nodes)
    clusters, of = np.unique(reach.clusters, return_inverse=True)
    by_region = np.bincount(of, by_offer, minlength=len(clusters))
    whole = values[clusters] < by_region - VIOLATED
    if np.where(whole, values[clusters], by_region).sum() < 1 - VIOLATED:
        few_nodes = by_nodes < values[reach.places] - VIOLATED
        columns = _columns(reach, whole[of], few_nodes)
        yield Row(f"served[{reach.name}]", dict.fromkeys(columns, -1.0), -1.0)


def _columns(reach: _Reach, in_whole: Mask, few_nodes: Mask) -> list[int]:
    stand_ins = np.where(few_nodes, reach.nodes, reach.places)
    columns: list[int] = np.unique(np.where(in_whole, reach.clusters, stand_ins)).tolist()
    return columns
