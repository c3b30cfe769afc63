"""A change as a stream of JSON: Terraform's types, names and counts."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from broker.cli.exit_codes import ExitCode
from broker.cli.talk import JsonTalk
from broker.domain.ids import ClusterName
from broker.domain.members import ResourceStep, StackPreview, StepOp
from broker.planning.stacks import stack_documents
from broker.ports.provisioning import StepEvent
from broker.ports.state import Entry
from broker.storage.clock import StoppedClock

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
MEMBER = ClusterName("aws-us-east-1")
STEP = ResourceStep(name="main", type="aws:eks/cluster:Cluster", op=StepOp.CREATE)
RESOURCE = {
    "addr": "aws-us-east-1/aws:eks/cluster:Cluster.main",
    "module": "aws-us-east-1",
    "resource": "aws:eks/cluster:Cluster.main",
    "implied_provider": "aws",
    "resource_type": "aws:eks/cluster:Cluster",
    "resource_name": "main",
    "resource_key": None,
}


class Told:
    """A stream, and what was written into it."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.talk = JsonTalk(StoppedClock(NOW), self._stream)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def plan(*steps: ResourceStep) -> dict[str, Any]:
    previews = [StackPreview(member=MEMBER, steps=steps, unchanged=0, checkpoint=None)]
    return {"resource_changes": [], "stacks": stack_documents(previews)}


def test_each_resource_begins_goes_on_and_ends() -> None:
    told = Told()
    begun = StepEvent(member=MEMBER, step=STEP, state="started")

    told.talk.step(begun)
    told.talk.still()
    told.talk.step(replace(begun, state="done"))
    told.talk.step(begun)
    told.talk.step(replace(begun, state="failed", message="no"))

    lines = told.lines()
    assert [line["type"] for line in lines] == [
        "apply_start",
        "apply_progress",
        "apply_complete",
        "apply_start",
        "apply_errored",
    ]
    assert lines[0]["hook"] == {"resource": RESOURCE, "action": "create"}
    assert lines[1]["hook"]["elapsed_seconds"] == lines[2]["hook"]["elapsed_seconds"] == 0
    assert lines[4]["@level"] == "error"


def test_what_will_be_destroyed_is_told_before_it_is() -> None:
    told = Told()

    told.talk.planned(plan(replace(STEP, op=StepOp.DELETE)), "for people")

    planned, summary = told.lines()
    assert planned["type"] == "planned_change"
    assert planned["change"] == {"resource": RESOURCE, "action": "delete"}
    assert summary["@message"] == "Plan: 0 to add, 0 to change, 1 to destroy."
    assert summary["changes"] == {
        "add": 0, "change": 0, "import": 0, "remove": 1, "operation": "plan",
    }  # fmt: skip


def test_a_replacement_is_told_with_its_reason_and_counted_twice() -> None:
    told = Told()

    told.talk.planned(plan(replace(STEP, op=StepOp.REPLACE, forcing=("roleArn",))), "")

    planned, summary = told.lines()
    assert planned["change"]["reason"] == "cannot_update"
    assert (summary["changes"]["add"], summary["changes"]["remove"]) == (1, 1)


def test_no_two_resources_have_one_address() -> None:
    told, role = Told(), replace(STEP, type="aws:iam/role:Role")

    told.talk.planned(plan(STEP, role), "")

    addresses = [line["change"]["resource"]["addr"] for line in told.lines()[:2]]
    assert len(set(addresses)) == 2


def test_what_was_asked_to_be_made_anew_is_told_so() -> None:
    told, anew = Told(), replace(STEP, op=StepOp.REPLACE, forcing=("id",))

    told.talk.planned(plan(anew), "")
    told.talk.step(StepEvent(member=MEMBER, step=anew, state="started"))

    planned, _, begun = told.lines()
    assert (planned["change"]["action"], planned["change"]["reason"]) == ("replace", "requested")
    assert begun["hook"]["action"] == "create"
    assert begun["@message"].endswith("Creating...")


def test_the_end_tells_what_was_done_what_is_there_and_how_it_ended() -> None:
    told = Told()
    begun = StepEvent(member=MEMBER, step=STEP, state="started")
    told.talk.step(begun)
    told.talk.step(replace(begun, state="done"))

    told.talk.ended(
        "", ExitCode.OK, operation="apply", outputs={"aws-us-east-1": {"cluster_id": "x"}}, serial=3
    )

    summary, outputs, ended = told.lines()[2:]
    assert summary["@message"] == "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."
    assert summary["changes"]["operation"] == "apply"
    assert outputs["outputs"]["aws-us-east-1"]["value"] == {"cluster_id": "x"}
    assert (ended["type"], ended["exit_code"], ended["serial"]) == ("ended", 0, 3)


def test_what_drifted_is_no_change_of_ours() -> None:
    told = Told()

    told.talk.step(StepEvent(member=MEMBER, step=replace(STEP, op=StepOp.DELETE), state="done"))

    (line,) = told.lines()
    assert line["type"] == "resource_drift"
    assert line["change"] == {"resource": RESOURCE, "action": "delete"}


def test_a_cluster_that_is_read_is_told_of_before_and_after() -> None:
    told = Told()

    told.talk.reading(MEMBER, "started")
    told.talk.reading(MEMBER, "done")

    lines = told.lines()
    assert [line["type"] for line in lines] == ["refresh_start", "refresh_complete"]
    assert lines[0]["@message"] == "aws-us-east-1: Refreshing state..."
    assert lines[0]["hook"]["resource"]["addr"] == "aws-us-east-1"


def test_what_is_called_otherwise_and_what_is_managed_no_more_are_told_in_terraforms_words() -> (
    None
):
    told = Told()
    change = {
        "address": "workload.new",
        "previous_address": "workload.old",
        "type": "workload",
        "name": "new",
        "change": {"actions": ["no-op"]},
    }
    removed = {"cluster": "aws-us-east-1", "monthly": "1"}

    told.talk.planned(
        {"resource_changes": [change], "blocks": {"removed": [removed]}}, "not for programs"
    )

    moved, forgotten, summary = told.lines()
    assert moved["change"]["action"] == "move"
    assert moved["change"]["resource"]["addr"] == "workload.new"
    assert moved["change"]["previous_resource"]["addr"] == "workload.old"
    assert forgotten["change"]["action"] == "remove"
    assert forgotten["change"]["resource"]["addr"] == "cluster.aws-us-east-1"
    assert summary["changes"]["change"] == 0


def test_one_part_of_several_begins_with_a_line_of_its_own() -> None:
    told = Told()

    told.talk.part("reap_start", "Workspace ci", workspace="ci")

    (line,) = told.lines()
    assert (line["type"], line["workspace"]) == ("reap_start", "ci")


def test_what_takes_the_place_of_what_is_sold_out_is_told_with_what_the_fleet_costs() -> None:
    told = Told()
    detail = {"instead": ["2 x gcp/b/small/spot"], "monthly_cost": "12.5", "currency": "USD"}

    told.talk.entry(
        Entry(
            at=NOW, who="me", act="fall-back", phase="outcome", subject="x", token="", detail=detail
        )
    )

    (line,) = told.lines()
    assert {key: line[key] for key in detail} == detail
    assert "2 x gcp/b/small/spot" in line["@message"]
    assert "$12.50 a month" in line["@message"]
