"""Sandbox clouds for tests: the bundled list prices, served on this computer for as long as used."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.ports.capacity import Connection
from broker.ports.sandbox import SandboxCloud
from broker.storage.clock import StoppedClock
from providers.calls.effort import Patience
from providers.listprices.adapter import ListPrices
from providers.sandbox.http_server import HttpServer, Reply, Request

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)

Alter = Callable[[Request, Reply], Reply]
"""What is answered in place of what a cloud would reply."""

CONNECTION = Connection(clock=StoppedClock(NOW))

HASTY = Patience(
    seconds=2, retries=3, pause_seconds=0.01, longest_pause_seconds=0.05, silence_seconds=0.3
)
"""Enough to overcome what passes, and soon at an end where it does not: where something hangs."""

STEADY = Patience(
    seconds=60, retries=3, pause_seconds=0.01, longest_pause_seconds=0.05, silence_seconds=20
)
"""The same where nothing hangs, however busy the computer is."""


@cache
def list_prices(provider: str) -> tuple[Offer, ...]:
    """Every bundled offer of the cloud *provider*."""
    listed = ListPrices()
    regions = [region for region in listed.regions() if region.provider == provider]
    return tuple(offer for region in regions for offer in listed.discover(region).offers)


def of_region(offers: tuple[Offer, ...], region: str) -> tuple[Offer, ...]:
    """Those of *offers* in *region* (`azure/eastus`)."""
    return tuple(offer for offer in offers if offer.region == RegionKey.parse(region))


@contextmanager
def serving(cloud: SandboxCloud, offers: tuple[Offer, ...]) -> Iterator[Mapping[str, str]]:
    """The environment in which the adapter finds *cloud*, which serves *offers* meanwhile."""
    environment = cloud.start(offers)
    try:
        yield environment
    finally:
        cloud.stop()


class Answering(SandboxCloud, Protocol):
    """A cloud that can be asked without its own server."""

    def answer(self, request: Request) -> Reply:
        """What it replies."""
        ...


@contextmanager
def altered(
    cloud: Answering, offers: tuple[Offer, ...], endpoint: str, alter: Alter
) -> Iterator[Mapping[str, str]]:
    """As `serving`, but what the variable *endpoint* leads to says what *alter* makes of the replies."""
    environment = dict(cloud.start(offers))
    server = HttpServer(lambda request: alter(request, cloud.answer(request)))
    environment[endpoint] = server.url
    try:
        yield environment
    finally:
        server.stop()
        cloud.stop()
