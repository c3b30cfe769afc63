"""A service that may grow is put where the quotas let it, at no cost until it does."""

from dataclasses import replace

import pytest

from broker.domain.errors import Infeasible
from broker.domain.spec import Quota
from broker.domain.workloads import Replicas, Workload
from broker.placement.solve import solve
from tests.fakes.problems import FRANKFURT, offer, problem, quota, reservation, workload

NEAR, FAR = offer("p5", "10"), offer("p5", "11", region=FRANKFURT)


def chat(most: int, *, grows: bool = True) -> Workload:
    return replace(
        workload("chat", count=4), replicas=Replicas(minimum=2, maximum=most, grows=grows)
    )


def regions(work: Workload, *quotas: Quota) -> set[str]:
    found = solve(problem([NEAR, FAR], work, quotas=quotas))
    return {p.offer.region.region for p in found.fleet.placements}


def test_room_for_the_most_is_found_elsewhere() -> None:
    east = quota(2, region="us-east-1")

    assert regions(chat(4), east) == {"us-east-1"}
    assert regions(chat(5), east) == {"eu-central-1"}
    assert regions(chat(50, grows=False), east) == {"us-east-1"}


def test_growth_is_counted_over_all_regions_that_a_quota_spans() -> None:
    steady = replace(workload("steady", count=8), residency=frozenset({"DE"}))

    def with_limit(nodes: int) -> None:
        limit = quota(nodes, spans=True)
        solve(problem([NEAR, FAR], chat(4), steady, quotas=(limit,)))

    with_limit(3)
    with pytest.raises(Infeasible):
        with_limit(2)


def test_a_reservation_bounds_no_growth() -> None:
    asked = problem([NEAR, FAR], chat(9), reservations=(reservation(1),))

    assert [p.offer.reservation for p in solve(asked).fleet.placements] == ["block"]


def test_no_room_anywhere_is_told_with_what_to_change() -> None:
    with pytest.raises(Infeasible) as caught:
        solve(problem([NEAR, FAR], chat(9), quotas=(quota(2),)))

    (found,) = caught.value.diagnostics
    assert "Lower replicas.max" in found.hint
