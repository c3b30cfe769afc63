"""What every stand-in of our own has: a port, what it sells where, and what goes wrong there."""

from collections.abc import Sequence

from broker.domain.offers import Offer
from providers.sandbox.faults import Fault, Faults, sown
from providers.sandbox.http_server import Answer, HttpServer
from providers.sandbox.stock import by_region


class Premises:
    """The offers of the cloud *name* by region, its faults, and the rights that were needed.

    *given* faults are in place whatever is sown; each answer comes after *latency_seconds*.
    """

    def __init__(self, name: str, given: Sequence[Fault], latency_seconds: float) -> None:
        self._name = name
        self._given = tuple(given)
        self._latency_seconds = latency_seconds
        self._server: HttpServer | None = None
        self.faults = Faults(self._given)
        self.offers: dict[str, list[Offer]] = {}
        self.asked: set[str] = set()

    @property
    def url(self) -> str:
        """Where it is reached, without a slash at the end; empty while it is closed."""
        return self._server.url if self._server else ""

    def open(self, offers: Sequence[Offer], answer: Answer, *, fault_seed: int | None) -> None:
        """Serve *offers* of this cloud by *answer* until `close`; nothing of before is left."""
        self.close()
        self.asked.clear()
        self.offers = by_region(offers, self._name)
        seeded = () if fault_seed is None else sown(self.offers, fault_seed)
        self.faults = Faults((*seeded, *self._given))
        self._server = HttpServer(answer, latency_seconds=self._latency_seconds)

    def close(self) -> None:
        """Close the port; a second time does nothing."""
        if self._server is not None:
            self._server.stop()
            self._server = None
