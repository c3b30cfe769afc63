"""A fleet with something forgotten or renamed still adds up, and the rest of it stays as it was."""

from dataclasses import replace

import pytest

from broker.domain.fleet import Answers
from broker.domain.ids import TeamName, WorkloadName
from broker.domain.money import Money
from broker.planning.cost import cost
from broker.planning.edits import renamed, without
from broker.planning.resources import resources
from tests.fakes.fleets import AWS, GCP, research

ALL = {
    "cluster.aws-us-east-1",
    "pool.aws-us-east-1.g6-12xlarge-on-demand",
    "pool.aws-us-east-1.p5-48xlarge-spot",
    "cluster.gcp-europe-west4",
    "pool.gcp-europe-west4.a3-highgpu-8g-reserved",
    "workload.chat",
    "workload.finetune",
    "workload.pretrain",
    "workload.search",
    "data.corpus.aws-us-east-1",
}

FLEET = research()
SERVING = replace(
    FLEET,
    answers=(
        Answers(
            workload=WorkloadName("chat"),
            team=TeamName("apps"),
            region=AWS,
            monthly=Money.parse("12"),
        ),
    ),
)


def test_the_fleet_under_test_has_one_of_each() -> None:
    assert set(resources(FLEET)) == ALL


@pytest.mark.parametrize(
    ("forgotten", "left"),
    [
        (
            {"cluster.gcp-europe-west4"},
            ALL
            - {
                "cluster.gcp-europe-west4",
                "pool.gcp-europe-west4.a3-highgpu-8g-reserved",
                "workload.finetune",
            },
        ),
        (
            {"pool.aws-us-east-1.p5-48xlarge-spot"},
            ALL - {"pool.aws-us-east-1.p5-48xlarge-spot", "workload.pretrain"},
        ),
        ({"workload.chat"}, ALL - {"workload.chat"}),
        ({"data.corpus.aws-us-east-1"}, ALL - {"data.corpus.aws-us-east-1"}),
        (ALL, set()),
        (set(), ALL),
    ],
    ids=["cluster", "pool", "workload", "data", "all", "nothing"],
)
def test_what_is_forgotten_is_gone_with_what_is_inside(forgotten: set[str], left: set[str]) -> None:
    assert set(resources(without(FLEET, forgotten))) == left


@pytest.mark.parametrize("address", sorted(ALL - {"workload.finetune", "workload.pretrain"}))
def test_costs_add_up_without_any_of_it(address: str) -> None:
    before, after = cost(FLEET, "USD"), cost(without(FLEET, {address}), "USD")

    assert after.total.monthly <= before.total.monthly


def test_who_stays_on_a_pool_pays_for_all_of_it() -> None:
    left = without(FLEET, {"workload.chat"})

    assert cost(left, "USD").total == cost(FLEET, "USD").total
    (search,) = (p for p in left.placements if p.workload == "search")
    (pool,) = (p for p in left.pools if p.name == search.pool)
    assert (search.hourly, search.monthly) == (pool.hourly, pool.monthly)
    assert pool.workloads == ("search",)


def test_the_last_workload_of_a_pool_goes_with_the_pool_only() -> None:
    pool = "pool.aws-us-east-1.p5-48xlarge-spot"
    with pytest.raises(ValueError, match=f"{pool} serves nothing else"):
        without(FLEET, {"workload.pretrain"})

    assert set(resources(without(FLEET, {"workload.pretrain", pool}))) == ALL - {
        "workload.pretrain",
        pool,
    }


def test_nothing_is_read_or_sent_by_what_is_gone() -> None:
    left = without(SERVING, {"cluster.aws-us-east-1"})

    assert left.replicas[0].readers == ()
    assert left.answers == ()
    assert without(SERVING, {"workload.search"}).answers == SERVING.answers


def test_the_fixed_cost_of_a_cloud_goes_with_its_last_cluster() -> None:
    left = without(FLEET, {"cluster.gcp-europe-west4"})

    assert dict(left.cloud_fixed_monthly) == {"aws": Money.parse("0")}


@pytest.mark.parametrize(
    ("source", "destination", "gone"),
    [
        (
            "cluster.aws-us-east-1",
            "cluster.west",
            {
                "cluster.aws-us-east-1",
                "pool.aws-us-east-1.g6-12xlarge-on-demand",
                "pool.aws-us-east-1.p5-48xlarge-spot",
            },
        ),
        (
            "pool.aws-us-east-1.p5-48xlarge-spot",
            "pool.aws-us-east-1.a-pool",
            {"pool.aws-us-east-1.p5-48xlarge-spot"},
        ),
        ("workload.pretrain", "workload.train", {"workload.pretrain"}),
        ("data.corpus.aws-us-east-1", "data.text.aws-us-east-1", {"data.corpus.aws-us-east-1"}),
    ],
)
def test_what_is_renamed_is_at_its_new_address_and_can_be_renamed_back(
    source: str, destination: str, gone: set[str]
) -> None:
    moved = renamed(SERVING, source, destination)

    assert ALL - set(resources(moved)) == gone
    assert destination in resources(moved)
    assert cost(moved, "USD").total == cost(SERVING, "USD").total
    assert renamed(moved, destination, source) == SERVING


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        ("cluster.aws-us-east-1", "pool.aws-us-east-1.x"),
        ("workload.chat", "workload"),
        ("workload.chat", "workload."),
        ("pool.aws-us-east-1.g6-12xlarge-on-demand", f"pool.{GCP.provider}-{GCP.region}.g6"),
        ("data.corpus.aws-us-east-1", "data.corpus.gcp-europe-west4"),
    ],
)
def test_nothing_moves_to_another_place_or_becomes_another_thing(
    source: str, destination: str
) -> None:
    with pytest.raises(ValueError, match="can not become"):
        renamed(FLEET, source, destination)
