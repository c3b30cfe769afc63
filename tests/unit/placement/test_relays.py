"""A relay in a third region is told where it would help, and counted on nowhere."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.errors import Infeasible
from broker.domain.geography import RegionKey
from broker.domain.ids import WorkloadName
from broker.domain.workloads import Nearness, Workload
from broker.placement.candidates import candidates
from broker.placement.explain import explain
from broker.placement.problem import Problem
from broker.placement.relays import Relays
from broker.placement.solve import solve
from tests.fakes.problems import (
    EAST,
    FRANKFURT,
    NETHERLANDS,
    WEST,
    clients,
    cloud,
    offer,
    problem,
    within,
    workload,
)

REGIONS = (EAST, WEST, FRANKFURT, NETHERLANDS)
EU = frozenset({"EU"})


def timed(asked: Problem, times: Mapping[tuple[RegionKey, RegionKey], float]) -> Problem:
    """*asked*, with these round trips alone."""
    trips = {(min(pair), max(pair)): time for pair, time in times.items()}
    return replace(asked, network=replace(asked.network, round_trips_ms=trips))


def far_clients(bound: float, *, residency: frozenset[str] = frozenset()) -> Problem:
    """Frankfurt serves users in the east in 90 ms, over the west or the Netherlands in less."""
    serving = replace(within(workload(), bound), residency=residency)
    asked = problem([offer(region=FRANKFURT)], serving, clients=(clients(EAST),))
    return timed(
        asked,
        {
            (FRANKFURT, EAST): 90,
            (FRANKFURT, WEST): 20,
            (WEST, EAST): 11,
            (FRANKFURT, NETHERLANDS): 30,
            (NETHERLANDS, EAST): 40,
        },
    )


def details(asked: Problem) -> list[str]:
    with pytest.raises(Infeasible) as caught:
        solve(asked)
    (told,) = caught.value.diagnostics
    return told.detail.splitlines()


def test_a_miss_by_latency_names_the_relay_that_would_help_and_stays_a_miss() -> None:
    excluded, miss = details(far_clients(35))

    assert excluded == "excluded by rule: latency 1"
    assert miss == (
        "fails only latency: aws/eu-central-1/p5/on-demand ($7,300.00 a month) round trip to users "
        "90.0 ms, bound 35 ms; via aws/us-west-2 31.0 ms, if a relay runs there"
    )


def test_a_relay_has_to_be_where_the_data_may_pass() -> None:
    assert details(far_clients(75, residency=EU))[1].endswith(
        "; via gcp/europe-west4 70.0 ms, if a relay runs there"
    )
    assert details(far_clients(35, residency=EU))[1].endswith("bound 35 ms")


def test_a_relay_has_to_be_where_the_fleet_may_have_machines() -> None:
    asked = far_clients(75)
    narrow = replace(
        asked,
        spec=replace(
            asked.spec,
            providers=(
                replace(cloud("aws"), regions=frozenset({"eu-central-1"})),
                cloud("gcp"),
            ),
        ),
    )

    assert "; via gcp/europe-west4 70.0 ms" in details(narrow)[1]


def test_nothing_is_said_where_no_relay_is_fast_enough() -> None:
    assert details(far_clients(30))[1].endswith("bound 30 ms")


def test_one_relay_is_preferred_to_two_that_are_faster_and_two_to_none() -> None:
    asked = timed(
        far_clients(60),
        {
            (FRANKFURT, EAST): 90,
            (FRANKFURT, WEST): 5,
            (WEST, NETHERLANDS): 5,
            (NETHERLANDS, EAST): 5,
            (WEST, EAST): 50,
        },
    )
    (serving,) = asked.spec.workloads
    way = Relays(asked).between((serving,), FRANKFURT, EAST, 60)
    faster = Relays(asked).between((serving,), FRANKFURT, EAST, 20)

    assert way is not None
    assert way.words == "via aws/us-west-2 55.0 ms"
    assert faster is not None
    assert faster.words == "via aws/us-west-2 and gcp/europe-west4 15.0 ms"


def test_workloads_that_can_not_be_near_are_told_the_relay_between_them() -> None:
    near = Nearness(workload=WorkloadName("b"), round_trip_ms=40)
    a = replace(workload("a"), near=(near,))
    asked = timed(
        problem([offer(region=EAST), offer(region=FRANKFURT, name="p6")], a, workload("b")),
        {(FRANKFURT, EAST): 90, (FRANKFURT, WEST): 20, (WEST, EAST): 11},
    )
    apart = asked.pinned("a", "aws/us-east-1/p5/on-demand")
    apart = apart.pinned("b", "aws/eu-central-1/p6/on-demand")

    assert details(apart)[-1] == (
        "a in aws/us-east-1 and b in aws/eu-central-1 are via aws/us-west-2 31.0 ms apart, "
        "within 40 ms, if a relay runs there"
    )


def test_explain_tells_it_of_a_cheaper_offer_that_is_too_far() -> None:
    far = far_clients(35)
    asked = replace(far, offers=(*far.offers, offer(price="30", region=WEST)))
    (serving,) = asked.spec.workloads

    (cheaper,) = explain(asked, solve(asked), serving).cheaper

    assert (cheaper.rule, cheaper.offer.region) == ("latency", FRANKFURT)
    assert cheaper.reason == (
        "round trip to users 90.0 ms, bound 35 ms; via aws/us-west-2 31.0 ms, if a relay runs there"
    )


TIMES = st.dictionaries(
    st.sampled_from(list(combinations(REGIONS, 2))), st.integers(1, 100).map(float), min_size=3
)


@given(times=TIMES, bound=st.integers(1, 120), law=st.sampled_from([EU, frozenset()]))
def test_a_way_is_as_long_as_its_hops_lawful_and_lets_nothing_run(
    times: dict[tuple[RegionKey, RegionKey], float], bound: int, law: frozenset[str]
) -> None:
    asked = timed(far_clients(bound, residency=law), times)
    serving: Workload = asked.spec.workloads[0]
    way = Relays(asked).serving(serving, FRANKFURT)
    direct = asked.network.round_trip_ms(FRANKFURT, EAST)
    others = {WEST, NETHERLANDS} if not law else {NETHERLANDS}
    single = min(
        (
            a + b
            for over in sorted(others)
            for a in [asked.network.round_trip_ms(FRANKFURT, over)]
            for b in [asked.network.round_trip_ms(over, EAST)]
            if a is not None and b is not None
        ),
        default=None,
    )

    if way is None:
        assert single is None or single > bound or (direct is not None and direct <= bound)
    else:
        stops = (FRANKFURT, *way.via, EAST)
        hops = [asked.network.round_trip_ms(a, b) for a, b in pairwise(stops)]
        assert way.milliseconds == sum(hop for hop in hops if hop is not None) <= bound
        assert None not in hops
        assert set(way.via) <= others
        assert direct is None or direct > bound
        assert not candidates(asked).by_workload[serving.name]
