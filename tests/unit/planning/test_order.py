"""Nothing runs where nothing is, and nothing is torn down under what runs."""

from hypothesis import given

from broker.domain.fleet import Fleet
from broker.planning.actions import Action, ResourceChange, ResourceType
from broker.planning.diff import diff
from tests.fakes import fleets
from tests.fakes.random_fleets import fleets as any_fleet


def order_of(desired: Fleet, recorded: Fleet | None) -> list[str]:
    return [f"{change.action} {change.address}" for change in diff(desired, recorded)]


def test_data_comes_first_then_clusters_pools_and_workloads() -> None:
    assert order_of(fleets.research(), None) == [
        "create data.corpus.aws-us-east-1",
        "create cluster.aws-us-east-1",
        "create cluster.gcp-europe-west4",
        "create pool.aws-us-east-1.g6-12xlarge-on-demand",
        "create pool.aws-us-east-1.p5-48xlarge-spot",
        "create pool.gcp-europe-west4.a3-highgpu-8g-reserved",
        "create workload.chat",
        "create workload.finetune",
        "create workload.pretrain",
        "create workload.search",
    ]


def test_deletion_goes_the_other_way_round() -> None:
    lines = order_of(fleets.fleet([], []), fleets.research())
    kinds = [line.removeprefix("delete ").partition(".")[0] for line in lines]

    assert kinds == ["workload"] * 4 + ["pool"] * 3 + ["cluster"] * 2 + ["data"]


def test_a_pool_grows_before_its_work_and_shrinks_after_it() -> None:
    small, large = fleets.research(), fleets.research(training_nodes=20)

    def changes(desired: Fleet, recorded: Fleet) -> list[str]:
        return [line for line in order_of(desired, recorded) if line.startswith("update")]

    pool, work = "update pool.aws-us-east-1.p5-48xlarge-spot", "update workload.pretrain"
    assert changes(large, small) == [pool, work]
    assert changes(small, large) == [work, pool]


def test_work_that_ends_leaves_room_before_other_work_comes() -> None:
    pool = fleets.pool("aws-us-east-1", fleets.G6, 2, ["chat"])
    cluster = fleets.cluster(fleets.AWS, pool)
    recorded = fleets.fleet([cluster], fleets.shares(pool, [("chat", "apps", 8)]))
    desired = fleets.fleet([cluster], fleets.shares(pool, [("assistant", "apps", 8)]))

    assert order_of(desired, recorded)[-2:] == ["delete workload.chat", "create workload.assistant"]


@given(any_fleet(), any_fleet())
def test_everything_is_made_after_what_it_stands_on(desired: Fleet, recorded: Fleet) -> None:
    changes = diff(desired, recorded)
    position = {
        change.address: index
        for index, change in enumerate(changes)
        if change.action in (Action.CREATE, Action.REPLACE)
    }

    for change in changes:
        if change.action in (Action.CREATE, Action.REPLACE):
            new = stands_on(change) & position.keys()
            assert all(position[below] < position[change.address] for below in new)


@given(any_fleet(), any_fleet())
def test_everything_goes_before_what_it_stood_on(desired: Fleet, recorded: Fleet) -> None:
    changes = diff(desired, recorded)
    position = {
        change.address: index
        for index, change in enumerate(changes)
        if change.action is Action.DELETE
    }

    for change in changes:
        if change.action is Action.DELETE:
            gone = stands_on(change) & position.keys()
            assert all(position[below] > position[change.address] for below in gone)


def stands_on(change: ResourceChange) -> set[str]:
    settings = change.resource.settings
    match change.resource.type:
        case ResourceType.POOL:
            return {f"cluster.{settings['cluster']}"}
        case ResourceType.WORKLOAD:
            return {f"pool.{place['cluster']}.{place['pool']}" for place in settings["placements"]}
        case _:
            return set()
