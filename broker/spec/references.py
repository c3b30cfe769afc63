"""Every name in a spec must lead somewhere, and no two things may share one."""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from broker.spec.findings import Findings
from broker.spec.quotas import check_quota_names
from broker.spec.reservations import refuse_twins
from broker.spec.rules import replicas
from broker.spec.values import Record, Value
from broker.spec.world import (
    World,
    check_cloud,
    check_jurisdiction,
    check_model,
    check_name,
    check_place,
    check_region,
)


def check_references(fleet: Record, world: World, findings: Findings) -> None:
    """Follow all names of *fleet*."""
    _check_providers(fleet, world, findings)
    _refuse_namesakes(fleet.records("checks"), findings)
    for list_name in ("data", "clients", "workloads"):
        _refuse_namesakes(fleet.records(list_name), findings)
    refuse_twins(fleet.records("reservations"), findings)
    check_quota_names(fleet.records("quotas"), findings)
    for at in _places(fleet):
        check_place(at, world, findings)
    for quota in fleet.records("quotas"):
        _check_quota(quota, world, findings)
    _check_teams(fleet, findings)
    for workload in fleet.records("workloads"):
        _check_workload(workload, fleet, world, findings)


def _check_providers(fleet: Record, world: World, findings: Findings) -> None:
    providers = fleet.record("providers")
    for cloud, scope in providers.values.items() if providers else ():
        if not check_cloud(cloud, scope, world, findings) or not isinstance(scope.content, Record):
            continue
        for region in (*scope.content.items("regions"), *scope.content.items("except")):
            check_region(cloud, region.content, region, world, findings)
        _refuse_nowhere(cloud, scope.content, world, findings)


def _refuse_nowhere(cloud: str, scope: Record, world: World, findings: Findings) -> None:
    listed = {region.content for region in scope.items("regions")} or world.open_regions(cloud)
    excluded = {region.content for region in scope.items("except")}
    if excluded and excluded >= listed:
        findings.at(
            scope,
            code="provider-without-region",
            summary=f"`except` leaves no region of {cloud}",
            hint=f"Remove {cloud} from `providers`, or allow a region.",
        )


def _refuse_namesakes(records: tuple[Record, ...], findings: Findings) -> None:
    first: dict[str, Value] = {}
    for record in records:
        name = record.find("name")
        if name is None:
            continue
        earlier = first.setdefault(name.content, name)
        if earlier is not name:
            findings.at(
                name,
                code="name-repeated",
                summary=f"{name.content} is already defined on line {earlier.where.line}",
                hint=f"Give each its own name, such as {name.content}-2.",
            )


def _places(fleet: Record) -> Iterator[Value]:
    for dataset in fleet.records("data"):
        home = dataset.find("at")
        if home is not None:
            yield home
    for clients in fleet.records("clients"):
        yield from clients.items("at")
    for reservation in fleet.records("reservations"):
        place = reservation.find("at")
        if place is not None:
            yield place


def _check_quota(quota: Record, world: World, findings: Findings) -> None:
    at = quota.find("at")
    if at is not None:
        cloud, _, region = at.content.partition("/")
        if region:
            check_region(cloud, region, at, world, findings)
        else:
            check_cloud(cloud, at, world, findings)
    accelerator = quota.find("accelerator")
    if accelerator is not None:
        check_model(accelerator, world, findings)


def _check_teams(fleet: Record, findings: Findings) -> None:
    """A budget is for a team that has a workload; the owner has those without one."""
    budget = fleet.record("budget")
    stated = budget.record("teams") if budget else None
    owner = fleet.content("owner")
    teams = {workload.content("team") or owner for workload in fleet.records("workloads")}
    for team, amount in stated.values.items() if stated else ():
        check_name(replace(amount, content=team), teams - {None}, findings)


def _check_workload(workload: Record, fleet: Record, world: World, findings: Findings) -> None:
    datasets = _names(fleet, "data")
    for dataset in workload.items("reads"):
        check_name(dataset, datasets, findings)
    latency = workload.record("latency")
    to = latency.find("to") if latency else None
    if to is not None:
        check_name(to, _names(fleet, "clients"), findings)
    if to is not None:
        _check_traffic(workload, to, fleet, findings)
    for code in workload.items("residency"):
        check_jurisdiction(code, world, findings)
    _check_neighbours(workload, fleet, findings)


def _check_traffic(workload: Record, to: Value, fleet: Record, findings: Findings) -> None:
    """What a replica answers says how many it takes, once it is known how much is asked."""
    latency = workload.record("latency")
    answered = latency.find("requests-per-replica") if latency else None
    rates = [
        clients.content("requests-per-second")
        for clients in fleet.records("clients")
        if clients.content("name") == to.content
    ]
    if answered is None or not rates:
        return
    least, _ = replicas(workload)
    if rates[0] is None:
        findings.at(
            answered,
            code="request-rate-unknown",
            summary=f"Nobody says how much {to.content} ask",
            hint=f"State `requests-per-second` of {to.content}, or leave this out.",
        )
    elif least * answered.content < rates[0]:
        findings.at(
            answered,
            code="replicas-too-few",
            summary=f"{least} replica(s) answer {float(least * answered.content):g} requests "
            f"a second, {to.content} ask {float(rates[0]):g}",
            hint=f"It takes {ceil(rates[0] / answered.content)} replicas.",
        )


def _check_neighbours(workload: Record, fleet: Record, findings: Findings) -> None:
    """Those it is near to or apart from are other workloads, and none is to be in its region and not."""
    own = workload.content("name")
    others = _names(fleet, "workloads") - {own}
    for record in workload.records("near"):
        named = record.find("workload")
        if named is not None:
            _check_other(named, own, "near", others, findings)
    for named in workload.items("apart"):
        _check_other(named, own, "apart from", others, findings)
        if named.content in _in_region_of(own, fleet):
            findings.at(
                named,
                code="affinity-contradiction",
                summary=f"{own} can not be both in the region of {named.content} and apart from it",
                hint="Leave out one of the two, or say how near with `round-trip-ms`.",
            )


def _check_other(
    named: Value, own: str, relation: str, others: frozenset[str], findings: Findings
) -> None:
    if named.content != own:
        check_name(named, others, findings)
        return
    findings.at(
        named,
        code="affinity-to-itself",
        summary=f"{own} can not be {relation} itself",
        hint=f"Name another workload: {', '.join(sorted(others))}."
        if others
        else "Leave it out: there is no other workload.",
    )


def _in_region_of(own: str, fleet: Record) -> frozenset[str]:
    """The workloads that are to be in one region with *own*, whichever of the two says so."""
    pairs = {
        (workload.content("name"), record.content("workload"))
        for workload in fleet.records("workloads")
        for record in workload.records("near")
        if not record.content("round-trip-ms")
    }
    return frozenset(b if a == own else a for a, b in pairs if own in (a, b)) - {own}


def _names(fleet: Record, list_name: str) -> frozenset[str]:
    names = (record.content("name") for record in fleet.records(list_name))
    return frozenset(name for name in names if name is not None)
