"""What the broker asks of a seller of accelerators."""

from collections.abc import Sequence
from typing import Protocol

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult


class CapacityProvider(Protocol):
    """One source of offers; an SDK's own exception never leaves it."""

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        ...

    def regions(self) -> Sequence[RegionKey]:
        """Every region it can be asked about, sorted. Raises CatalogInvalid for damaged data."""
        ...

    def discover(self, region: RegionKey) -> RegionResult:
        """All accelerator offers of *region*, sorted by name, in exactly one status.

        Nothing that the cloud lists is left out: a machine type without a price is an offer with
        price None. A region it does not know has status ERROR and no offers. Raises
        CatalogInvalid for damaged data.
        """
        ...
