"""What a stand-in sells: the offers of its own cloud among all that it is given."""

from collections.abc import Iterable

from broker.domain.offers import Offer


def by_region(offers: Iterable[Offer], provider: str) -> dict[str, list[Offer]]:
    """The offers of *provider* by the name of their region, sorted by theirs."""
    found: dict[str, list[Offer]] = {}
    for offer in sorted(offers, key=lambda offer: offer.name):
        if offer.region.provider == provider:
            found.setdefault(offer.region.region, []).append(offer)
    return found
