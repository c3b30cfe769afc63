"""Everything that is wanted is placed."""

from broker.placement.variables import Variables


def constrain_cover(v: Variables) -> None:
    """For each workload: the units placed on all its offers add up to the workload.

        Σ_o place[w,o] = units[w]                                     for each w

    A gang is one unit, so it is placed whole on one offer in one region or not at all.
    """
    for name, candidates in sorted(v.by_workload.items()):
        if candidates:
            v.model.equal(
                f"cover[{name}]", {v.place_of(c): 1.0 for c in candidates}, candidates[0].units
            )
