"""A seller of accelerators that offers what a test gives it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CatalogInvalid
from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider


class FakeCapacity:
    """Answers with *offers*; a region of *failures* ends in that status.

    *asked_at* is the instant of asking. A *damaged* one raises CatalogInvalid at every question.
    """

    def __init__(
        self,
        offers: Iterable[Offer] = (),
        *,
        failures: dict[RegionKey, RegionStatus] | None = None,
        asked_at: datetime = datetime(2026, 11, 22, tzinfo=UTC),
        damaged: bool = False,
    ) -> None:
        self._offers = sorted(offers, key=lambda offer: offer.name)
        self._failures = failures or {}
        self._asked_at = asked_at
        self._damaged = damaged

    @property
    def name(self) -> str:
        """As it appears in coverage and messages."""
        return "fake"

    def regions(self) -> Sequence[RegionKey]:
        """Every region that has an offer or a failure."""
        self._refuse_if_damaged()
        return sorted({offer.region for offer in self._offers} | set(self._failures))

    def discover(self, region: RegionKey) -> RegionResult:
        """What the test gave for *region*."""
        self._refuse_if_damaged()
        failure = self._failures.get(region)
        offers = () if failure else tuple(o for o in self._offers if o.region == region)
        return RegionResult(
            region=region,
            status=failure or (RegionStatus.OK if offers else RegionStatus.ERROR),
            offers=offers,
            fetched_at=min((offer.fetched_at for offer in offers), default=self._asked_at),
            source=self.name,
        )

    def _refuse_if_damaged(self) -> None:
        if self._damaged:
            raise CatalogInvalid(
                Diagnostic(code="catalog-damaged", subject="fake", summary="the fake is damaged")
            )


_: type[CapacityProvider] = FakeCapacity
