"""List prices as a provider like any other: what the three clouds publish, on dated days."""

from collections.abc import Sequence
from functools import cached_property
from importlib.resources.abc import Traversable

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider, Connect, Connection
from providers.listprices.bundle import Bundle, bundled, open_bundle
from providers.listprices.offers import accelerators, hardware, offers


class ListPrices:
    """Offers of the bundled tables; *folder* takes the place of those.

    Nobody is asked: where a region has no offers, the instant of asking is that of the tables.
    The tables are read at the first question and kept.
    """

    def __init__(self, folder: Traversable | None = None) -> None:
        self._folder = bundled() if folder is None else folder

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        return "listprices"

    def regions(self) -> Sequence[RegionKey]:
        """The regions with a list price, sorted; those of closed partitions (US government) too."""
        return tuple(sorted(self._by_region))

    def discover(self, region: RegionKey) -> RegionResult:
        """All offers of *region*, sorted by name; ERROR for a region without any list price."""
        found = self._by_region.get(region, ())
        return RegionResult(
            region=region,
            status=RegionStatus.OK if found else RegionStatus.ERROR,
            offers=found,
            fetched_at=min((o.fetched_at for o in found), default=self._bundle.as_of),
            source=self.name,
        )

    @cached_property
    def _bundle(self) -> Bundle:
        return open_bundle(self._folder)

    @cached_property
    def _by_region(self) -> dict[RegionKey, tuple[Offer, ...]]:
        types = hardware(
            self._bundle.rows("machine_types"), accelerators(self._bundle.rows("accelerators"))
        )
        grouped: dict[RegionKey, list[Offer]] = {}
        for offer in offers(self._bundle.rows("offers"), types):
            grouped.setdefault(offer.region, []).append(offer)
        return {
            region: tuple(sorted(group, key=lambda offer: offer.name))
            for region, group in grouped.items()
        }


_: type[CapacityProvider] = ListPrices


def connect(connection: Connection) -> ListPrices:
    """The bundled tables, whatever the *connection*: there is nobody to reach."""
    return ListPrices()


_connect: Connect = connect
