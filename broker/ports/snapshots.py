"""Where what the clouds said is kept, between one refresh and the next."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from broker.domain.diagnostics import Diagnostic
from broker.domain.history import PriceChange
from broker.domain.money import Money
from broker.domain.regions import RegionResult


class SnapshotStore(Protocol):
    """The last answer of each region, and every price it ever had."""

    def results(self) -> Sequence[RegionResult]:
        """What is kept of each region, sorted by region and source; empty before the first refresh.

        A region whose last answer failed has the status of that answer and what is kept of the one
        before. Raises CatalogInvalid for damaged data, or data of another version.
        """
        ...

    def keep(
        self, results: Sequence[RegionResult], changes: Sequence[PriceChange], *, at: datetime
    ) -> None:
        """Put *results* in the place of all that is kept, and *changes* into the history.

        Either all of it is done or nothing. Raises Unwritable, and CatalogInvalid.
        """
        ...

    def price(self, offer: str) -> Money | None:
        """The last known price of the offer of that name, in constant time."""
        ...

    def findings(self, code: str) -> Sequence[Diagnostic]:
        """What was found under *code* in the answers that are kept, by region; no offer is read.

        Raises CatalogInvalid for damaged data.
        """
        ...

    def refreshed_at(self) -> datetime | None:
        """When something was kept last; None before the first refresh."""
        ...

    def history(self, offers: Collection[str]) -> Sequence[PriceChange]:
        """All changes of the offers of those names, by offer and time. Raises CatalogInvalid."""
        ...
