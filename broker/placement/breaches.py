"""Rules of the whole fleet, judged by what is placed where, without the model."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from broker.domain.geography import RegionKey
from broker.domain.offers import CapacityType, Offer
from broker.placement.candidates import Candidate

Units = Mapping[Offer, int]
"""How many units of a workload are on each offer."""


def broken_shares(candidate: Candidate, placed: Units) -> Iterator[str]:
    """Larger shares than the workload allows: on spot, on a spot offer, or in a zone at worst."""
    workload, shares = candidate.workload, candidate.workload.at_most
    if shares is None:
        return
    spot = [n for offer, n in placed.items() if offer.capacity_type is CapacityType.SPOT]
    for what, share, held in (
        ("on spot", shares.spot, sum(spot)),
        ("on one spot offer", shares.spot_pool, max(spot, default=0)),
        ("in one zone", shares.zone, max(_by_zone(placed).values(), default=0)),
    ):
        if share is not None and held > share * candidate.units:
            yield f"{held} of {candidate.units} units of {workload.name} are {what}"


def _by_zone(placed: Units) -> Mapping[tuple[RegionKey, str], int]:
    """Units that may be in each zone: what names no zone may be in any of its region."""
    named: dict[tuple[RegionKey, str], int] = defaultdict(int)
    for offer, units in placed.items():
        named[offer.region, offer.zone or ""] += units
    return {
        (region, zone): units + (named.get((region, ""), 0) if zone else 0)
        for (region, zone), units in named.items()
    }
