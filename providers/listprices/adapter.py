"""List prices as a provider like any other: what the three clouds publish, on dated days."""

from collections.abc import Sequence
from importlib.resources.abc import Traversable

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider
from providers.listprices.bundle import Bundle, bundled, open_bundle
from providers.listprices.offers import accelerators, hardware, offers


class ListPrices:
    """Offers of the bundled tables; *folder* takes the place of those.

    Nobody is asked: where a region has no offers, the instant of asking is that of the tables.
    The tables are read at the first question and kept.
    """

    def __init__(self, folder: Traversable | None = None) -> None:
        self._folder = bundled() if folder is None else folder
        self._bundle: Bundle | None = None
        self._by_region: dict[RegionKey, tuple[Offer, ...]] | None = None

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        return "listprices"

    def regions(self) -> Sequence[RegionKey]:
        """The regions with a list price that are open to everyone, sorted.

        A region of a closed partition (US government) answers `discover` when it is named, but
        is not part of "all regions".
        """
        closed = {
            (provider, region)
            for provider, region, _, _, _, partition, _, _, _ in self._open().rows("regions")
            if partition != "commercial"
        }
        return sorted(key for key in self._offers() if (key.provider, key.region) not in closed)

    def discover(self, region: RegionKey) -> RegionResult:
        """All offers of *region*, sorted by name; ERROR for a region without any list price."""
        found = self._offers().get(region, ())
        return RegionResult(
            region=region,
            status=RegionStatus.OK if found else RegionStatus.ERROR,
            offers=found,
            fetched_at=min((o.fetched_at for o in found), default=self._open().as_of),
            source=self.name,
        )

    def _open(self) -> Bundle:
        if self._bundle is None:
            self._bundle = open_bundle(self._folder)
        return self._bundle

    def _offers(self) -> dict[RegionKey, tuple[Offer, ...]]:
        if self._by_region is None:
            bundle = self._open()
            types = hardware(
                bundle.rows("machine_types"), accelerators(bundle.rows("accelerators"))
            )
            grouped: dict[RegionKey, list[Offer]] = {}
            for offer in offers(bundle.rows("offers"), types):
                grouped.setdefault(offer.region, []).append(offer)
            self._by_region = {
                region: tuple(sorted(group, key=lambda offer: offer.name))
                for region, group in grouped.items()
            }
        return self._by_region


_: type[CapacityProvider] = ListPrices
