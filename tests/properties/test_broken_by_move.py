"""Judging what has to do with a move finds what judging the whole fleet does."""

from collections import Counter
from itertools import count, islice

from broker.domain.errors import Denied, Infeasible
from broker.placement.candidates import candidates
from broker.placement.counterfactual import Counterfactuals
from broker.placement.mover import Mover
from broker.placement.purchase import broken_rules
from broker.placement.solve import solve
from tests.strategies import seeded

FLEETS = 150


def test_a_move_breaks_what_its_fleet_breaks() -> None:
    kinds: Counter[bool] = Counter()
    for problem in islice(map(seeded, count(20_000)), FLEETS):
        try:
            found, solution = candidates(problem), solve(problem)
        except (Infeasible, Denied):
            continue
        base = Counterfactuals(problem, found, solution).base
        mover = Mover(problem, base)
        for name, lawful in found.by_workload.items():
            now = base.offers_of(name)
            for target in (c for c in lawful if c.offer.name not in now):
                move = mover.best_move(name, target)
                assert move.broken == tuple(broken_rules(problem, move.pools))
                kinds[bool(move.broken)] += 1

    assert min(kinds.values()) > 30
