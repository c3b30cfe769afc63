"""What the engine writes of a program's wishes, as records."""

from typing import Any

from stacks.goals import Goal, bookkeeping, goals_of, in_order
from stacks.steps import UNKNOWN

STACK = "urn:pulumi:dev::life::pulumi:pulumi:Stack::life-dev"
AWS = "urn:pulumi:dev::life::pulumi:providers:aws::default"
KUBERNETES = "urn:pulumi:dev::life::pulumi:providers:kubernetes::cluster"
CLUSTER = "urn:pulumi:dev::life::aws:eks/cluster:Cluster::cluster"


def wished(urn: str, inputs: dict[str, Any], *steps: str, **more: Any) -> dict[str, Any]:
    type_ = urn.split("::")[2]
    goal = {
        "type": type_,
        "name": urn.rpartition("::")[2],
        "custom": urn != STACK,
        "inputDiff": {"adds": inputs},
        "protect": False,
        "customTimeouts": {},
        **more,
    }
    return {"goal": goal, "steps": list(steps or ("create",))}


def plan(**cluster: Any) -> dict[str, Goal]:
    told = {
        STACK: wished(STACK, {}),
        AWS: wished(AWS, {"version": "7"}),
        CLUSTER: wished(
            CLUSTER,
            {"name": "a", "vpcConfig": {"subnetIds": [UNKNOWN]}},
            *cluster.get("steps", ()),
            parent=STACK,
            provider=f"{AWS}::{UNKNOWN}",
            dependencies=["urn:of:a:subnet"],
            propertyDependencies={"name": [], "vpcConfig": ["urn:of:a:subnet"]},
        ),
        KUBERNETES: wished(KUBERNETES, {"version": "4"}, parent=STACK, dependencies=[CLUSTER]),
        "urn:gone": {"steps": ["delete"]},
    }
    return goals_of({"resourcePlans": told})


def test_inputs_that_are_not_known_yet_are_left_out() -> None:
    assert plan()[CLUSTER].inputs == {"name": "a"}


def test_what_nobody_wants_is_no_goal() -> None:
    assert "urn:gone" not in plan()


def test_the_stack_and_providers_are_recorded_once_what_they_need_is() -> None:
    goals = plan()

    first = bookkeeping(goals, {})
    assert set(first) == {STACK, AWS}
    assert first == bookkeeping(goals, {}), "the same each time"

    record = goals[CLUSTER].record(first, "a", is_read=True)
    made = plan(steps=("same",))
    assert set(bookkeeping(made, {**first, CLUSTER: record})) == {STACK, AWS, KUBERNETES}


def test_what_is_made_from_what_is_to_be_replaced_is_not_known_yet() -> None:
    goals = plan(steps=("create-replacement", "replace"))

    assert KUBERNETES not in bookkeeping(goals, {STACK: {}, AWS: {}, CLUSTER: {}})


def test_what_is_to_be_read_has_an_id_and_depends_only_on_what_is_there() -> None:
    goals = plan()
    held = bookkeeping(goals, {})

    record = goals[CLUSTER].record(held, "the-id", is_read=True)

    assert (record["id"], record["inputs"]) == ("the-id", {})
    assert "outputs" not in record
    assert record["provider"] == f"{AWS}::{held[AWS]['id']}"
    assert record["dependencies"] == []
    assert record["propertyDependencies"] == {"name": [], "vpcConfig": []}


def test_records_are_put_in_the_order_of_need() -> None:
    resources = {
        "a": {"urn": "a", "dependencies": ["c"], "provider": "d::id"},
        "b": {"urn": "b", "parent": "a"},
        "c": {"urn": "c", "dependencies": ["gone"]},
        "d": {"urn": "d"},
    }

    assert [each["urn"] for each in in_order(resources)] == ["d", "c", "a", "b"]
