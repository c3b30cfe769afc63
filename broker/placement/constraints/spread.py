"""No single region holds more than its share."""

from broker.domain.geography import RegionKey
from broker.placement.candidates import Candidate
from broker.placement.constraints.links import by_region
from broker.placement.variables import Variables


def constrain_spread(v: Variables) -> None:
    """For each workload spread over n regions: units in one region are at most an n-th, rounded up.

        Σ_{o in r} place[w,o] ≤ ceil(units[w] / n)                    for each w and r

    Where rounding would let n - 1 regions hold everything, at least n regions are asked for too:

        used[w,r] ≤ Σ_{o in r} place[w,o]   and   used[w,r] ≤ 1       for each w and r
        Σ_r used[w,r] ≥ n                                             for each w
    """
    regions: dict[str, dict[RegionKey, list[Candidate]]] = {}
    for name, region, candidates in by_region(v):
        if candidates[0].workload.spread_regions > 1:
            regions.setdefault(name, {})[region] = candidates
    for name, by_place in regions.items():
        _spread(v, name, by_place)


def _spread(v: Variables, name: str, by_place: dict[RegionKey, list[Candidate]]) -> None:
    example = next(iter(by_place.values()))[0]
    wanted = example.workload.spread_regions
    most = -(-example.units // wanted)
    for region, candidates in by_place.items():
        v.model.at_most(
            f"spread[{name},{region}]", {v.place_of(c): 1.0 for c in candidates}, float(most)
        )
    if (wanted - 1) * most < example.units:
        return
    used: dict[int, float] = {}
    for region, candidates in by_place.items():
        column = v.model.add_column(f"used[{name},{region}]", cost=0.0, upper=1, integer=False)
        used[column] = 1.0
        v.model.at_least(
            f"used[{name},{region}]",
            {**{v.place_of(c): 1.0 for c in candidates}, column: -1.0},
            0.0,
        )
    v.model.at_least(f"regions[{name}]", used, float(wanted))
