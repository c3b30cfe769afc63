"""The market as one account sees it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from providers.sandbox.aws.market import Market
from providers.sandbox.aws.price_list import price_list
from providers.sandbox.faults import FaultKind, Faults

LONG_AGO = timedelta(days=90)


class SandboxAccount:
    """A market as one account sees it; *faults* say which regions it may use."""

    def __init__(self, market: Market, faults: Faults) -> None:
        self.market = market
        self.faults = faults

    @cached_property
    def price_list(self) -> list[tuple[Mapping[str, str], str]]:
        """The attributes and the text of each item of the price list of all regions."""
        return [
            (item["product"]["attributes"], json.dumps(_dated(item, self.faults.lasting(name))))
            for name, region in self.market.regions.items()
            for item in price_list(region)
        ]

    def opted_in(self, region: str) -> bool:
        """Whether the account can use *region* at all."""
        gone = (FaultKind.NOT_OPTED_IN, FaultKind.VANISHED)
        return region in self.market.regions and self.faults.lasting(region) not in gone


def _dated(item: dict[str, Any], fault: FaultKind | None) -> dict[str, Any]:
    if fault is not FaultKind.STALE:
        return item
    published = datetime.fromisoformat(item["publicationDate"]) - LONG_AGO
    return {**item, "publicationDate": published.strftime("%Y-%m-%dT%H:%M:%SZ")}
