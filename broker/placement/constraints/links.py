"""Nothing runs where nothing was opened."""

from collections import defaultdict

from broker.domain.geography import RegionKey
from broker.placement.candidates import Candidate
from broker.placement.rules import datasets_of
from broker.placement.variables import Variables


def constrain_clusters(v: Variables) -> None:
    """For each workload and region: units are placed there only if a cluster is open.

        Σ_{o in r} place[w,o] ≤ units[w] · open[r]                    for each w and r

    One row for each workload, not one for each region: the sum of them bounds much less.
    """
    for name, region, candidates in by_region(v):
        _link(v, f"cluster[{name},{region}]", candidates, v.open[region])


def constrain_clouds(v: Variables) -> None:
    """For each region of a cloud with a fixed cost: a cluster is open only if the cloud is used.

        open[r] ≤ cloud[k]                                            for each k and each r of k

    Where using a cloud costs nothing by itself, it has neither column nor row.
    """
    for region, column in v.open.items():
        cloud = v.cloud.get(region.provider)
        if cloud is not None:
            v.model.at_most(f"cloud[{region}]", {column: 1.0, cloud: -1.0}, 0.0)


def constrain_data(v: Variables) -> None:
    """For each workload, data set it reads and region: units are there only if a copy is.

        Σ_{o in r} place[w,o] ≤ units[w] · copy[d,r]                  for each w, d of w, and r

    The home of the data set needs no copy, and has no row.
    """
    for name, region, candidates in by_region(v):
        for dataset in datasets_of(candidates[0].workload, v.problem):
            copy = v.copy.get((dataset.name, region))
            if copy is not None:
                _link(v, f"data[{name},{dataset.name},{region}]", candidates, copy)


def by_region(v: Variables) -> list[tuple[str, RegionKey, list[Candidate]]]:
    """Each workload's candidates, region by region, in the order of names."""
    groups: dict[tuple[str, RegionKey], list[Candidate]] = defaultdict(list)
    for name, candidates in v.by_workload.items():
        for candidate in candidates:
            groups[name, candidate.offer.region].append(candidate)
    return [(name, region, groups[name, region]) for name, region in sorted(groups)]


def _link(v: Variables, name: str, candidates: list[Candidate], switch: int) -> None:
    terms = {v.place_of(candidate): 1.0 for candidate in candidates}
    v.model.at_most(name, {**terms, switch: -float(candidates[0].units)}, 0.0, late=True)
