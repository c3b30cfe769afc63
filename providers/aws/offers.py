"""What one region sells: payloads of EC2 and the price list into offers. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.history import PriceChange
from broker.domain.ids import MachineType, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer, Window
from providers.aws.amounts import dollars
from providers.aws.hardware import Hardware
from providers.aws.price_list import ON_DEMAND, TERMS, ListedPrice, Product

Payload = Mapping[str, Any]

SPOT_PRICES = "EC2 spot price history"
BLOCKS = "EC2 capacity block offerings"

SECONDS_PER_HOUR = 3600

ZONE_KINDS = {
    "availability-zone": ZoneKind.AVAILABILITY_ZONE,
    "local-zone": ZoneKind.LOCAL_ZONE,
    "wavelength-zone": ZoneKind.WAVELENGTH_ZONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsZone:
    """A zone under both of its names; *group* is the one of zones that are opted into together.

    For a zone that is not ordinary, it is also the name by which the price list knows the place.
    """

    id: ZoneId
    name: str
    kind: ZoneKind
    group: str
    opted_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionMarket:
    """What was read of *region*, as of *asked_at*; *sold_in* has the zones of each machine type."""

    region: RegionKey
    asked_at: datetime
    zones: Mapping[ZoneId, AwsZone]
    sold_in: Mapping[str, tuple[ZoneId, ...]]
    hardware: Mapping[str, Hardware]

    def places(self) -> list[str]:
        """Where something has a price of its own: the region, and zones that are not ordinary."""
        apart = {z.group for z in self.zones.values() if z.kind is not ZoneKind.AVAILABILITY_ZONE}
        return [self.region.region, *sorted(apart)]

    def named(self, name: str) -> ZoneId | None:
        """The id of the zone that this account calls *name*."""
        return next((zone.id for zone in self.zones.values() if zone.name == name), None)


def zones(rows: Iterable[Payload]) -> dict[ZoneId, AwsZone]:
    """The zones by id; a kind that is not known is an edge zone."""
    return {
        zone.id: zone
        for zone in (
            AwsZone(
                id=ZoneId(row["ZoneId"]),
                name=row["ZoneName"],
                kind=ZONE_KINDS.get(row.get("ZoneType", "availability-zone"), ZoneKind.EDGE_ZONE),
                group=row.get("GroupName", row.get("RegionName", "")),
                opted_in=row.get("OptInStatus") != "not-opted-in",
            )
            for row in rows
        )
    }


def sold_in(rows: Iterable[Payload]) -> dict[str, tuple[ZoneId, ...]]:
    """The zones of each machine type, from offerings by zone id."""
    found: dict[str, set[ZoneId]] = defaultdict(set)
    for row in rows:
        found[row["InstanceType"]].add(ZoneId(row["Location"]))
    return {name: tuple(sorted(ids)) for name, ids in sorted(found.items())}


def listed_offers(market: RegionMarket, prices: Mapping[Product, ListedPrice]) -> Iterator[Offer]:
    """On demand and reserved: once for the ordinary zones together, and for each other zone.

    A machine type without a price in the list has an on-demand offer of unknown price.
    """
    for hardware, place, zone, ids in _by_place(market):
        unknown = ListedPrice(None, market.asked_at)
        for months in (ON_DEMAND, *TERMS.values()):
            product = Product(hardware.machine_type, place, months)
            if months != ON_DEMAND and product not in prices:
                continue
            if months == ON_DEMAND and CapacityType.ON_DEMAND not in hardware.sold_as:
                continue
            listed = prices.get(product, unknown)
            yield _offer(
                market,
                hardware,
                zone=zone,
                zones=ids,
                capacity_type=CapacityType.RESERVED if months else CapacityType.ON_DEMAND,
                term_months=months or None,
                price=listed.price,
                fetched_at=min(listed.published_at, market.asked_at),
                source=listed.source,
            )


def spot_offers(market: RegionMarket, rows: Iterable[Payload]) -> Iterator[Offer]:
    """One for each zone in which a machine type is sold as spot, whether it has a price or not.

    Of several prices the latest counts. It is of the instant of asking: the history tells when a
    price began, and it holds until the next one.
    """
    latest: dict[tuple[str, ZoneId], tuple[datetime, Money | None]] = {}
    for name, zone, at, price in _spot_prices(market, rows):
        if (name, zone) not in latest or latest[name, zone][0] < at:
            latest[name, zone] = at, price
    for name, hardware in market.hardware.items():
        if CapacityType.SPOT in hardware.sold_as:
            for zone in market.sold_in[name]:
                _, price = latest.get((name, zone), (market.asked_at, None))
                yield _spot_offer(market, hardware, zone, price)


def spot_changes(market: RegionMarket, rows: Iterable[Payload]) -> tuple[PriceChange, ...]:
    """When each spot price began, as far back as the cloud was asked; by offer and time."""
    changes = {
        PriceChange(
            offer=_spot_offer(market, market.hardware[name], zone, None).name, at=at, price=price
        )
        for name, zone, at, price in _spot_prices(market, rows)
        if name in market.hardware and zone in market.sold_in[name]
    }
    return tuple(sorted(changes, key=lambda change: (change.offer, change.at, str(change.price))))


def _spot_prices(
    market: RegionMarket, rows: Iterable[Payload]
) -> Iterator[tuple[str, ZoneId, datetime, Money | None]]:
    """Machine type, zone, instant and price of each row, but those of zones that are not there."""
    for row in rows:
        told = row.get("AvailabilityZoneId")
        zone = ZoneId(told) if told else market.named(row["AvailabilityZone"])
        if zone is not None:
            at = row["Timestamp"].astimezone(UTC)
            yield row["InstanceType"], zone, at, dollars(row["SpotPrice"])


def _spot_offer(
    market: RegionMarket, hardware: Hardware, zone: ZoneId, price: Money | None
) -> Offer:
    return _offer(
        market,
        hardware,
        zone=zone,
        capacity_type=CapacityType.SPOT,
        price=price,
        source=SPOT_PRICES,
    )


def block_offers(market: RegionMarket, rows: Iterable[Payload]) -> Iterator[Offer]:
    """Capacity blocks, the fee of the whole block divided by its nodes and hours.

    Of two for the same nodes and hours the cheaper one is taken. A machine type that is sold in
    blocks only, and of which there are none now, has an offer without window and price.
    """
    cheapest: dict[str, Offer] = {}
    for row in rows:
        offer = _block(market, row)
        if offer is None:
            continue
        before = cheapest.setdefault(offer.name, offer)
        if offer.price and (before.price is None or offer.price < before.price):
            cheapest[offer.name] = offer
    yield from cheapest.values()
    to_be_had = {offer.machine_type for offer in cheapest.values()}
    for hardware, _, zone, ids in _by_place(market):
        only = hardware.sold_as == {CapacityType.CAPACITY_BLOCK}
        if only and hardware.machine_type not in to_be_had:
            yield _offer(
                market,
                hardware,
                zone=zone,
                zones=ids,
                capacity_type=CapacityType.CAPACITY_BLOCK,
                price=None,
                source=BLOCKS,
            )


def _block(market: RegionMarket, row: Payload) -> Offer | None:
    """The offer of a block; None for one of nobody's zone, or without hours."""
    hardware = market.hardware.get(row.get("InstanceType", ""))
    zone = market.named(row["AvailabilityZone"])
    window = Window(row["StartDate"].astimezone(UTC), row["EndDate"].astimezone(UTC))
    seconds = int((window.ends_at - window.starts_at).total_seconds())
    nodes = int(row["InstanceCount"])
    if hardware is None or zone is None or seconds <= 0 or nodes <= 0:
        return None
    fee = dollars(row["UpfrontFee"]) if row.get("CurrencyCode", "USD") == "USD" else None
    return _offer(
        market,
        hardware,
        zone=zone,
        capacity_type=CapacityType.CAPACITY_BLOCK,
        window=window,
        price=fee and fee / Fraction(nodes * seconds, SECONDS_PER_HOUR),
        source=BLOCKS,
    )


