"""What runs already moves only if that pays."""

from broker.placement.candidates import Candidate
from broker.placement.moves import Moves, fewer
from broker.placement.variables import Variables


def constrain_moves(v: Variables) -> None:
    """For each workload that runs now: replicas that leave an offer have moved, but those that end.

        left[w,o] ≥ now[w,o] - replicas[w,o] · place[w,o]             for each w and o where w runs now
        moved[w] ≥ Σ_o left[w,o] - max(0, Σ_o now[w,o] - wanted[w])   for each w that runs now

    Each replica moved costs *stability* times what a replica of w costs a month now. From an offer
    that is no candidate all leave. Placing replicas that are new, and ending some, moves nothing.
    """
    moves = Moves(v.problem)
    for name, candidates in sorted(v.by_workload.items()):
        cost = moves.dollars_per_replica(name)
        if cost and candidates:
            _constrain(v, candidates, moves, cost)


def _constrain(v: Variables, candidates: list[Candidate], moves: Moves, cost: float) -> None:
    first = candidates[0]
    name = first.workload.name
    now = moves.homes(name)
    staying = {c.offer.name: c for c in candidates if c.offer.name in now}
    moved = v.model.add_column(f"moved[{name}]", cost=cost, integer=False)
    terms = {moved: 1.0}
    for offer, candidate in sorted(staying.items()):
        left = v.model.add_column(f"left[{name},{offer}]", cost=0.0, integer=False)
        v.model.at_least(
            f"left[{name},{offer}]",
            {left: 1.0, v.place_of(candidate): float(candidate.replicas_per_unit)},
            float(now[offer]),
        )
        terms[left] = -1.0
    gone = sum(replicas for offer, replicas in now.items() if offer not in staying)
    wanted = first.units * first.replicas_per_unit
    v.model.at_least(f"moved[{name}]", terms, float(gone - fewer(now, wanted)))
