"""Who does not fit is moved, and nobody else; what is found so is a fleet like any other."""

from random import Random

import numpy as np

from broker.placement.candidates import candidates
from broker.placement.cutting import assignment, cut
from broker.placement.fitting import fitting
from broker.placement.highs import solve_model
from broker.placement.problem import Problem
from broker.placement.purchase import BoughtPool, buy, costs
from broker.placement.search import build, search
from broker.placement.tightening import Tightening
from broker.ports.progress import Silence
from tests.fakes.problems import EAST, FRANKFURT, WEST, offer, problem, workload

SEEDS = range(120)
SHARES = ["1/7", "1/5", "1/4", "3/10", "7/20", "2/5"]

Places = dict[str, dict[tuple[str, str], int]]


def odd_sizes(seed: int) -> Problem:
    """Work in odd fractions, three regions that cost nearly the same: sums fit where nodes do not."""
    random = Random(seed)  # noqa: S311
    offers = [
        offer("p5", price, region=region, count=1)
        for region, price in ((EAST, "10"), (WEST, "10.1"), (FRANKFURT, "10.2"))
    ]
    work = [
        workload(
            f"work-{n}",
            count=random.choice(SHARES),
            replicas=random.randrange(1, 4),
            vcpus=random.randrange(20, 120, 10),
        )
        for n in range(8)
    ]
    return problem(offers, *work)


def places(bought: tuple[BoughtPool, ...]) -> Places:
    """The units of each workload, by pool."""
    found: Places = {}
    for pool in bought:
        for candidate, units in zip(pool.candidates, pool.units, strict=True):
            found.setdefault(candidate.workload.name, {})[pool.key] = units
    return found


def test_a_fleet_that_fits_is_found_where_nobody_else_moves() -> None:
    asked = fitted = 0
    for seed in SEEDS:
        made = odd_sizes(seed)
        part = candidates(made).by_workload
        v = build(made, part)
        tightening = Tightening(v)
        values = np.array(solve_model(v.model).values)
        bought = buy(assignment(v, values))
        if not cut(v, tightening, bought, values):
            continue
        asked += 1
        before, nodes = places(bought), {pool.key: values[pool.column] for pool in v.pools}
        tight = {
            candidate.workload.name
            for pool in bought
            if pool.packing.least > round(nodes[pool.key])
            for candidate in pool.candidates
        }

        answers = list(fitting(v, tightening, bought, values))

        assert answers, seed
        moved = places(answers[0][1])
        assert all(moved[name] == there for name, there in before.items() if name not in tight)
        answer, fleet = answers[-1]
        cost = costs(made, fleet).total
        assert cost >= search(made, part, Silence()).objective, seed
        fitted += cost.to_float() <= answer.objective + 1e-3
    assert asked > 20
    assert fitted > asked / 2
