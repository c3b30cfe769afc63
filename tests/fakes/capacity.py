"""A seller of accelerators that offers what a test gives it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from threading import Event

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, CatalogInvalid
from broker.domain.geography import RegionKey
from broker.domain.history import PriceChange
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider


class FakeCapacity:
    """Answers with *offers*; a region of *failures* ends in that status.

    *asked_at* is the instant of asking. A *damaged* one raises CatalogInvalid at every question. It
    tells of the *past* what a test gives it.
    """

    def __init__(
        self,
        offers: Iterable[Offer] = (),
        *,
        failures: dict[RegionKey, RegionStatus] | None = None,
        asked_at: datetime = datetime(2026, 11, 22, tzinfo=UTC),
        damaged: bool = False,
        past: Iterable[PriceChange] = (),
    ) -> None:
        self._past = tuple(past)
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
            past=tuple(c for c in self._past if c.offer.startswith(f"{region}/")),
        )

    def _refuse_if_damaged(self) -> None:
        if self._damaged:
            raise CatalogInvalid(
                Diagnostic(code="catalog-damaged", subject="fake", summary="the fake is damaged")
            )


class OddCapacity(FakeCapacity):
    """One that hangs in the regions of *hangs* until *released*, and has a bug in those of *bugs*.

    Where *listing* is an error, it does not even say which regions it has.
    """

    def __init__(
        self,
        offers: Iterable[Offer] = (),
        *,
        hangs: Iterable[RegionKey] = (),
        bugs: Iterable[RegionKey] = (),
        listing: BrokerError | None = None,
    ) -> None:
        super().__init__(offers)
        self._hangs, self._bugs, self._listing = set(hangs), set(bugs), listing
        self.released = Event()

    def regions(self) -> Sequence[RegionKey]:
        """Those that hang and those with a bug too."""
        if self._listing is not None:
            raise self._listing
        return sorted({*super().regions(), *self._hangs, *self._bugs})

    def discover(self, region: RegionKey) -> RegionResult:
        """Hang, fail or answer."""
        if region in self._hangs:
            self.released.wait()
        if region in self._bugs:
            message = "the token is sk-secret"
            raise KeyError(message)
        return super().discover(region)


_: type[CapacityProvider] = FakeCapacity
