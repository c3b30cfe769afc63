"""Workloads that belong together, and those that must not meet."""

from collections.abc import Iterator

from broker.domain.geography import RegionKey
from broker.domain.workloads import Nearness, Workload
from broker.placement.rules import is_near
from broker.placement.variables import Variables


def constrain_near(v: Variables) -> None:
    """For A near B and each region: A runs there only if B runs in a region near it.

        runs[A,r] ≤ Σ_{q: round_trip(r,q) ≤ bound} runs[B,q]          for each r

    Near are the regions within the round trip asked for; only r itself where that is 0.
    """
    for workload in _workloads(v):
        for nearness in workload.near:
            if nearness.workload in v.by_workload:
                for region in _regions(v, workload.name):
                    _keep_near(v, workload, nearness, region)


def _keep_near(v: Variables, workload: Workload, nearness: Nearness, region: RegionKey) -> None:
    partners = {
        v.runs_in(nearness.workload, other): -1.0
        for other in _regions(v, nearness.workload)
        if is_near(region, other, nearness, v.problem)
    }
    v.model.at_most(
        f"near[{workload.name},{nearness.workload},{region}]",
        {v.runs_in(workload.name, region): 1.0, **partners},
        0.0,
    )


def constrain_apart(v: Variables) -> None:
    """For A apart from B and each region in which both could run: at most one of them does.

        runs[A,r] + runs[B,r] ≤ 1                                     for each r

    Where only one of them could run at all, there is nothing to forbid.
    """
    for workload in _workloads(v):
        for other in sorted(workload.apart):
            if other in v.by_workload:
                for region in sorted(set(_regions(v, workload.name)) & set(_regions(v, other))):
                    v.model.at_most(
                        f"apart[{workload.name},{other},{region}]",
                        {v.runs_in(workload.name, region): 1.0, v.runs_in(other, region): 1.0},
                        1.0,
                    )


def _workloads(v: Variables) -> Iterator[Workload]:
    return (
        v.by_workload[name][0].workload for name in sorted(v.by_workload) if v.by_workload[name]
    )


def _regions(v: Variables, name: str) -> list[RegionKey]:
    return sorted({candidate.offer.region for candidate in v.by_workload[name]})
