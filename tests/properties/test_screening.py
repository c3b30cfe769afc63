"""Rules asked in bulk say of each offer what the same rules say one by one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from benchmarks.fleets import fleet_spec_text
from broker import bootstrap
from broker.domain.offers import Offer, Window
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate, candidates, exclusion, fitting
from broker.placement.problem import Problem, problem
from broker.placement.rules import HARDWARE_RULES, OFFER_RULES, REGION_RULES
from broker.spec.load import parse
from broker.spec.lower import lower
from tests.strategies import seeded

SEEDS = range(20_000, 20_300)
MADE = range(1, 4)
OFFERS = 400
SHARE = 0.1
"""Of the offers, for each way of refusing one."""


def problems() -> Iterator[Problem]:
    for seed in SEEDS:
        yield restricted(seeded(seed), seed)
    for seed in MADE:
        yield restricted(made(seed), seed)


def restricted(asked: Problem, seed: int) -> Problem:
    """The problem with some offers refused by name, some sold ahead, and pins in every third."""
    random = Random(seed)  # noqa: S311 - the same every time
    offers = tuple(sold_ahead(o) if random.random() < SHARE else o for o in asked.offers)
    names = sorted(offer.name for offer in offers)

    def some() -> list[str]:
        return [name for name in names if random.random() < SHARE]

    asked = replace(
        asked,
        offers=offers,
        banned=frozenset(some()),
        aged=dict.fromkeys(some(), "is old"),
        restricted=dict.fromkeys(some(), "is not for sale"),
        sold_out=dict.fromkeys(some(), "is sold out"),
    )
    if seed % 3:
        return asked
    return asked.pinned(asked.spec.workloads[0].name, *random.choices(names, k=2))


def sold_ahead(offer: Offer) -> Offer:
    starts = datetime(2026, 12, 1, tzinfo=UTC)
    return replace(offer, window=Window(starts, starts + timedelta(hours=24)))


def made(seed: int) -> Problem:
    """A made-up fleet over a part of the bundled catalog."""
    market = bootstrap.bundled_snapshot()
    document = parse(fleet_spec_text(30, seed), "fleet.yaml")
    spec = lower(document, market.network.regions, bootstrap.accelerators()).spec
    offers = Random(seed).sample(market.offers, OFFERS)  # noqa: S311 - the same every time
    return problem(spec, replace(market, offers=tuple(offers)))


def test_what_passes_and_what_each_rule_took_is_as_if_each_pair_were_asked() -> None:
    seen: Counter[str] = Counter()
    for number, asked in enumerate(problems()):
        found = candidates(asked)
        for workload in asked.spec.workloads:
            lawful, excluded = one_by_one(asked, workload)

            assert list(found.by_workload[workload.name]) == lawful, (number, workload.name)
            assert found.excluded[workload.name] == excluded, (number, workload.name)
            seen += excluded
    assert seen.keys() >= {*HARDWARE_RULES, *REGION_RULES, *OFFER_RULES} - {"reservation-end"}


def one_by_one(asked: Problem, workload: Workload) -> tuple[list[Candidate], Counter[str]]:
    lawful, excluded = [], Counter[str]()
    for offer in sorted(asked.offers, key=lambda offer: offer.name):
        refused = exclusion(workload, offer, asked)
        if refused:
            excluded[refused.rule] += 1
        elif candidate := fitting(workload, offer):
            lawful.append(candidate)
    return lawful, excluded


def test_a_slice_of_candidates_is_made_of_them() -> None:
    asked = made(1)
    found = max(candidates(asked).by_workload.values(), key=len)

    assert len(found) > 3
    assert list(found[1:3]) == [found[1], found[2]]
    assert found == tuple(found)
    with pytest.raises(IndexError):
        found[len(found)]
