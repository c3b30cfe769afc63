"""Rules of the whole fleet, judged by what is placed where, without the model."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.offers import CapacityType, Offer
from broker.domain.workloads import Run
from broker.placement.candidates import Candidate
from broker.placement.charges import Pool
from broker.placement.growth import growth_per_unit
from broker.placement.overlap import most_at_once
from broker.placement.problem import Problem
from broker.placement.quotas import QuotasByRegion, counted_at, quota_use_per_node
from broker.placement.traffic import divide

Units = Mapping[Offer, int]
"""How many units of a workload are on each offer."""


def exceeded_quotas(problem: Problem, pools: Iterable[Pool]) -> Iterator[str]:
    """Quotas over their limit, as bought and as grown, counting what may run at the same time."""
    now: dict[tuple[int, str], list[tuple[Run, Fraction]]] = defaultdict(list)
    later: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
    numbers = {id(quota): number for number, quota in enumerate(problem.spec.quotas)}
    quotas = QuotasByRegion(problem)
    for candidates, units, nodes in pools:
        offer = candidates[0].offer
        for quota in quotas.of(offer):
            number = numbers[id(quota)]  # names need not be unique
            key = (number, counted_at(quota, offer.region))
            use = quota_use_per_node(offer, quota)
            now[key].append((candidates[0].workload.run, use * nodes))
            if not quota.reservation:
                later[key] += use * _growth(candidates, units)
    for number, place in sorted(now):
        quota = problem.spec.quotas[number]
        used, more = most_at_once(now[number, place]), later[number, place]
        where = f"{quota.title} in {place}"
        if used > quota.limit:
            yield f"{where}: {used} of {quota.limit} {quota.unit} would be used"
        elif more and used + more > quota.limit:
            yield f"{where}: {used + more} of {quota.limit} {quota.unit} would be used once grown"


def _growth(candidates: Iterable[Candidate], units: Iterable[int]) -> Fraction:
    grown = (growth_per_unit(c) * n for c, n in zip(candidates, units, strict=True))
    return sum(grown, Fraction(0))


def unanswered(
    problem: Problem, candidate: Candidate, units: Mapping[RegionKey, int]
) -> Iterator[str]:
    """Requests that no replica within reach answers."""
    replicas = {region: n * candidate.replicas_per_unit for region, n in units.items()}
    if divide(candidate.workload, replicas, problem) is None:
        yield f"the replicas of {candidate.workload.name} can not answer all requests in time"


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
