"""The bundled tables of the world: regions and their law, distances, prices beside the nodes."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from importlib.resources.abc import Traversable

from broker.domain.accelerators import Accelerator
from broker.domain.geography import Region, RegionKey, RoundTrip
from broker.domain.ids import ProviderName
from broker.domain.money import Money
from broker.domain.network_prices import ClusterOverhead, EgressPrice, StoragePrice
from broker.ports.atlas import Atlas
from providers.listprices.bundle import Bundle, bundled, open_bundle
from providers.listprices.offers import accelerators


class ListPricesAtlas:
    """Facts of the bundled tables; *folder* takes the place of those."""

    def __init__(self, folder: Traversable | None = None) -> None:
        self._folder = bundled() if folder is None else folder

    def accelerators(self) -> Sequence[Accelerator]:
        """Every accelerator, sorted by model, variant and memory."""
        return sorted(accelerators(self._rows("accelerators")).values())

    def regions(self) -> Sequence[Region]:
        """Every region, those of closed partitions too, sorted by key."""
        regions = [
            Region(
                key=RegionKey(ProviderName(provider), region),
                name=name,
                country=country,
                jurisdictions=frozenset(jurisdictions.split()),
                partition=partition,
                latitude=float(latitude) if latitude else None,
                longitude=float(longitude) if longitude else None,
            )
            for (
                provider, region, name, country, jurisdictions, partition, latitude, longitude, _,
            ) in self._rows("regions")
        ]  # fmt: skip
        return sorted(regions, key=lambda region: region.key)

    def round_trips(self) -> Sequence[RoundTrip]:
        """The lesser time of both directions, sorted by the two regions."""
        trips = [
            RoundTrip(
                a=RegionKey.parse(a),
                b=RegionKey.parse(b),
                milliseconds=float(milliseconds),
                source=source,
            )
            for a, b, milliseconds, source in self._rows("round_trips")
        ]
        return sorted(trips, key=lambda trip: (trip.a, trip.b))

    def egress_prices(self) -> Sequence[EgressPrice]:
        """Prices inside each cloud, and one per region to anywhere outside of it.

        Where a cloud asks more for some places outside than for others, it is the highest price.
        """
        prices = [
            EgressPrice(
                source=RegionKey.parse(origin),
                destination=RegionKey.parse(destination) if destination else None,
                per_gb=Money.parse(per_gb),
                stated_by=source,
                as_of=date.fromisoformat(as_of),
            )
            for origin, destination, per_gb, source, as_of in self._rows("egress")
        ]
        return sorted(prices, key=lambda price: (price.source, str(price.destination or "")))

    def storage_prices(self) -> Sequence[StoragePrice]:
        """Standard object storage, one price per cloud."""
        prices = [
            StoragePrice(
                provider=ProviderName(provider),
                per_gb_month=Money.parse(per_gb_month),
                stated_by=source,
                as_of=date.fromisoformat(as_of),
            )
            for provider, per_gb_month, source, as_of in self._rows("storage")
        ]
        return sorted(prices, key=lambda price: price.provider)

    def cluster_overheads(self) -> Sequence[ClusterOverhead]:
        """Control planes and NAT gateways, sorted by cloud and item."""
        overheads = [
            ClusterOverhead(
                provider=ProviderName(provider),
                item=item,
                per_hour=Money.parse(per_hour),
                stated_by=source,
                as_of=date.fromisoformat(as_of),
            )
            for provider, item, per_hour, source, as_of in self._rows("overheads")
        ]
        return sorted(overheads, key=lambda overhead: (overhead.provider, overhead.item))

    @cached_property
    def _bundle(self) -> Bundle:
        return open_bundle(self._folder)

    def _rows(self, table: str) -> list[list[str]]:
        return self._bundle.rows(table)


_: type[Atlas] = ListPricesAtlas
