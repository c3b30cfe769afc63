"""On fleets over a part of the bundled catalog, what is left out as dominated costs nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest

from benchmarks.fleets import fleet_spec_text
from broker import bootstrap
from broker.placement.candidates import Candidate, candidates
from broker.placement.dominance import undominated
from broker.placement.graph import components
from broker.placement.problem import Problem, problem
from broker.placement.search import NoFeasibleAnswer, search
from broker.ports.progress import Silence
from broker.spec.load import parse
from broker.spec.lower import lower

SEEDS = range(1, 25)
WORKLOADS, OFFERS = 5, 300
GAP = 1e-5


def made(seed: int) -> Problem:
    """A made-up fleet; in two of three there are no quotas, which are what protects offers."""
    market = bootstrap.bundled_snapshot()
    document = parse(fleet_spec_text(WORKLOADS, seed), "fleet.yaml")
    spec = lower(document, market.network.regions, bootstrap.accelerators()).spec
    offers = Random(seed).sample(market.offers, OFFERS)  # noqa: S311 - the same every time
    asked = problem(spec, replace(market, offers=tuple(offers)))
    return asked if seed % 3 == 0 else replace(asked, spec=replace(spec, quotas=()))


def least(asked: Problem, by_workload: Mapping[str, Sequence[Candidate]]) -> float | None:
    parts = components(asked, {name: list(found) for name, found in by_workload.items()})
    try:
        return sum(search(asked, part, Silence()).objective.to_float() for part in parts)
    except NoFeasibleAnswer:
        return None


def test_the_cost_is_that_of_everything_lawful() -> None:
    left_out = compared = 0
    for seed in SEEDS:
        asked = made(seed)
        lawful = {name: cs for name, cs in candidates(asked).by_workload.items() if cs}
        fewer = undominated(asked, lawful)
        dear = least(asked, lawful)
        if dear is None:
            continue
        compared += 1
        left_out += sum(map(len, lawful.values())) - sum(map(len, fewer.values()))

        assert least(asked, fewer) == pytest.approx(dear, rel=2 * GAP), seed
    assert compared > 15
    assert left_out > 500
