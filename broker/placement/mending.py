"""From a fleet that can not be had any more to the offers of one that can: what is left of it stays."""

from collections import Counter
from collections.abc import Mapping, Sequence

from broker.domain.geography import RegionKey
from broker.placement.candidates import Candidate
from broker.placement.outcome import cost_alone
from broker.placement.purchase import Assignment

CHEAPEST, IN_OPEN = 12, 24
"""Offers that a workload without its own may take: the cheapest, and those where clusters are open."""

MOST_LOST = 0.5
"""Of the workloads: where more have lost their offers, nothing is left to build on."""


def mendable(
    by_workload: Mapping[str, Sequence[Candidate]], there: Assignment
) -> dict[str, list[Candidate]]:
    """The offers of *there* for all workloads it still has room for, a few for each of the others.

    Empty where all have room, where too many have not, or nothing is there.
    """
    now: dict[str, list[Candidate]] = {name: [] for name in by_workload}
    units: Counter[str] = Counter()
    for candidate, n in there:
        now[candidate.workload.name].append(candidate)
        units[candidate.workload.name] += n
    lost = {name for name, cs in by_workload.items() if not cs or units[name] < cs[0].units}
    if not lost or len(lost) > MOST_LOST * len(by_workload):
        return {}
    regions = {candidate.offer.region for candidate, _ in there}
    return {
        name: [*now[name], *_others(found, now[name], regions)] if name in lost else now[name]
        for name, found in by_workload.items()
    }


def _others(
    found: Sequence[Candidate], now: Sequence[Candidate], regions: set[RegionKey]
) -> list[Candidate]:
    """The cheapest of *found* that are not *now*: of all, and of those in open *regions*."""
    homes = {candidate.offer.name for candidate in now}
    order = sorted(
        (c for c in found if c.offer.name not in homes), key=lambda c: (cost_alone(c), c.offer.name)
    )
    is_open = [c for c in order if c.offer.region in regions]
    return list({c.offer.name: c for c in (*order[:CHEAPEST], *is_open[:IN_OPEN])}.values())
