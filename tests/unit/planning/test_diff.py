"""Desired minus recorded."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from broker.domain.fleet import Fleet
from broker.domain.ids import MachineType, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from broker.planning.actions import Action, ResourceChange
from broker.planning.diff import diff
from broker.planning.resources import resources
from tests.fakes import fleets
from tests.fakes.random_fleets import fleets as any_fleet

POOL = "pool.aws-us-east-1.p5-48xlarge-spot"


def changed(desired: Fleet, recorded: Fleet | None) -> dict[str, ResourceChange]:
    return {
        change.address: change
        for change in diff(desired, recorded)
        if change.action is not Action.NO_OP
    }


def with_training(recorded: Fleet, **settings: Any) -> Fleet:
    """*recorded*, with another offer under the same pool name."""
    bought = replace(fleets.P5_SPOT, **settings)
    return Fleet(
        clusters=tuple(
            replace(
                cluster,
                pools=tuple(
                    replace(pool, offer=bought) if "pretrain" in pool.workloads else pool
                    for pool in cluster.pools
                ),
            )
            for cluster in recorded.clusters
        ),
        placements=tuple(
            replace(placement, offer=bought) if placement.workload == "pretrain" else placement
            for placement in recorded.placements
        ),
        replicas=recorded.replicas,
        cloud_fixed_monthly=recorded.cloud_fixed_monthly,
    )


def test_addresses_name_each_thing_of_the_fleet() -> None:
    assert list(resources(fleets.research())) == [
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
    ]


def test_everything_of_a_new_fleet_is_created() -> None:
    changes = diff(fleets.research(), None)

    assert {change.action for change in changes} == {Action.CREATE}
    assert {change.address for change in changes} == set(resources(fleets.research()))


def test_a_fleet_equals_itself() -> None:
    assert changed(fleets.research(), fleets.research()) == {}


def test_everything_of_a_fleet_not_wanted_is_deleted() -> None:
    changes = diff(fleets.fleet([], []), fleets.research())

    assert {change.action for change in changes} == {Action.DELETE}
    assert {change.reason for change in changes} == {"delete_because_no_resource_config"}


def test_more_nodes_are_added_in_place() -> None:
    found = changed(fleets.research(training_nodes=20), fleets.research())

    assert {address: change.action for address, change in found.items()} == {
        POOL: Action.UPDATE,
        "workload.pretrain": Action.UPDATE,
    }
    (nodes,) = found[POOL].attributes
    assert (nodes.attribute, nodes.before, nodes.after) == ("nodes", 16, 20)
    assert not nodes.forces_replacement


@pytest.mark.parametrize(
    ("attribute", "settings"),
    [
        ("zone", {"zone": ZoneId("use1-az6")}),
        ("machine_type", {"machine_type": MachineType("p5e.48xlarge")}),
        ("capacity_type", {"capacity_type": CapacityType.ON_DEMAND}),
        ("term_months", {"term_months": 12}),
    ],
)
def test_what_no_cloud_changes_in_place_forces_a_replacement(
    attribute: str, settings: dict[str, Any]
) -> None:
    found = changed(with_training(fleets.research(), **settings), fleets.research())

    assert found[POOL].action is Action.REPLACE
    assert found[POOL].action.steps == ["delete", "create"]
    assert found[POOL].replace_paths == [[attribute]]
    assert found[POOL].reason == "replace_because_cannot_update"


def test_work_on_replaced_nodes_starts_anew() -> None:
    recorded = fleets.research()

    found = changed(with_training(recorded, zone=ZoneId("use1-az6")), recorded)

    assert found["workload.pretrain"].action is Action.REPLACE
    assert found["workload.pretrain"].replace_paths == [["placements"]]


def test_a_moved_price_changes_the_cost_and_no_resource() -> None:
    recorded = fleets.research()

    assert changed(with_training(recorded, price=Money.parse("99")), recorded) == {}


def test_a_service_that_keeps_some_replicas_is_changed_in_place() -> None:
    here = fleets.pool("aws-us-east-1", fleets.G6, 2, ["chat"])
    there = fleets.pool("gcp-europe-west4", fleets.G2, 4, ["chat"])
    recorded = fleets.fleet(
        [fleets.cluster(fleets.AWS, here)], fleets.shares(here, [("chat", "apps", 8)])
    )
    desired = fleets.fleet(
        [fleets.cluster(fleets.AWS, here), fleets.cluster(fleets.GCP, there)],
        [*fleets.shares(here, [("chat", "apps", 4)]), *fleets.shares(there, [("chat", "apps", 4)])],
    )

    assert changed(desired, recorded)["workload.chat"].action is Action.UPDATE


def test_a_service_that_keeps_no_replica_is_replaced() -> None:
    here = fleets.pool("aws-us-east-1", fleets.G6, 2, ["chat"])
    there = fleets.pool("gcp-europe-west4", fleets.G2, 4, ["chat"])
    recorded = fleets.fleet(
        [fleets.cluster(fleets.AWS, here)], fleets.shares(here, [("chat", "apps", 4)])
    )
    desired = fleets.fleet(
        [fleets.cluster(fleets.GCP, there)], fleets.shares(there, [("chat", "apps", 4)])
    )

    assert changed(desired, recorded)["workload.chat"].action is Action.REPLACE


@given(any_fleet(), any_fleet())
def test_what_comes_one_way_goes_the_other_way(desired: Fleet, recorded: Fleet) -> None:
    there = {change.address: change.action for change in diff(desired, recorded)}
    back = {change.address: change.action for change in diff(recorded, desired)}
    opposite = {Action.CREATE: Action.DELETE, Action.DELETE: Action.CREATE}

    assert back == {address: opposite.get(action, action) for address, action in there.items()}


@given(any_fleet())
def test_any_fleet_equals_itself(fleet: Fleet) -> None:
    assert changed(fleet, fleet) == {}


@given(any_fleet(), any_fleet())
def test_a_change_says_what_differs_and_nothing_else(desired: Fleet, recorded: Fleet) -> None:
    for change in diff(desired, recorded):
        if change.before is not None and change.after is not None:
            assert [attribute.attribute for attribute in change.attributes] == [
                name
                for name, value in change.after.settings.items()
                if change.before.settings[name] != value
            ]
