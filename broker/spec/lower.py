"""From a document to a FleetSpec: check everything, say everything, then build."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from broker.domain.accelerators import Accelerator
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import SpecInvalid
from broker.domain.geography import Region, RegionKey
from broker.domain.ids import (
    ClientsName,
    DatasetName,
    MachineType,
    ProviderName,
    ReservationName,
    TeamName,
    ZoneId,
)
from broker.domain.offers import CapacityType
from broker.domain.spec import (
    Budget,
    Clients,
    ClusterTerms,
    Dataset,
    FleetSpec,
    Objective,
    ProviderScope,
    Quota,
    QuotaUnit,
    Reservation,
)
from broker.spec.blocks import check_blocks, imports_of, moves_of, removals_of
from broker.spec.checks import check_checks, check_of
from broker.spec.cluster_schema import Sensor
from broker.spec.devices import check_devices
from broker.spec.findings import Findings
from broker.spec.fleet_schema import FLEET
from broker.spec.load import Document
from broker.spec.lower_workload import lower_workload
from broker.spec.quotas import quota_name
from broker.spec.references import check_references
from broker.spec.reservations import check_reservation
from broker.spec.rules import check_workload
from broker.spec.scalars import Over
from broker.spec.spelling import spelled
from broker.spec.unsupported import check_supported
from broker.spec.values import Record
from broker.spec.world import World

BEGINNING = "`broker init` writes a file to start from."


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """A usable spec, and what its author should know all the same."""

    spec: FleetSpec
    warnings: tuple[Diagnostic, ...]


def lower(
    document: Document, regions: Mapping[RegionKey, Region], accelerators: Sequence[Accelerator]
) -> Lowered:
    """Check *document* against its shape and the world, and make it a FleetSpec.

    Raises SpecInvalid with every finding, in the order of the file.
    """
    findings = Findings(list(document.findings))
    read = FLEET.read(document.root, "", findings)
    if read is None:
        hinted = (replace(f, hint=f.hint or BEGINNING) for f in findings.in_order())
        raise SpecInvalid(*document.told(hinted))
    world = World.of(regions.values(), accelerators)
    fleet = spelled(read.content, world)
    _check(fleet, world, findings)
    if findings.has_errors:
        raise SpecInvalid(*document.told(findings.in_order()))
    warnings = document.told(findings.in_order())
    return Lowered(spec=_build(fleet, document, world.closed), warnings=warnings)


def _check(fleet: Record, world: World, findings: Findings) -> None:
    check_references(fleet, world, findings)
    check_supported(fleet, findings)
    check_checks(fleet, world, findings)
    check_blocks(fleet, world, findings)
    for paid in fleet.records("reservations"):
        check_reservation(paid, findings)
    for workload in fleet.records("workloads"):
        check_devices(workload, world, findings)
        check_workload(workload, findings)


def _build(fleet: Record, document: Document, closed: Collection[RegionKey]) -> FleetSpec:
    """All required keys are there, or the checks would have said so."""
    labels: Record = fleet.content("labels")
    objective: Record = fleet.content("objective")
    providers: Record = fleet.content("providers")
    owner: str = fleet.content("owner")
    return FleetSpec(
        name=fleet.content("fleet"),
        owner=owner,
        labels={key: value.content for key, value in labels.values.items()},
        providers=tuple(
            _scope(cloud, stated.content, closed)
            for cloud, stated in sorted(providers.values.items())
        ),
        objective=Objective(
            stability=objective.content("stability"),
            spot_reclaims_per_hour=objective.content("spot-reclaims-per-hour"),
        ),
        budget=_budget(fleet.record("budget")),
        datasets=tuple(_dataset(dataset) for dataset in fleet.records("data")),
        clients=tuple(_clients(clients) for clients in fleet.records("clients")),
        reservations=tuple(_reservation(paid) for paid in fleet.records("reservations")),
        quotas=tuple(_quota(quota) for quota in fleet.records("quotas")),
        checks=tuple(check_of(check, fleet) for check in fleet.records("checks")),
        clusters=_clusters(fleet.content("clusters")),
        moved=moves_of(fleet),
        removed=removals_of(fleet),
        imported=imports_of(fleet),
        workloads=tuple(
            lower_workload(w, owner=owner, restart_seconds=objective.content("restart"))
            for w in fleet.records("workloads")
        ),
        digest=document.digest,
        source=document.source,
    )


def _scope(cloud: str, stated: Record, closed: Collection[RegionKey]) -> ProviderScope:
    """`all` leaves out closed partitions, which need accounts of their own: they are listed by name.

    Nothing after this asks about partitions: a scope says all there is about where to look.
    """
    listed = frozenset(region.content for region in stated.items("regions")) or None
    excluded = frozenset(region.content for region in stated.items("except"))
    shut = frozenset(key.region for key in closed if key.provider == cloud)
    return ProviderScope(
        provider=ProviderName(cloud),
        regions=listed,
        excluded=excluded | shut if listed is None else excluded,
        fixed_monthly=stated.content("fixed-monthly"),
        cluster_hourly=stated.content("cluster-hourly"),
        where=stated.where,
    )


def _budget(budget: Record | None) -> Budget | None:
    if budget is None:
        return None
    return Budget(
        monthly=budget.content("monthly"),
        teams=tuple(
            (TeamName(team), stated.content)
            for team, stated in sorted(budget.content("teams").values.items())
        ),
        on_breach=budget.content("on-breach"),
        where=budget.where,
    )


def _clusters(stated: Record) -> ClusterTerms:
    return ClusterTerms(
        authorized_networks=tuple(
            sorted(network.content for network in stated.items("authorized-networks"))
        ),
        has_sensor=stated.content("sensor") is not Sensor.NONE,
    )


def _dataset(dataset: Record) -> Dataset:
    return Dataset(
        name=DatasetName(dataset.content("name")),
        size_bytes=dataset.content("size"),
        home=dataset.content("at"),
        tier=str(dataset.content("tier")),
        replication=dataset.content("replicate"),
        copy_gbps=dataset.content("copy-gbps"),
        where=dataset.where,
    )


def _clients(clients: Record) -> Clients:
    rate = clients.content("requests-per-second")
    return Clients(
        name=ClientsName(clients.content("name")),
        places=tuple(place.content for place in clients.items("at")),
        requests_per_second=rate,
        where=clients.where,
    )


def _reservation(paid: Record) -> Reservation:
    zone = paid.content("zone")
    return Reservation(
        name=ReservationName(paid.content("name")),
        region=paid.content("at"),
        capacity_type=CapacityType(paid.content("capacity")),
        zone=None if zone is None else ZoneId(zone),
        machine_type=MachineType(paid.content("machine-type")),
        nodes=paid.content("nodes"),
        monthly=paid.content("monthly"),
        ends=paid.content("ends"),
        where=paid.where,
    )


def _quota(quota: Record) -> Quota:
    cloud, _, region = quota.content("at").partition("/")
    (unit, limit), *_ = quota.content("limit").values.items()
    machine_type = quota.content("machine-type")
    return Quota(
        name=quota_name(quota),
        provider=ProviderName(cloud),
        region=region or None,
        capacity_types=frozenset(v.content for v in quota.items("capacity")) or None,
        accelerator=quota.content("accelerator"),
        machine_type=None if machine_type is None else MachineType(machine_type),
        family=quota.content("family"),
        spans=quota.content("over") is Over.ALL_REGIONS,
        unit=QuotaUnit(unit),
        limit=limit.content,
        where=quota.where,
    )
