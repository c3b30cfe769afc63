"""A recorded fleet as blocks read it, and the names that its pools keep."""

from dataclasses import replace

import pytest

from broker.domain.blocks import Moved, Removed
from broker.domain.errors import PlanFileInvalid
from broker.domain.ids import ClusterName, PoolName, WorkloadName
from broker.planning.blocks import (
    BLOCKS,
    Blocks,
    blocks_document,
    blocks_in,
    keeping_names,
    read_as,
    renamed_names,
)
from broker.planning.edits import renamed
from broker.planning.plan_shape import checked
from broker.planning.shape import findings
from tests.fakes.fleets import research

FLEET = research()
SOURCE = f"workload.{FLEET.placements[0].workload}"
MOVE = Moved(source=SOURCE, destination="workload.of-now")


def test_a_move_is_read_once_and_is_done_after_that() -> None:
    first = read_as(FLEET, [MOVE], (), currency="USD")
    assert first.fleet is not None
    again = read_as(first.fleet, [MOVE], (), currency="USD")

    assert first.fleet == renamed(FLEET, SOURCE, MOVE.destination)
    assert (first.blocks.moves, first.blocks.done) == ((MOVE,), ())
    assert (again.blocks.moves, again.blocks.done) == ((), (MOVE,))
    assert again.fleet == first.fleet


def test_a_move_of_what_is_not_recorded_is_nothing() -> None:
    nowhere = Moved(source="workload.a", destination="workload.b")

    read = read_as(FLEET, [nowhere], (), currency="USD")

    assert read.fleet == FLEET
    assert not read.blocks.has_changes
    assert blocks_document(read.blocks) == {}


def test_a_data_set_is_renamed_with_all_its_copies() -> None:
    (copy, *_) = FLEET.replicas
    move = Moved(source=f"data.{copy.dataset}", destination="data.of-now")

    read = read_as(FLEET, [move], (), currency="USD")

    assert read.fleet is not None
    assert copy.dataset not in {replica.dataset for replica in read.fleet.replicas}
    assert len(read.fleet.replicas) == len(FLEET.replicas)


def test_what_is_managed_no_more_is_left_out_with_what_it_costs() -> None:
    (cluster, *others) = FLEET.clusters

    read = read_as(FLEET, (), [Removed(cluster=cluster.name)], currency="USD")

    assert read.fleet is not None
    assert list(read.fleet.clusters) == others
    assert read.blocks.gone == {cluster.name}
    assert (read.blocks.forgotten or {})[cluster.name] is not None


def test_of_what_is_half_made_nobody_knows_the_cost() -> None:
    name = ClusterName("aws-half-made")

    read = read_as(None, (), [Removed(cluster=name)], made=[name], currency="USD")

    assert read.blocks.forgotten == {name: None}
    assert read.fleet is None


def test_where_nothing_is_recorded_blocks_have_nothing_to_do() -> None:
    read = read_as(None, [MOVE], [Removed(cluster=ClusterName("a"))], currency="USD")

    assert read.fleet is None
    assert read.blocks == Blocks()


def test_what_is_written_of_them_is_read_again() -> None:
    (cluster, *_) = FLEET.clusters
    read = read_as(FLEET, [MOVE], [Removed(cluster=cluster.name)], currency="USD")
    document = {**blocks_document(read.blocks), "cost": {"currency": "USD"}}

    found = blocks_in(document)

    assert list(findings(document["blocks"], BLOCKS, "plan.blocks")) == []
    assert [(m.source, m.destination) for m in found.moves] == [(SOURCE, "workload.of-now")]
    assert found.forgotten == read.blocks.forgotten


def test_blocks_of_no_shape_are_no_plan() -> None:
    with pytest.raises(PlanFileInvalid):
        checked({"blocks": {"moved": "all"}})
    assert list(findings({"moved": [], "removed": [], "import": [1]}, BLOCKS, "b"))


def test_a_pool_that_is_the_same_but_for_its_name_keeps_it() -> None:
    (cluster, *others) = FLEET.clusters
    (pool, *rest) = cluster.pools
    other = replace(pool, name=PoolName("other-name"))
    placements = tuple(
        replace(p, pool=other.name) if (p.cluster, p.pool) == (pool.cluster, pool.name) else p
        for p in FLEET.placements
    )
    target = replace(
        FLEET,
        clusters=(replace(cluster, pools=(other, *rest)), *others),
        placements=placements,
    )

    assert keeping_names(target, FLEET) == FLEET
    assert keeping_names(FLEET, FLEET) is FLEET
    assert keeping_names(target, None) is target


def test_a_pool_of_other_work_is_another_pool() -> None:
    (cluster, *others) = FLEET.clusters
    (pool, *rest) = cluster.pools
    other = replace(pool, name=PoolName("other-name"), workloads=(WorkloadName("else"),))
    target = replace(FLEET, clusters=(replace(cluster, pools=(other, *rest)), *others))

    assert keeping_names(target, FLEET) is target


def test_names_follow_the_moves_in_their_order() -> None:
    on = Moved(source=MOVE.destination, destination="workload.last")
    name = SOURCE.removeprefix("workload.")

    assert renamed_names([name, "other"], [MOVE, on]) == {"last", "other"}
