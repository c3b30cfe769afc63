"""What it costs to be in a region at all, and whom it reaches, as columns over regions."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from broker.domain.geography import RegionKey
from broker.domain.spec import Dataset
from broker.domain.workloads import Workload
from broker.placement.market import Mask, Numbers
from broker.placement.problem import Problem
from broker.placement.rules import client_places, cluster_hourly, datasets_of, within_reach
from broker.placement.variables import cloud_cost, cluster_cost, copy_cost

AT_HOME = -1
"""In place of the cost of a copy where the data set lives: less than any."""

UNKNOWN_COST = 1 << 58
"""More than any cost that is known."""


class Places:
    """Columns over *regions*, in micro-units per month, each made when it is asked for.

    An unknown cost is UNKNOWN_COST: nobody may be there, so that only its size matters.
    """

    def __init__(self, problem: Problem, regions: Sequence[RegionKey]) -> None:
        self.regions = regions
        self._problem = problem
        self._copies: dict[str, Numbers] = {}

    @cached_property
    def cluster(self) -> Numbers:
        """A cluster in the region."""
        return _column(
            cluster_cost(region, self._problem).micros
            if cluster_hourly(region, self._problem) is not None
            else UNKNOWN_COST
            for region in self.regions
        )

    @cached_property
    def cloud(self) -> Numbers:
        """The fixed cost of its cloud."""
        return _column(cloud_cost(key.provider, self._problem).micros for key in self.regions)

    @cached_property
    def provider(self) -> Numbers:
        """A number for its cloud."""
        clouds = sorted({region.provider for region in self.regions})
        return _column(clouds.index(region.provider) for region in self.regions)

    def copy(self, dataset: Dataset) -> Numbers:
        """A copy of *dataset*: AT_HOME or UNKNOWN_COST where there is no such cost."""
        if dataset.name not in self._copies:
            self._copies[dataset.name] = _column(
                self._copy(dataset, region) for region in self.regions
            )
        return self._copies[dataset.name]

    def _copy(self, dataset: Dataset, region: RegionKey) -> int:
        if dataset.home == region:
            return AT_HOME
        network = self._problem.network
        is_known = (
            network.egress_price_per_gb(dataset.home, region) is not None
            and region.provider in network.storage_per_gb_month
        )
        return copy_cost(dataset, region, self._problem).micros if is_known else UNKNOWN_COST

    def all_new(self, workload: Workload) -> Numbers:
        """A cluster, the cloud and copies of all data, as if nothing of that were there yet.

        It is right where the workload is lawful: there all of it is known.
        """
        costs = self.cluster + self.cloud
        for dataset in datasets_of(workload, self._problem):
            costs = costs + np.maximum(self.copy(dataset), 0)
        return costs

    def reaches(self, workload: Workload) -> list[Mask]:
        """For each place of its clients, the regions within its bound."""
        return [
            np.array(
                [within_reach(workload, key, place, self._problem) for key in self.regions],
                dtype=np.bool_,
            )
            for place in client_places(workload, self._problem)
        ]


def _column(values: Iterable[int]) -> Numbers:
    return np.array(list(values), dtype=np.int64)
