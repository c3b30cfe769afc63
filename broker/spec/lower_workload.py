"""From one checked workload to its domain value."""

from broker.domain.ids import ClientsName, DatasetName, TeamName, WorkloadName
from broker.domain.workloads import (
    AcceleratorRequirement,
    Checkpoint,
    LargestShares,
    LatencyBound,
    Nearness,
    Replicas,
    Run,
    Workload,
)
from broker.spec.devices import choices
from broker.spec.rules import grows, hours, replicas, window
from broker.spec.values import Record


def lower_workload(workload: Record, *, owner: str, restart_seconds: int) -> Workload:
    """Build it; the owner of the fleet pays unless a team is named."""
    least, most = replicas(workload)
    starts, ends = window(workload)
    spread = workload.record("spread")
    return Workload(
        name=WorkloadName(workload.content("name")),
        kind=workload.content("kind"),
        accelerators=_accelerators(workload.content("accelerators")),
        replicas=Replicas(minimum=least, maximum=most, grows=grows(workload)),
        is_gang=workload.find("gang") is not None,
        milli_vcpus=workload.content("cpu"),
        memory_mib=workload.content("memory-gib"),
        run=Run(hours=hours(workload), starts=starts, ends=ends),
        capacity_types=frozenset(value.content for value in workload.items("capacity")),
        checkpoint=_checkpoint(workload.record("checkpoint")),
        reads=tuple(DatasetName(value.content) for value in workload.items("reads")),
        residency=frozenset(value.content for value in workload.items("residency")),
        latency=_latency(workload.record("latency")),
        spread_regions=spread.content("regions") if spread else 1,
        at_most=_shares(workload.record("at-most")),
        near=tuple(_nearness(stated) for stated in workload.records("near")),
        apart=frozenset(WorkloadName(value.content) for value in workload.items("apart")),
        priority=workload.content("priority"),
        destruction=workload.content("destroy"),
        team=TeamName(workload.content("team") or owner),
        image=workload.content("image"),
        restart_seconds=restart_seconds,
        where=workload.where,
    )


def _accelerators(stated: Record) -> AcceleratorRequirement:
    return AcceleratorRequirement(
        any_of=tuple(choice for _, choice in choices(stated)), count=stated.content("count")
    )


def _shares(stated: Record | None) -> LargestShares | None:
    if stated is None:
        return None
    return LargestShares(
        spot=stated.content("spot"),
        spot_pool=stated.content("spot-pool"),
        zone=stated.content("zone"),
    )


def _nearness(stated: Record) -> Nearness:
    limit = stated.content("round-trip-ms")
    return Nearness(
        workload=WorkloadName(stated.content("workload")),
        round_trip_ms=0.0 if limit is None else float(limit),
    )


def _checkpoint(stated: Record | None) -> Checkpoint | None:
    if stated is None:
        return None
    return Checkpoint(
        every_seconds=stated.content("every"),
        size_bytes=stated.content("size-gib"),
        store=stated.content("store"),
    )


def _latency(stated: Record | None) -> LatencyBound | None:
    if stated is None:
        return None
    return LatencyBound(
        clients=ClientsName(stated.content("to")),
        round_trip_ms=float(stated.content("round-trip-ms")),
        requests_per_replica=stated.content("requests-per-replica"),
        response_bytes=stated.content("response-kib"),
    )
