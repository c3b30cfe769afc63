"""No single region holds more than its share."""

from broker.domain.geography import RegionKey
from broker.placement.candidates import Candidate
from broker.placement.constraints.links import by_region
from broker.placement.rules import datasets_of
from broker.placement.variables import Variables


def constrain_spread(v: Variables) -> None:
    """For each workload spread over n regions: units in one region are at most an n-th, rounded up.

        most[w] = ceil(units[w] / n)
        Σ_{o in r} place[w,o] ≤ most[w] · open[r]                     for each w and r
        Σ_{o in r} place[w,o] ≤ most[w] · copy[d,r]                   for each w, d of w, and r
        place[w,o] ≤ most[w] · nodes[o]                               for each w and o

    The last two follow for whole numbers, and say more than their like without a spread. Where
    rounding would let n - 1 regions hold everything, at least n regions are asked for too:

        used[w,r] ≤ Σ_{o in r} place[w,o]   and   used[w,r] ≤ 1       for each w and r
        Σ_r used[w,r] ≥ n                                             for each w
    """
    regions: dict[str, dict[RegionKey, list[Candidate]]] = {}
    for name, region, candidates in by_region(v):
        if candidates[0].workload.spread_regions > 1:
            regions.setdefault(name, {})[region] = candidates
    for name, by_place in regions.items():
        for region, candidates in by_place.items():
            _limit(v, f"{name},{region}", candidates)
        _spread(v, name, by_place)
    _link_nodes(v)


def _limit(v: Variables, name: str, candidates: list[Candidate]) -> None:
    first = candidates[0]
    units = {v.place_of(c): 1.0 for c in candidates}
    most = -float(first.most_units)
    v.model.at_most(f"spread[{name}]", {**units, v.open[first.offer.region]: most}, 0.0)
    for dataset in datasets_of(first.workload, v.problem):
        copy = v.copy.get((dataset.name, first.offer.region))
        if copy is not None:
            row = f"spread[{name},{dataset.name}]"
            v.model.at_most(row, {**units, copy: most}, 0.0, late=True)


def _link_nodes(v: Variables) -> None:
    for pool in v.pools:
        for c in () if pool.is_folded else pool.candidates:
            if c.workload.spread_regions > 1:
                row = f"spread[{c.workload.name},{pool.name}]"
                terms = {v.place_of(c): 1.0, pool.column: -float(c.most_units)}
                v.model.at_most(row, terms, 0.0, late=True)


def _spread(v: Variables, name: str, by_place: dict[RegionKey, list[Candidate]]) -> None:
    example = next(iter(by_place.values()))[0]
    wanted = example.workload.spread_regions
    if (wanted - 1) * example.most_units < example.units:
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
