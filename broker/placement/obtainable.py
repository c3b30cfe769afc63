"""What is listed and can not be had: refused to this account, or known too long ago."""

from collections.abc import Iterable
from datetime import datetime

from broker.catalog.snapshot import Snapshot
from broker.catalog.standing import standings
from broker.domain.offers import Offer


def restricted_offers(snapshot: Snapshot) -> dict[str, str]:
    """Offers by name that their cloud does not sell to this account, with the reason.

    A restriction of one zone leaves the offer of a whole region alone.
    """
    if not snapshot.restrictions:
        return {}
    return {
        name: f"the cloud does not sell it to this account: {standing.refused}"
        for name, standing in standings(snapshot, snapshot.offers).items()
        if standing.refused is not None
    }


def aged_offers(offers: Iterable[Offer], oldest: datetime) -> dict[str, str]:
    """Offers by name whose price is stated for an instant before *oldest*, with the reason."""
    return {
        offer.name: f"price is of {offer.fetched_at.date()}, older than allowed"
        for offer in offers
        if offer.price is not None and offer.fetched_at < oldest
    }
