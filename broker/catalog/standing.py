"""What a cloud says of an offer beside its price: that it is refused, or how likely it can be had."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from broker.catalog.snapshot import Snapshot
from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.regions import CapacityScore, Restriction

T = TypeVar("T", Restriction, CapacityScore)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """*refused* is the cloud's word for why this account can not buy it; *score* is 1 to 10.

    None is that the cloud says nothing. A score is about few nodes and this moment, no promise.
    """

    refused: str | None = None
    score: int | None = None


UNTOLD = Standing()


def standings(snapshot: Snapshot, offers: Iterable[Offer]) -> dict[str, Standing]:
    """By name, those of *offers* of which a cloud says anything.

    A restriction or a score of one zone says nothing of an offer of the whole region.
    """
    restrictions = _by_type(snapshot.restrictions)
    scores = _by_type(snapshot.scores)
    if not restrictions and not scores:
        return {}
    found = {}
    for offer in offers:
        key = (offer.region, offer.machine_type)
        refused = next((r.reason for r in restrictions.get(key, ()) if _is_about(r, offer)), None)
        score = max((s.score for s in scores.get(key, ()) if _is_about(s, offer)), default=None)
        if refused is not None or score is not None:
            found[offer.name] = Standing(refused=refused, score=score)
    return found


def _by_type(told: Iterable[tuple[RegionKey, T]]) -> Mapping[tuple[RegionKey, str], list[T]]:
    found: dict[tuple[RegionKey, str], list[T]] = defaultdict(list)
    for region, one in told:
        found[region, one.machine_type].append(one)
    return found


def _is_about(told: Restriction | CapacityScore, offer: Offer) -> bool:
    return told.zone in (None, offer.zone) and told.capacity_type in (None, offer.capacity_type)
