"""Zones, quotas and restrictions of an Azure region: pure, tested on recorded payloads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import MachineType, ProviderName, ZoneId
from broker.domain.offers import CapacityType
from broker.domain.regions import Restriction, Zone
from broker.domain.spec import Quota, QuotaUnit
from providers.azure.accelerators import plain
from providers.azure.edge_zones import EDGE_ZONE
from providers.azure.offers import Size

Payload = Mapping[str, Any]

FIRM = frozenset({CapacityType.ON_DEMAND, CapacityType.RESERVED})
"""What counts against the quota of a family; reserving changes the price, not the quota."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a region consists of: zones by their number here, and *edges*, its edge zones, sorted.

    Numbers of zones differ from one subscription to another; ids (`eastus-az1`) do not.
    """

    stable_ids: Mapping[str, str] = field(default_factory=dict)
    edges: tuple[ZoneId, ...] = ()


def regions(locations: Iterable[Payload]) -> dict[str, Place]:
    """The physical regions by name in lower case, each with its zones and edge zones."""
    listed = list(locations)
    edges = sorted(_edges(listed))
    return {
        name: Place(dict(_zones(location)), tuple(zone for home, zone in edges if home == name))
        for location in listed
        if _is_physical(location) and location.get("type") != EDGE_ZONE
        for name in [str(location["name"]).lower()]
    }


def _edges(locations: Iterable[Payload]) -> Iterator[tuple[str, ZoneId]]:
    """The edge zones, each after the region that is its home: they are listed beside regions."""
    for location in locations:
        if location.get("type") == EDGE_ZONE and location.get("name"):
            home = _mapping(location.get("metadata")).get("homeLocation")
            yield str(home).lower(), ZoneId(str(location["name"]).lower())


def _is_physical(location: Payload) -> bool:
    kind = _mapping(location.get("metadata")).get("regionType")
    return bool(location.get("name")) and kind == "Physical"


def _zones(location: Payload) -> Iterator[tuple[str, str]]:
    mappings = location.get("availabilityZoneMappings")
    for mapping in mappings if isinstance(mappings, list) else ():
        logical, physical = (_mapping(mapping).get(f"{k}Zone") for k in ("logical", "physical"))
        if logical and physical:
            yield str(logical), str(physical)


def zones(place: Place) -> tuple[Zone, ...]:
    """The zones of a region, sorted, edge zones among them."""
    ordinary = (Zone(ZoneId(physical)) for physical in place.stable_ids.values())
    at_edge = (Zone(edge, ZoneKind.EDGE_ZONE) for edge in place.edges)
    return tuple(sorted((*ordinary, *at_edge)))


def restrictions(
    sizes: Iterable[Size], region: str, stable_ids: Mapping[str, str]
) -> tuple[Restriction, ...]:
    """What is listed in *region* and can not be had, in all of it or in some zones."""
    found = {r for size in sizes for r in _restrictions(size, region, stable_ids)}
    return tuple(sorted(found, key=lambda r: (r.machine_type, r.zone or "", r.reason)))


def _restrictions(size: Size, region: str, stable_ids: Mapping[str, str]) -> Iterator[Restriction]:
    machine_type = MachineType(size.name)
    for restriction in _mappings(size.sku.get("restrictions")):
        reason = str(restriction.get("reasonCode") or "unstated")
        where = _mapping(restriction.get("restrictionInfo"))
        if restriction.get("type") == "Zone":
            for zone in _known(where.get("zones"), stable_ids):
                yield Restriction(machine_type=machine_type, zone=zone, reason=reason)
        elif region in _lower(
            {*_texts(where.get("locations")), *_texts(restriction.get("values"))}
        ):
            yield Restriction(machine_type=machine_type, reason=reason)


def zones_of(size: Size, region: str, stable_ids: Mapping[str, str]) -> tuple[ZoneId, ...]:
    """The zones in which *size* is sold, sorted; none where it is not placed by zone.

    A zone that is restricted for this subscription is left out.
    """
    closed = {restriction.zone for restriction in _restrictions(size, region, stable_ids)}
    listed = {
        zone
        for info in _mappings(size.sku.get("locationInfo"))
        if str(info.get("location")).lower() == region and info.get("type") != EDGE_ZONE
        for zone in _known(info.get("zones"), stable_ids)
    }
    return tuple(sorted(listed - closed))


def quotas(
    usages: Iterable[Payload], sizes: Sequence[Size], region: RegionKey
) -> tuple[Quota, ...]:
    """The limits on *sizes*, in vCPUs: of each family, of all firm nodes, and of all spot nodes.

    Azure has one pool for spot nodes of all families (`lowPriorityCores`).
    """
    families = {plain(size.family): size.family for size in sizes}
    found: dict[str, Quota] = {}
    for usage in usages:
        name = str(_mapping(usage.get("name")).get("value") or "")
        limit, used = (_whole(usage.get(key)) for key in ("limit", "currentValue"))
        counted = _counted(name, families)
        if counted is None or limit is None:
            continue
        capacity_types, family = counted
        found[name] = Quota(
            name=name,
            provider=ProviderName(region.provider),
            region=region.region,
            capacity_types=capacity_types,
            family=family,
            unit=QuotaUnit.VCPUS,
            limit=limit,
            used=used,
            stated_by="azure",
        )
    return tuple(found[name] for name in sorted(found))


def _counted(
    name: str, families: Mapping[str, str]
) -> tuple[frozenset[CapacityType], str | None] | None:
    if name == "lowPriorityCores":
        return frozenset({CapacityType.SPOT}), None
    if name == "cores":
        return FIRM, None
    family = families.get(plain(name))
    return None if family is None else (FIRM, family)


def _whole(value: object) -> int | None:
    """A count that is told, or None; a negative one is no count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _mapping(value: object) -> Payload:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Payload]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _known(zones_: object, stable_ids: Mapping[str, str]) -> list[ZoneId]:
    return [ZoneId(stable_ids[zone]) for zone in _texts(zones_) if zone in stable_ids]
