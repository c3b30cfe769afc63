"""What is recorded of a fleet, one resource at a time, each with an address."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanFileInvalid, StateInvalid
from broker.domain.fleet import Fleet
from broker.planning.actions import ResourceType
from broker.planning.desired import fleet_of_desired
from broker.planning.edits import address_of_cluster
from broker.planning.parts import NOTHING
from broker.planning.resources import resources
from broker.ports.state import MemberRecord, State

WITH_END = (ResourceType.CLUSTER, ResourceType.POOL)
"""What the end of a fleet is written on, in its clouds too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One resource; *cluster* is the address of the one it is in, if it is in one.

    *made* is what the engine has made of a cluster; None before that, and for other resources.
    *expires_at* is the end of the fleet, of clusters and pools; None for one that lasts. *is_marked*: it
    is a pool that is to be made anew.
    """

    address: str
    type: ResourceType
    name: str
    values: Mapping[str, Any]
    cluster: str | None = None
    made: MemberRecord | None = None
    expires_at: datetime | None = None
    is_marked: bool = False


def recorded_fleet_of(state: State) -> Fleet:
    """The fleet in *state*, an empty one before the first apply; raises StateInvalid."""
    if state.desired is None:
        return NOTHING
    try:
        return fleet_of_desired(state.desired, state.currency)
    except PlanFileInvalid as error:
        raise StateInvalid(
            Diagnostic(
                code="state-damaged",
                subject="desired",
                summary="The state does not describe a fleet",
                detail=error.diagnostics[0].detail,
                hint="`broker state push FILE` puts a backup in its place.",
            )
        ) from error


def records(state: State) -> dict[str, Record]:
    """Everything in *state*, by address; raises StateInvalid.

    A cluster that was begun, and is in no fleet that was carried out, is there too.
    """
    made = {address_of_cluster(record.name): record for record in state.members}
    marked = {f"pool.{record.name}.{pool}" for record in state.members for pool in record.anew}
    found = {
        address: Record(
            address=address,
            type=resource.type,
            name=resource.name,
            values={**resource.settings, **resource.figures},
            cluster=_cluster_of(resource.settings),
            made=made.get(address),
            is_marked=address in marked,
        )
        for address, resource in resources(recorded_fleet_of(state)).items()
    }
    for address, member in made.items():
        found.setdefault(
            address,
            Record(
                address=address,
                type=ResourceType.CLUSTER,
                name=member.name,
                values={"region": member.member.get("region")},
                made=member,
            ),
        )
    ends = {
        a: replace(r, expires_at=state.expires_at) for a, r in found.items() if r.type in WITH_END
    }
    return dict(sorted((found | ends).items()))


def inside(found: Mapping[str, Record], addresses: Iterable[str]) -> list[Record]:
    """Those at *addresses*, and the pools of the clusters among them."""
    wanted = set(addresses)
    return [r for r in found.values() if r.address in wanted or r.cluster in wanted]


def paid(found: Mapping[str, Record], addresses: Iterable[str]) -> Iterator[str]:
    """The addresses of clusters and pools among them that exist in a cloud, or may."""
    for record in inside(found, addresses):
        holder = found.get(record.cluster or record.address)
        if holder is not None and holder.made is not None and exists(holder.made):
            yield record.address


def exists(member: MemberRecord) -> bool:
    """Whether the cloud may have something of it: it was made, or its making began."""
    return member.checkpoint is not None or bool(member.resources) or member.is_tainted


def renamed_member(member: MemberRecord, source: str, destination: str) -> MemberRecord:
    """*member* under the name of *destination* if it is the one at *source*."""
    if address_of_cluster(member.name) != source:
        return member
    name = type(member.name)(destination.removeprefix("cluster."))
    return replace(member, name=name, member={**member.member, "name": name})


def _cluster_of(settings: Mapping[str, Any]) -> str | None:
    return address_of_cluster(settings["cluster"]) if "cluster" in settings else None
