"""A fleet inside a plan document, without loss, so that a saved plan can be compared with."""

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any, TypeVar

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanFileInvalid
from broker.domain.fleet import Answers, Cluster, DataReplica, Fleet, NodePool, Placement
from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import (
    ClusterName,
    DatasetName,
    MachineType,
    PoolName,
    ReservationName,
    TeamName,
    WorkloadName,
    ZoneId,
)
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.planning.cost import cost
from broker.planning.plan_shape import checked
from broker.planning.resources import amount

Document = dict[str, Any]
T = TypeVar("T")


def desired_document(fleet: Fleet) -> Document:
    """Every field of *fleet*; the offer of a placement is that of its pool."""
    return {
        "clusters": [_cluster_document(cluster) for cluster in fleet.clusters],
        "placements": [_placement_document(placement) for placement in fleet.placements],
        "replicas": [_replica_document(replica) for replica in fleet.replicas],
        "answers": [_answers_document(sent) for sent in fleet.answers],
        "cloud_fixed_monthly": [
            {"provider": provider, "monthly": str(monthly)}
            for provider, monthly in fleet.cloud_fixed_monthly
        ],
    }


def fleet_of(document: Document) -> Fleet:
    """The fleet that a plan document wants, as if the plan had been carried out.

    Raises PlanFileInvalid if the document does not describe one whose costs add up.
    """
    whole = checked(document)
    return fleet_of_desired(whole["desired"], whole["cost"]["currency"])


def fleet_of_desired(desired: Document, currency: str) -> Fleet:
    """The fleet that `desired_document` wrote, in plan files and in the state.

    Raises PlanFileInvalid if it does not describe one whose costs add up.
    """
    try:
        fleet = _fleet(desired, currency)
        cost(fleet, currency)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise PlanFileInvalid(
            Diagnostic(
                code="plan-file-damaged",
                subject="desired",
                summary="The plan does not describe a fleet",
                detail=f"{type(error).__name__}: {error}",
                hint="Make the plan again with `broker plan -out FILE`.",
            )
        ) from error
    return fleet


def _fleet(desired: Document, currency: str) -> Fleet:
    clusters = tuple(_cluster(entry, currency) for entry in desired["clusters"])
    pools = {(pool.cluster, pool.name): pool for c in clusters for pool in c.pools}
    return Fleet(
        clusters=clusters,
        placements=tuple(_placement(entry, pools, currency) for entry in desired["placements"]),
        replicas=tuple(_replica(entry, currency) for entry in desired["replicas"]),
        answers=tuple(_answers(entry, currency) for entry in desired["answers"]),
        cloud_fixed_monthly=tuple(
            (entry["provider"], Money.parse(entry["monthly"], currency))
            for entry in desired["cloud_fixed_monthly"]
        ),
    )


def _cluster_document(cluster: Cluster) -> Document:
    return {
        "name": cluster.name,
        "region": str(cluster.region),
        "overhead_hourly": amount(cluster.overhead_hourly),
        "pools": [
            {
                "name": pool.name,
                "nodes": pool.nodes,
                "hours": str(pool.hours),
                "workloads": list(pool.workloads),
                "offer": _offer_document(pool.offer),
            }
            for pool in cluster.pools
        ],
    }


def _cluster(entry: Document, currency: str) -> Cluster:
    name = ClusterName(entry["name"])
    return Cluster(
        name=name,
        region=RegionKey.parse(entry["region"]),
        overhead_hourly=_money(entry["overhead_hourly"], currency),
        pools=tuple(
            NodePool(
                name=PoolName(pool["name"]),
                cluster=name,
                offer=_offer(pool["offer"], currency),
                nodes=pool["nodes"],
                hours=Fraction(pool["hours"]),
                workloads=tuple(WorkloadName(workload) for workload in pool["workloads"]),
            )
            for pool in entry["pools"]
        ),
    )


