"""A member as the state keeps it, without loss."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import StateInvalid
from broker.domain.geography import RegionKey
from broker.domain.ids import (
    ClusterName,
    MachineType,
    PoolName,
    ReservationName,
    WorkloadName,
    ZoneId,
)
from broker.domain.members import Member, MemberPool, Sharing, SharingKind, WorkloadIdentity
from broker.domain.money import Money
from broker.domain.offers import CapacityType

Document = dict[str, Any]


def member_document(member: Member) -> Document:
    """Every field of *member* as JSON values."""
    budget = member.budget_monthly
    return {
        "name": member.name,
        "fleet": member.fleet,
        "owner": member.owner,
        "region": str(member.region),
        "pools": [_pool_document(pool) for pool in member.pools],
        "address_block": member.address_block,
        "authorized_networks": list(member.authorized_networks),
        "is_protected": member.is_protected,
        "budget_monthly": None if budget is None else [str(budget), budget.currency],
        "identities": [
            {
                "workload": identity.workload,
                "namespace": identity.namespace,
                "service_account": identity.service_account,
            }
            for identity in member.identities
        ],
        "labels": dict(member.labels),
        "security_extras": member.security_extras,
        **_expiry_document(member),
    }


def _expiry_document(member: Member) -> Document:
    """Nothing of one that lasts: documents from before it stay what they are."""
    if member.expires_at is None:
        return {}
    return {"expires_at": member.expires_at.astimezone(UTC).isoformat()}


def member_of(document: Document) -> Member:
    """The member that *document* describes; raises StateInvalid if it describes none."""
    try:
        return _member(document)
    except (KeyError, TypeError, ValueError) as error:
        raise StateInvalid(
            Diagnostic(
                code="state-damaged",
                subject=str(document.get("name", "member")),
                summary="The state does not describe a cluster",
                detail=f"{type(error).__name__}: {error}",
                hint="Restore a backup with `broker state push FILE`.",
            )
        ) from error


def _member(document: Document) -> Member:
    budget, expires_at = document["budget_monthly"], document.get("expires_at")
    return Member(
        name=ClusterName(document["name"]),
        fleet=document["fleet"],
        owner=document["owner"],
        region=RegionKey.parse(document["region"]),
        pools=tuple(_pool(pool) for pool in document["pools"]),
        address_block=document["address_block"],
        authorized_networks=tuple(document["authorized_networks"]),
        is_protected=document["is_protected"],
        budget_monthly=None if budget is None else Money.parse(*budget),
        identities=tuple(
            WorkloadIdentity(
                workload=WorkloadName(identity["workload"]),
                namespace=identity["namespace"],
                service_account=identity["service_account"],
            )
            for identity in document["identities"]
        ),
        labels=dict(document["labels"]),
        security_extras=document["security_extras"],
        expires_at=None if expires_at is None else datetime.fromisoformat(expires_at),
    )


def _pool_document(pool: MemberPool) -> Document:
    sharing = pool.sharing
    return {
        "name": pool.name,
        "machine_type": pool.machine_type,
        "capacity_type": pool.capacity_type.value,
        "zone": pool.zone,
        "nodes": pool.nodes,
        "min_nodes": pool.min_nodes,
        "max_nodes": pool.max_nodes,
        "accelerator": pool.accelerator,
        "accelerators": str(pool.accelerators),
        "sharing": None if sharing is None else _sharing_document(sharing),
        "is_compact": pool.is_compact,
        "reservation": pool.reservation,
        "term_months": pool.term_months,
        "labels": dict(pool.labels),
        "workloads": list(pool.workloads),
        **({"firm": list(pool.firm)} if pool.firm else {}),
    }


def _sharing_document(sharing: Sharing) -> Document:
    """A layout is written where there is one: documents from before it stay what they are."""
    layout = {"layout": [list(cut) for cut in sharing.layout]} if sharing.layout else {}
    return {
        "kind": sharing.kind.value,
        "replicas": sharing.replicas,
        "profile": sharing.profile,
        **layout,
    }


def _sharing(document: Document) -> Sharing:
    return Sharing(
        kind=SharingKind(document["kind"]),
        replicas=document["replicas"],
        profile=document["profile"],
        layout=tuple((profile, count) for profile, count in document.get("layout", ())),
    )


def _pool(document: Document) -> MemberPool:
    sharing, zone, reservation = (document[key] for key in ("sharing", "zone", "reservation"))
    return MemberPool(
        name=PoolName(document["name"]),
        machine_type=MachineType(document["machine_type"]),
        capacity_type=CapacityType(document["capacity_type"]),
        zone=None if zone is None else ZoneId(zone),
        nodes=document["nodes"],
        min_nodes=document["min_nodes"],
        max_nodes=document["max_nodes"],
        accelerator=document["accelerator"],
        accelerators=Fraction(document["accelerators"]),
        sharing=None if sharing is None else _sharing(sharing),
        is_compact=document["is_compact"],
        reservation=None if reservation is None else ReservationName(reservation),
        term_months=document["term_months"],
        labels=dict(document["labels"]),
        workloads=tuple(WorkloadName(name) for name in document["workloads"]),
        firm=tuple(WorkloadName(name) for name in document.get("firm", ())),
    )
