"""The columns of a model that place units, as arrays: whose they are, and the switches they need."""

import numpy as np

from broker.placement.matrix import Indices, Mask, Numbers
from broker.placement.model import INFINITY
from broker.placement.rules import datasets_of
from broker.placement.variables import Variables

NONE = -1


class Placing:
    """What is told of each column that places units of a workload; NONE or 0 of others.

    *workload* by its number, *nodes* and *cluster* that it needs by their columns (a pool whose nodes
    are counted by this very column has none), *units* of the whole workload, nodes for it and for one
    unit of it alone. *copies* are pairs of such a column and a copy of data or a cloud that it needs.
    """

    def __init__(self, v: Variables) -> None:
        columns = len(v.model.columns)
        self.workload: Indices = np.full(columns, NONE, dtype=np.int64)
        self.nodes: Indices = np.full(columns, NONE, dtype=np.int64)
        self.cluster: Indices = np.full(columns, NONE, dtype=np.int64)
        self.units: Numbers = np.zeros(columns)
        self.nodes_alone: Numbers = np.zeros(columns)
        self.nodes_of_one: Numbers = np.zeros(columns)
        self.workloads = len(v.by_workload)
        numbers = {name: number for number, name in enumerate(sorted(v.by_workload))}
        for pool in v.pools:
            for c in pool.candidates:
                at = v.place_of(c)
                self.workload[at] = numbers[c.workload.name]
                self.cluster[at] = v.open[pool.offer.region]
                self.units[at] = c.units
                if not pool.is_folded:
                    self.nodes[at] = pool.column
                    self.nodes_alone[at] = c.nodes_alone
                    self.nodes_of_one[at] = c.nodes_for(1)
        self.are: Mask = self.workload != NONE
        self.all: Indices = np.flatnonzero(self.are)
        self.on_nodes: Indices = np.flatnonzero(self.nodes != NONE)
        self.are_nodes: Mask = np.zeros(columns, dtype=np.bool_)
        self.are_nodes[self.nodes[self.on_nodes]] = True
        self.copies = _copies(v)

    def first(self, most: int, weight: Numbers, among: Indices) -> Indices:
        """Of *among*, the *most* of each workload with the least *weight*, equals in their order."""
        if not among.size:
            return among
        ordered = among[np.lexsort((weight[among], self.workload[among]))]
        of = self.workload[ordered]
        begins = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
        rank = np.arange(len(ordered)) - np.repeat(begins, np.diff(np.r_[begins, len(ordered)]))
        return np.sort(ordered[rank < most])

    def alone(self, cost: Numbers, of_a_cluster: float) -> Numbers:
        """What the whole workload costs at each place by itself, with such a part of a cluster."""
        alone = np.full(len(cost), INFINITY)
        alone[self.all] = cost[self.all] * self.units[self.all]
        nodes = self.nodes[self.on_nodes]
        alone[self.on_nodes] += cost[nodes] * self.nodes_alone[self.on_nodes]
        alone[self.all] += cost[self.cluster[self.all]] * of_a_cluster
        np.add.at(alone, self.copies[:, 0], cost[self.copies[:, 1]] * of_a_cluster)
        return alone


def _copies(v: Variables) -> Indices:
    pairs: list[tuple[int, int]] = []
    for candidates in v.by_workload.values():
        datasets = list(datasets_of(candidates[0].workload, v.problem)) if candidates else []
        for c in candidates:
            region = c.offer.region
            needed = [v.copy.get((dataset.name, region)) for dataset in datasets]
            needed.append(v.cloud.get(region.provider))
            pairs.extend((v.place_of(c), column) for column in needed if column is not None)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
