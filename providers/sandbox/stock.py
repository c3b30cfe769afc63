"""What a stand-in sells: the offers of its own cloud among all that it is given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """Nodes in a *zone* (by the cloud's own name of it) that the account has, *used* or not.

    What *ends* was sold as a capacity block, where the cloud has them.
    """

    name: str
    region: RegionKey
    zone: str
    machine_type: str
    nodes: int
    used: int = 0
    ends: datetime | None = None


def by_region(offers: Iterable[Offer], provider: str) -> dict[str, list[Offer]]:
    """The offers of *provider* by the name of their region, sorted by theirs."""
    found: dict[str, list[Offer]] = {}
    for offer in sorted(offers, key=lambda offer: offer.name):
        if offer.region.provider == provider:
            found.setdefault(offer.region.region, []).append(offer)
    return found
