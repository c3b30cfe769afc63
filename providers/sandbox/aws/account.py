"""The market as one account sees it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

from providers.sandbox.aws.market import Market
from providers.sandbox.aws.price_list import price_list
from providers.sandbox.faults import FaultKind, Faults
from providers.sandbox.stock import Reserved

LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
"""Of when the prices of a stale region are."""


class SandboxAccount:
    """A market as one account sees it; *faults* say which regions it may use.

    All prices were *published_at* one instant, but those of stale regions. It has what is
    *reserved*.
    """

    def __init__(
        self,
        market: Market,
        faults: Faults,
        published_at: datetime,
        reserved: Sequence[Reserved] = (),
    ) -> None:
        self.market = market
        self.faults = faults
        self.reserved = tuple(reserved)
        self._published_at = published_at

    @cached_property
    def price_list(self) -> list[tuple[Mapping[str, str], str]]:
        """The attributes and the text of each item of the price list of all regions."""
        return [
            (item["product"]["attributes"], json.dumps(item))
            for name, region in self.market.regions.items()
            for item in price_list(region, LONG_AGO if self.is_stale(name) else self._published_at)
        ]

    def is_stale(self, region: str) -> bool:
        """Whether what *region* tells is long past."""
        return self.faults.lasting(region) is FaultKind.STALE

    def opted_in(self, region: str) -> bool:
        """Whether the account can use *region* at all."""
        gone = (FaultKind.NOT_OPTED_IN, FaultKind.VANISHED)
        return region in self.market.regions and self.faults.lasting(region) not in gone
