"""The bundled catalog, read once for all tests of it."""

from collections.abc import Callable

import pytest

from broker.domain.geography import Region, RegionKey
from broker.domain.offers import CapacityType, Offer
from providers.listprices.adapter import ListPrices
from providers.listprices.atlas import ListPricesAtlas
from providers.listprices.bundle import bundled, open_bundle

Find = Callable[..., list[Offer]]


@pytest.fixture(scope="session")
def catalog() -> list[Offer]:
    """Every offer, those of closed partitions too."""
    provider = ListPrices()
    regions = {
        RegionKey.parse(f"{row[0]}/{row[1]}") for row in open_bundle(bundled()).rows("offers")
    }
    return [offer for key in sorted(regions) for offer in provider.discover(key).offers]


@pytest.fixture(scope="session")
def regions() -> dict[str, Region]:
    """Every region by its key's text."""
    return {str(region.key): region for region in ListPricesAtlas().regions()}


@pytest.fixture(scope="session")
def find(catalog: list[Offer]) -> Find:
    """Offers by machine type, and by region, zone or capacity type where given."""

    def offers(
        machine_type: str,
        region: str | None = None,
        zone: str | None = None,
        capacity_type: CapacityType | None = None,
    ) -> list[Offer]:
        return [
            offer
            for offer in catalog
            if offer.machine_type == machine_type
            and region in (None, str(offer.region))
            and zone in (None, offer.zone)
            and capacity_type in (None, offer.capacity_type)
        ]

    return offers
