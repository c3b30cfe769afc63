"""What the stand-in for AWS sells where: the offers it was given, and moto's zones around them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from string import ascii_lowercase

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

from broker.domain.geography import ZoneKind
from broker.domain.offers import CapacityType, Offer
from providers.sandbox.aws.machine_types import is_accelerated, machine_type_payloads
from providers.sandbox.stock import by_region

ORDINARY = ("c7g.xlarge", "m7i.large", "t3.medium")
"""Machine types without an accelerator that are listed too, so that an adapter has to tell."""

OPT_IN_NOT_REQUIRED = frozenset(RegionsAndZonesBackend.regions_opt_in_not_required)

LOCAL_ZONE_ID = re.compile(r"^\w+?\d-(?P<city>[a-z]{3})(?P<site>\d+)-az(?P<number>\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One zone; *group* is its border group, which for an ordinary zone is the region's."""

    id: str
    name: str
    group: str
    kind: ZoneKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionMarket:
    """What one region sells: zones, the zones of each machine type, and the offers behind."""

    region: str
    zones: tuple[Zone, ...]
    sold_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()

    def zone(self, zone_id: str) -> Zone:
        """The zone of that id."""
        return next(zone for zone in self.zones if zone.id == zone_id)

    def of(self, capacity_type: CapacityType) -> list[Offer]:
        """The offers of one capacity type."""
        return [offer for offer in self.offers if offer.capacity_type is capacity_type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """All regions by name, and the hardware of every machine type sold anywhere."""

    regions: Mapping[str, RegionMarket]
    machine_types: Mapping[str, Mapping[str, object]]


def market(offers: Iterable[Offer]) -> Market:
    """The market of the AWS offers among *offers*."""
    groups = by_region(offers, "aws")
    regions = {name: _region(name, group) for name, group in sorted(groups.items())}
    every = [offer for group in groups.values() for offer in group]
    sold = {machine_type for region in regions.values() for machine_type in region.sold_in}
    return Market(regions=regions, machine_types=machine_type_payloads(sold, every))


def _region(name: str, offers: list[Offer]) -> RegionMarket:
    named = {str(o.zone): o.zone_kind for o in offers if o.zone}
    zones = _zones(name, named)
    ordinary = tuple(z.id for z in zones if z.kind is ZoneKind.AVAILABILITY_ZONE)
    sold_in: dict[str, set[str]] = defaultdict(set)
    for row in INSTANCE_TYPE_OFFERINGS["availability-zone-id"].get(name, ()):
        if is_accelerated(row["InstanceType"]) or row["InstanceType"] in ORDINARY:
            sold_in[row["InstanceType"]].add(row["Location"])
    for offer in offers:
        sold_in[offer.machine_type] |= {str(offer.zone)} if offer.zone else set()
    return RegionMarket(
        region=name,
        zones=zones,
        sold_in={
            machine_type: tuple(sorted(found)) or ordinary
            for machine_type, found in sorted(sold_in.items())
        },
        offers=tuple(sorted(offers, key=lambda offer: offer.name)),
    )


def _zones(region: str, named: Mapping[str, ZoneKind]) -> tuple[Zone, ...]:
    """The zones that moto knows, and those that offers name; a name for each is made up."""
    known = {zone.zone_id: zone.name for zone in RegionsAndZonesBackend.zones.get(region, ())}
    letters = (c for c in ascii_lowercase if f"{region}{c}" not in known.values())
    zones = []
    for zone_id in sorted({*known, *named}):
        kind = named.get(zone_id, ZoneKind.AVAILABILITY_ZONE)
        local = LOCAL_ZONE_ID.match(zone_id)
        if local:
            group = f"{region}-{local['city']}-{local['site']}"
            letter = ascii_lowercase[int(local["number"]) - 1]
            zones.append(Zone(id=zone_id, name=f"{group}{letter}", group=group, kind=kind))
        else:
            name = known.get(zone_id) or f"{region}{next(letters)}"
            zones.append(Zone(id=zone_id, name=name, group=region, kind=kind))
    return tuple(zones)
