"""A market of any size: the bundled catalog, repeated as further regions at other prices.

Tile 0 is the catalog. In tile n, region `us-east-1` is `us-east-1-tn`: under the same law, as far
from everywhere, with the same prices of traffic, and with each price of an offer changed by up to
20 % in steps of 0.01 %, by a hash of the tile and the offer's name.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import count, islice

from broker.catalog.network import Network
from broker.catalog.snapshot import Snapshot
from broker.domain.geography import Region, RegionKey
from broker.domain.ids import ZoneId
from broker.domain.money import Money
from broker.domain.offers import Offer

TILE = re.compile(r"-t\d+$")
STEPS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class TiledNetwork(Network):
    """Distances of a tile's region are those of the region it repeats."""

    def round_trip_ms(self, a: RegionKey, b: RegionKey) -> float | None:
        """As between the originals."""
        return Network.round_trip_ms(self, _original(a), _original(b))

    def egress_price_per_gb(self, source: RegionKey, destination: RegionKey) -> Money | None:
        """As between the originals, and free within a region only."""
        return Network.egress_price_per_gb(self, _original(source), _original(destination))


@cache
def _original(key: RegionKey) -> RegionKey:
    return RegionKey(key.provider, TILE.sub("", key.region))


def tiled(snapshot: Snapshot, size: int) -> Snapshot:
    """A snapshot of *size* offers."""
    offers = tuple(islice(_offers(snapshot), size))
    regions = {offer.region: _region(snapshot.network, offer.region) for offer in offers}
    network = snapshot.network
    return Snapshot(
        offers=tuple(sorted(offers, key=lambda offer: offer.name)),
        coverage=(),
        network=TiledNetwork(
            regions={**network.regions, **regions},
            round_trips_ms=network.round_trips_ms,
            egress_per_gb=network.egress_per_gb,
            storage_per_gb_month=network.storage_per_gb_month,
            overhead_hourly=network.overhead_hourly,
        ),
    )


def _offers(snapshot: Snapshot) -> Iterator[Offer]:
    yield from snapshot.offers
    for tile in count(1):
        for offer in snapshot.offers:
            yield _copy(offer, tile)


def _copy(offer: Offer, tile: int) -> Offer:
    price = offer.price
    return replace(
        offer,
        region=RegionKey(offer.region.provider, f"{offer.region.region}-t{tile}"),
        zone=ZoneId(f"{offer.zone}-t{tile}") if offer.zone else None,
        price=None if price is None else price * _factor(f"{tile}:{offer.name}"),
    )


def _factor(text: str) -> Fraction:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    return 1 + Fraction(number % (2 * STEPS + 1) - STEPS, 10_000)


def _region(network: Network, key: RegionKey) -> Region:
    return replace(network.regions[_original(key)], key=key)
