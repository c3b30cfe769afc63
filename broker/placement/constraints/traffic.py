"""Every request is answered in time by some replica."""

from broker.domain.geography import RegionKey
from broker.domain.money import MICROS_PER_UNIT
from broker.placement.candidates import Candidate
from broker.placement.constraints.links import by_region
from broker.placement.rules import within_reach
from broker.placement.traffic import demand, micros_per_rate, per_replica
from broker.placement.variables import Variables


def constrain_traffic(v: Variables) -> None:
    """For each place of clients: all its requests go to regions within reach that can answer them.

        Σ_{r: round_trip(r,p) ≤ bound[w]} flow[w,p,r] = requests[p]   for each w and p
        Σ_p flow[w,p,r] ≤ answers[w] · Σ_{o in r} replicas[w,o] · place[w,o]     for each w and r

    Both sides are requests a second, *answers* those of one replica. Flows are divided as finely as
    it takes, and cost what the answers do.
    """
    served: dict[str, dict[RegionKey, list[Candidate]]] = {}
    for name, region, candidates in by_region(v):
        if per_replica(candidates[0].workload) is not None:
            served.setdefault(name, {})[region] = candidates
    for name, regions in served.items():
        _divide(v, name, regions)


def _divide(v: Variables, name: str, regions: dict[RegionKey, list[Candidate]]) -> None:
    workload = next(iter(regions.values()))[0].workload
    into: dict[RegionKey, dict[int, float]] = {region: {} for region in regions}
    for place, rate in sorted(demand(workload, v.problem).items()):
        ways: dict[int, float] = {}
        for region in regions:
            if within_reach(workload, region, place, v.problem):
                column = v.model.add_column(
                    f"flow[{name},{place},{region}]",
                    cost=float(micros_per_rate(workload, region, v.problem) / MICROS_PER_UNIT),
                    integer=False,
                )
                ways[column] = into[region][column] = 1.0
        v.model.equal(f"asked[{name},{place}]", ways, float(rate))
    answered = float(per_replica(workload) or 0)
    for region, flows in into.items():
        if flows:
            units = {v.place_of(c): -answered * c.replicas_per_unit for c in regions[region]}
            v.model.at_most(f"answered[{name},{region}]", flows | units, 0.0)
