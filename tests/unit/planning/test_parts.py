"""Fleets between what is there and what is wanted: whatever part is done, costs still add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.errors import UsageInvalid
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName, PoolName
from broker.planning.cost import cost
from broker.planning.parts import NOTHING, Part, between, part_of
from tests.fakes.fleets import (
    AWS,
    AZURE,
    G6,
    ND_MI300X,
    P5_SPOT,
    cluster,
    fleet,
    pool,
    research,
    shares,
)

BEFORE = research()


def after() -> Fleet:
    """Training has grown, the services have gone to another cloud, the reserved cluster is gone."""
    train = pool("aws-us-east-1", P5_SPOT, 20, ["pretrain"], hours=96)
    serve = pool("azure-westeurope", ND_MI300X, 2, ["chat", "search"])
    return fleet(
        [cluster(AWS, train), cluster(AZURE, serve)],
        [
            *shares(train, [("pretrain", "foundation", 20)]),
            *shares(serve, [("chat", "apps", 8), ("search", "apps", 4)]),
        ],
        fixed=[("aws", "0"), ("azure", "700")],
    )


AFTER = after()
CLUSTERS = sorted({c.name for f in (BEFORE, AFTER) for c in f.clusters})
POOLS = sorted({(p.cluster, p.name) for f in (BEFORE, AFTER) for p in f.pools})

parts = st.builds(
    Part,
    clusters=st.frozensets(st.sampled_from(CLUSTERS)),
    pools=st.frozensets(st.sampled_from(POOLS)),
)


def test_all_of_it_is_what_is_wanted() -> None:
    assert between(BEFORE, AFTER, Part(clusters=frozenset(CLUSTERS))) == AFTER


def test_none_of_it_is_what_is_there() -> None:
    assert between(BEFORE, AFTER, Part(clusters=frozenset())) == BEFORE


@given(parts)
def test_whatever_part_is_done_the_costs_add_up(part: Part) -> None:
    mixed = between(BEFORE, AFTER, part)

    cost(mixed, "USD")  # raises if the placements do not add up to their pools
    there = {(p.cluster, p.name) for p in mixed.pools}
    assert {(p.cluster, p.pool) for p in mixed.placements} <= there


@given(parts)
def test_a_pool_is_as_wanted_in_the_part_and_as_recorded_elsewhere(part: Part) -> None:
    wanted = {(p.cluster, p.name): p for p in AFTER.pools}
    recorded = {(p.cluster, p.name): p for p in BEFORE.pools}

    for found in between(BEFORE, AFTER, part).pools:
        source = wanted if part.covers(found.cluster, found.name) else recorded
        assert source[found.cluster, found.name] == found


def test_a_destroy_of_one_pool_leaves_the_rest_of_its_cluster() -> None:
    part = part_of((BEFORE,), [f"aws-us-east-1/{pool('x', G6, 1, []).name}"], [])

    left = between(BEFORE, NOTHING, part)

    assert [c.name for c in left.clusters] == [c.name for c in BEFORE.clusters]
    assert [p.name for p in left.clusters[0].pools] == ["p5-48xlarge-spot"]


@pytest.mark.parametrize(
    ("target", "exclude", "clusters", "pools"),
    [
        ([], [], {"aws-us-east-1", "gcp-europe-west4"}, set()),
        (["cluster.gcp-europe-west4"], [], {"gcp-europe-west4"}, set()),
        ([], ["gcp-europe-west4"], {"aws-us-east-1"}, set()),
        (
            ["pool.aws-us-east-1.p5-48xlarge-spot"],
            [],
            set(),
            {("aws-us-east-1", "p5-48xlarge-spot")},
        ),
        (
            ["aws-us-east-1"],
            ["aws-us-east-1/p5-48xlarge-spot"],
            set(),
            {("aws-us-east-1", "g6-12xlarge-on-demand")},
        ),
    ],
)
def test_addresses_mean_clusters_and_pools(
    target: list[str], exclude: list[str], clusters: set[str], pools: set[tuple[str, str]]
) -> None:
    part = part_of((BEFORE,), target, exclude)

    assert part.clusters == {ClusterName(name) for name in clusters}
    assert part.pools == {(ClusterName(c), PoolName(p)) for c, p in pools}


def test_a_cluster_but_for_a_pool_is_meant_itself() -> None:
    but = part_of((BEFORE,), [], ["aws-us-east-1/p5-48xlarge-spot"])
    alone = part_of((BEFORE,), ["aws-us-east-1/p5-48xlarge-spot"], [])
    name = ClusterName("aws-us-east-1")

    assert but.hosts == {name}
    assert alone.hosts == frozenset()
    assert but.divides(name)
    assert alone.divides(name)
    assert not but.divides(ClusterName("gcp-europe-west4"))
    assert but.without([name]).hosts == frozenset()


def test_every_unknown_address_is_told() -> None:
    with pytest.raises(UsageInvalid) as refused:
        part_of((BEFORE,), ["cluster.nowhere", "cluster.gcp-europe-west4"], ["mars/pool"])

    assert [d.subject for d in refused.value.diagnostics] == ["cluster.nowhere"]
