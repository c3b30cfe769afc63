"""Distances between regions: milliseconds and dollars, known or not."""

from collections.abc import Iterable
from dataclasses import dataclass

from broker.domain.geography import Region, RegionKey
from broker.domain.ids import ProviderName
from broker.domain.money import Money
from broker.ports.atlas import Atlas

FREE = Money(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Regions with their law, round-trip times, and what moving and keeping data costs.

    *overhead_hourly* is per cluster and cloud: control plane, NAT and the like.
    """

    regions: dict[RegionKey, Region]
    round_trips_ms: dict[tuple[RegionKey, RegionKey], float]
    egress_per_gb: dict[tuple[RegionKey, RegionKey | None], Money]
    storage_per_gb_month: dict[ProviderName, Money]
    overhead_hourly: dict[ProviderName, Money]

    def round_trip_ms(self, a: RegionKey, b: RegionKey) -> float | None:
        """The measured time, 0 within a region, None where nobody measured."""
        return 0.0 if a == b else self.round_trips_ms.get((min(a, b), max(a, b)))

    def egress_price_per_gb(self, source: RegionKey, destination: RegionKey) -> Money | None:
        """List price of a GB moved, 0 within a region, None where no price is known."""
        if source == destination:
            return FREE
        inside = destination if source.provider == destination.provider else None
        return self.egress_per_gb.get((source, inside))


def network(atlas: Atlas) -> Network:
    """Index the tables of *atlas*."""
    return Network(
        regions={region.key: region for region in atlas.regions()},
        round_trips_ms={
            (min(trip.a, trip.b), max(trip.a, trip.b)): trip.milliseconds
            for trip in atlas.round_trips()
        },
        egress_per_gb={
            (price.source, price.destination): price.per_gb for price in atlas.egress_prices()
        },
        storage_per_gb_month={
            price.provider: price.per_gb_month for price in atlas.storage_prices()
        },
        overhead_hourly=_sum_by_provider(
            (overhead.provider, overhead.per_hour) for overhead in atlas.cluster_overheads()
        ),
    )


def _sum_by_provider(
    amounts: Iterable[tuple[ProviderName, Money]],
) -> dict[ProviderName, Money]:
    sums: dict[ProviderName, Money] = {}
    for provider, amount in amounts:
        sums[provider] = sums.get(provider, FREE) + amount
    return sums
