"""What is listed and can not be had: refused to this account, or known too long ago."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from broker.catalog.snapshot import Snapshot
from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.regions import Restriction


def restricted_offers(snapshot: Snapshot) -> dict[str, str]:
    """Offers by name that their cloud does not sell to this account, with the reason.

    A restriction of one zone leaves the offer of a whole region alone.
    """
    stated: dict[tuple[RegionKey, str], list[Restriction]] = defaultdict(list)
    for region, restriction in snapshot.restrictions:
        stated[region, restriction.machine_type].append(restriction)
    if not stated:
        return {}
    return {
        offer.name: f"the cloud does not sell it to this account: {reason}"
        for offer in snapshot.offers
        for reason in _reasons(offer, stated.get((offer.region, offer.machine_type), ()))
    }


def _reasons(offer: Offer, restrictions: Iterable[Restriction]) -> Iterator[str]:
    for restriction in restrictions:
        if restriction.zone in (None, offer.zone) and restriction.capacity_type in (
            None,
            offer.capacity_type,
        ):
            yield restriction.reason


def aged_offers(offers: Iterable[Offer], oldest: datetime) -> dict[str, str]:
    """Offers by name whose price is stated for an instant before *oldest*, with the reason."""
    return {
        offer.name: f"price is of {offer.fetched_at.date()}, older than allowed"
        for offer in offers
        if offer.price is not None and offer.fetched_at < oldest
    }
