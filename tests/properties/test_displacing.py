"""Once work of lower priority yields as told, the offer wins: on tiny problems, by trying everything."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from random import Random

from broker.domain.errors import Denied, Infeasible
from broker.domain.workloads import Priority, Workload
from broker.placement.candidates import candidates
from broker.placement.counterfactual import SMALL
from broker.placement.explain import explain
from broker.placement.partial import YIELDS_LAST, without
from broker.placement.problem import Problem
from broker.placement.solve import solve
from broker.placement.winning import Change, Winning
from tests.fakes.brute_force import cheapest
from tests.fakes.problems import EAST, FRANKFURT, WEST, offer, problem, quota, workload

GAP, ROUNDING = 5e-5, 400
IN_PART = -1

Claim = tuple[int, Problem, Workload, str, Winning]


def crowded(seed: int) -> Problem:
    """Bursts of several priorities, and a quota for less than all of them where it is cheap."""
    random = Random(seed)  # noqa: S311 - the same numbers every time
    offers = [
        offer("p5", str(random.choice((10, 12, 20, 31))), region=region)
        for region in (EAST, WEST, FRANKFURT)
    ]
    workloads = [
        workload(
            f"w{number}",
            count=random.choice((4, 8)),
            replicas=random.choice((1, 2)),
            hours=random.choice((50, 100, 200)),
            priority=random.choice(list(Priority)),
        )
        for number in range(random.choice((2, 3)))
    ]
    limits = [
        quota(random.choice((1, 2)), name=region.region, region=region.region)
        for region in random.choice(((EAST,), (EAST, WEST)))
    ]
    return problem(offers, *workloads, quotas=tuple(limits))


@cache
def claims(largest: int) -> tuple[Claim, ...]:
    return tuple(_claims(largest))


def _claims(largest: int) -> Iterator[Claim]:
    for seed in range(60):
        asked = crowded(seed)
        try:
            found = solve(asked)
        except (Infeasible, Denied):
            continue
        for own in asked.spec.workloads:
            told = explain(asked, found, own, largest=largest)
            for cheaper in told.cheaper:
                if cheaper.displacing is not None and len(told.chosen) == 1:
                    yield seed, asked, own, cheaper.offer.name, cheaper.displacing


def test_the_best_fleet_without_it_has_the_workload_on_the_offer() -> None:
    seen: Counter[str] = Counter()
    for seed, _, own, name, winning in claims(SMALL):
        with_it = cheapest(winning.problem.pinned(own.name, name))
        lawful = [c.offer.name for c in candidates(winning.problem).by_workload[own.name]]
        others = [each for each in lawful if each != name]
        without_it = cheapest(winning.problem.pinned(own.name, *others)) if others else None

        assert winning.change is Change.LEAST, seed
        assert with_it is not None, seed
        assert without_it is None or with_it <= without_it * (1 + GAP) + ROUNDING, seed
        seen["told"] += 1
    assert seen["told"] > 5, seen


def test_who_yields_is_less_important_and_the_saving_is_there_without_it() -> None:
    for largest in (SMALL, IN_PART):
        for seed, asked, own, name, winning in claims(largest):
            (other,) = [
                w
                for w in asked.spec.workloads
                if winning.words == f"{w.name} ({w.priority}) left out"
            ]
            best = cheapest(without(asked, {other.name}).pinned(own.name, name))
            now = cheapest(asked)

            assert YIELDS_LAST.index(other.priority) > YIELDS_LAST.index(own.priority), seed
            assert best is not None, seed
            assert now is not None, seed
            assert best - now <= winning.costs.micros + now * GAP + ROUNDING, seed


def test_the_loss_of_stopping_it_is_told() -> None:
    """The long burst has the cheap node; the short one of production would have it."""
    first = workload("sweep", hours=200, priority=Priority.BEST_EFFORT)
    own = workload("train", hours=100, priority=Priority.PRODUCTION)
    asked = problem(
        [offer("p5", "10"), offer("p5", "20", region=FRANKFURT)],
        first,
        own,
        quotas=(quota(1, name="p", region="us-east-1"),),
    )
    found = solve(asked)
    again = replace(asked, recorded=found.fleet)

    for largest in (SMALL, IN_PART):
        told = explain(again, solve(again), own, largest=largest)
        (cheaper,) = [each for each in told.cheaper if each.rule == "quota"]

        assert cheaper.displacing is not None
        assert cheaper.displacing.words == (
            "sweep (best-effort) left out, which loses work of $1,000.00"
        )
        assert cheaper.displacing.costs.micros < 0