def _by_place(
    market: RegionMarket,
) -> Iterator[tuple[Hardware, str, ZoneId | None, tuple[ZoneId, ...]]]:
    """Each machine type with each place in which it has a price of its own.

    The place under which the price list has it, the zone if the place is a single one, and the
    zones if it is the region.
    """
    for name, hardware in sorted(market.hardware.items()):
        known = [market.zones[zone] for zone in market.sold_in[name] if zone in market.zones]
        ordinary = tuple(z.id for z in known if z.kind is ZoneKind.AVAILABILITY_ZONE)
        if ordinary or not known:
            yield hardware, market.region.region, None, ordinary
        for zone in known:
            if zone.kind is not ZoneKind.AVAILABILITY_ZONE:
                yield hardware, zone.group, zone.id, ()


def _offer(
    market: RegionMarket, hardware: Hardware, *, zone: ZoneId | None, source: str, **facts: Any
) -> Offer:
    known = market.zones.get(zone) if zone else None
    kind = known.kind if known else ZoneKind.AVAILABILITY_ZONE
    return Offer(
        region=market.region,
        zone=zone,
        zone_kind=kind,
        machine_type=MachineType(hardware.machine_type),
        family=hardware.family,
        accelerator=hardware.accelerator,
        count=hardware.count,
        vcpus=hardware.vcpus,
        memory_mib=hardware.memory_mib,
        network_gbps=hardware.network_gbps,
        source=source,
        **{"fetched_at": market.asked_at, **facts},
    )