def _offer_document(offer: Offer) -> Document:
    accelerator = offer.accelerator
    return {
        "region": str(offer.region),
        "zone": offer.zone,
        "zone_kind": offer.zone_kind.value,
        "machine_type": offer.machine_type,
        "family": offer.family,
        "accelerator": {
            "model": accelerator.model,
            "variant": accelerator.variant,
            "memory_mib": accelerator.memory_mib,
            "kind": accelerator.kind.value,
            "manufacturer": accelerator.manufacturer,
        },
        "count": str(offer.count),
        "vcpus": offer.vcpus,
        "memory_mib": offer.memory_mib,
        "network_gbps": _optional(str, offer.network_gbps),
        "capacity_type": offer.capacity_type.value,
        "term_months": offer.term_months,
        "reservation": offer.reservation,
        "reclaims_per_hour": _optional(str, offer.reclaims_per_hour),
        "price": amount(offer.price),
        "fetched_at": offer.fetched_at.isoformat(),
        "source": offer.source,
    }


def _offer(entry: Document, currency: str) -> Offer:
    chip = entry["accelerator"]
    return Offer(
        region=RegionKey.parse(entry["region"]),
        zone=_optional(ZoneId, entry["zone"]),
        zone_kind=ZoneKind(entry["zone_kind"]),
        machine_type=MachineType(entry["machine_type"]),
        family=entry["family"],
        accelerator=Accelerator(
            model=chip["model"],
            variant=chip["variant"],
            memory_mib=chip["memory_mib"],
            kind=AcceleratorKind(chip["kind"]),
            manufacturer=chip["manufacturer"],
        ),
        count=Fraction(entry["count"]),
        vcpus=entry["vcpus"],
        memory_mib=entry["memory_mib"],
        network_gbps=_optional(Fraction, entry["network_gbps"]),
        capacity_type=CapacityType(entry["capacity_type"]),
        term_months=entry["term_months"],
        reservation=_optional(ReservationName, entry["reservation"]),
        reclaims_per_hour=_optional(Fraction, entry["reclaims_per_hour"]),
        price=_money(entry["price"], currency),
        fetched_at=datetime.fromisoformat(entry["fetched_at"]),
        source=entry["source"],
    )


def _placement_document(placement: Placement) -> Document:
    return {
        "workload": placement.workload,
        "team": placement.team,
        "cluster": placement.cluster,
        "pool": placement.pool,
        "replicas": placement.replicas,
        "nodes": placement.nodes,
        "hourly": str(placement.hourly),
        "monthly": str(placement.monthly),
    }


def _placement(
    entry: Document, pools: dict[tuple[ClusterName, PoolName], NodePool], currency: str
) -> Placement:
    cluster, pool = ClusterName(entry["cluster"]), PoolName(entry["pool"])
    return Placement(
        workload=WorkloadName(entry["workload"]),
        team=TeamName(entry["team"]),
        cluster=cluster,
        pool=pool,
        offer=pools[cluster, pool].offer,
        replicas=entry["replicas"],
        nodes=entry["nodes"],
        hourly=Money.parse(entry["hourly"], currency),
        monthly=Money.parse(entry["monthly"], currency),
    )


def _replica_document(replica: DataReplica) -> Document:
    return {
        "dataset": replica.dataset,
        "source": str(replica.source),
        "destination": str(replica.destination),
        "size_bytes": replica.size_bytes,
        "egress_once": str(replica.egress_once),
        "storage_monthly": amount(replica.storage_monthly),
        "readers": list(replica.readers),
    }


def _replica(entry: Document, currency: str) -> DataReplica:
    return DataReplica(
        dataset=DatasetName(entry["dataset"]),
        source=RegionKey.parse(entry["source"]),
        destination=RegionKey.parse(entry["destination"]),
        size_bytes=entry["size_bytes"],
        egress_once=Money.parse(entry["egress_once"], currency),
        storage_monthly=_money(entry["storage_monthly"], currency),
        readers=tuple(WorkloadName(reader) for reader in entry["readers"]),
    )


def _answers_document(sent: Answers) -> Document:
    return {
        "workload": sent.workload,
        "team": sent.team,
        "region": str(sent.region),
        "monthly": str(sent.monthly),
    }


def _answers(entry: Document, currency: str) -> Answers:
    return Answers(
        workload=WorkloadName(entry["workload"]),
        team=TeamName(entry["team"]),
        region=RegionKey.parse(entry["region"]),
        monthly=Money.parse(entry["monthly"], currency),
    )


def _money(value: str | None, currency: str) -> Money | None:
    return None if value is None else Money.parse(value, currency)


def _optional(read: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else read(value)
