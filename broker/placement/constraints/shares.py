"""No single event takes more of a workload than it can lose."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from broker.domain.offers import CapacityType, Offer
from broker.domain.workloads import LargestShares
from broker.placement.candidates import Candidate
from broker.placement.variables import Variables


def constrain_shares(v: Variables) -> None:
    """For each workload with at-most: units on the offers of a group are within their share.

        Σ_{o of g} place[w,o] ≤ floor(share · units[w])               for each w and group g

    Groups are all spot offers, each spot offer by itself, and each zone. An offer without a zone may
    lie in any zone of its region, so it is in the group of each.
    """
    for name, candidates in sorted(v.by_workload.items()):
        shares = candidates[0].workload.at_most if candidates else None
        if shares is None:
            continue
        for group, share, members in share_groups(shares, candidates):
            most = share_of_units(share, candidates[0].units)
            v.model.at_most(
                f"share[{name},{group}]", {v.place_of(c): 1.0 for c in members}, float(most)
            )


def share_of_units(share: Fraction, units: int) -> int:
    """The whole units in a share of them."""
    most = share * units
    return most.numerator // most.denominator


def share_groups(
    shares: LargestShares, candidates: Iterable[Candidate]
) -> Iterator[tuple[str, Fraction, list[Candidate]]]:
    """What is bounded together: a name, the share, and the candidates."""
    everyone = list(candidates)
    spot = [c for c in everyone if c.offer.capacity_type is CapacityType.SPOT]
    if shares.spot is not None and spot:
        yield "spot", shares.spot, spot
    if shares.spot_pool is not None:
        for candidate in spot:
            yield candidate.offer.name, shares.spot_pool, [candidate]
    if shares.zone is not None:
        for zone in sorted({_zone(c.offer) for c in everyone}):
            yield (
                f"zone {zone[0]}/{zone[1] or 'any'}",
                shares.zone,
                [c for c in everyone if _zone(c.offer) in (zone, (zone[0], ""))],
            )


def _zone(offer: Offer) -> tuple[str, str]:
    return str(offer.region), offer.zone or ""
