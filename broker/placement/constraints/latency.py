"""Every client is served in time."""

from broker.placement.rules import client_places, within_reach
from broker.placement.variables import Variables


def constrain_client_reach(v: Variables) -> None:
    """For each place of a workload's clients: at least one unit runs within the round-trip bound.

        Σ_{o: round_trip(region of o, p) ≤ bound[w]} place[w,o] ≥ 1   for each w and p

    Where every candidate reaches every place, the rules have said it all and no row is needed.
    """
    for name, candidates in sorted(v.by_workload.items()):
        if not candidates:
            continue
        workload = candidates[0].workload
        for place in client_places(workload, v.problem):
            near = [
                c for c in candidates if within_reach(workload, c.offer.region, place, v.problem)
            ]
            if len(near) < len(candidates):
                v.model.at_least(f"reach[{name},{place}]", {v.place_of(c): 1.0 for c in near}, 1.0)
