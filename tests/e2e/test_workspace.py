"""Workspaces on the command line: several fleets from one spec, each with a state of its own."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from broker.domain.ids import ClusterName
from broker.ports.state import MemberRecord, first_state
from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile
from broker.storage.state_store import StateFile
from tests.conftest import ROOT, Broker

FLEET = str(ROOT / "examples" / "startup")

MADE = MemberRecord(
    name=ClusterName("one"), member={}, outputs={}, resources=(), checkpoint="sha256:1"
)


def record(folder: Path) -> None:
    with LeaseFile(folder, SystemClock()).held("apply", who="ann@desk") as lease:
        state = replace(first_state("fleet", "USD"), members=(MADE,))
        StateFile(folder, SystemClock()).write(state, lease)


def test_each_workspace_has_a_state_of_its_own(broker: Broker, tmp_path: Path) -> None:
    made = broker("workspace", "new", "staging")
    record(tmp_path / ".broker" / "workspaces" / "staging")

    assert made.returncode == 0, made.stderr
    assert broker("workspace", "show").stdout == "staging\n"
    assert broker("workspace", "list").stdout == "  default\n* staging\n"
    assert broker("state", "list").stdout == "cluster.one\n"
    for words in (
        ["-workspace=default", "state", "list"],
        ["state", "list", "-workspace", "default"],
        ["state", "--workspace=default", "list"],
    ):
        assert "[state-missing]" in broker(*words).stderr
    assert broker("state", "list", env={"BROKER_WORKSPACE": "default"}).returncode == 1
    assert json.loads(broker("workspace", "list", "-json").stdout)["selected"] == "staging"


def test_the_fleet_of_a_workspace_bears_its_name(broker: Broker) -> None:
    broker("workspace", "new", "staging")
    plans = {
        name: json.loads(broker("plan", FLEET, "-json", f"-workspace={name}").stdout)
        for name in ("default", "staging")
    }

    names = {name: plan["fleet"] for name, plan in plans.items()}
    assert names["staging"] == f"{names['default']}-staging"


def test_a_plan_of_an_empty_workspace_is_applied_in_no_other(broker: Broker) -> None:
    broker("workspace", "new", "staging")
    planned = broker("plan", FLEET, "-out=staging.plan")
    done = broker("apply", "staging.plan", "-auto-approve", "-workspace=default")

    assert planned.returncode == 0, planned.stderr
    assert done.returncode == 1
    assert "[plan-for-other-state]" in done.stderr
    assert "The plan is for .broker/workspaces/staging, the state here is in .broker." in " ".join(
        done.stderr.split()
    )


@pytest.mark.parametrize("words", [["select", "nowhere"], ["delete", "nowhere"]])
def test_one_that_is_not_there_is_said(broker: Broker, words: list[str]) -> None:
    done = broker("workspace", *words)

    assert done.returncode == 1
    assert "[workspace-unknown]" in done.stderr
    assert "[workspace-unknown]" in broker("state", "list", "-workspace=nowhere").stderr


def test_one_with_clusters_is_deleted_by_force_only(broker: Broker, tmp_path: Path) -> None:
    broker("workspace", "new", "staging")
    record(tmp_path / ".broker" / "workspaces" / "staging")
    broker("workspace", "select", "default")
    refused = broker("workspace", "delete", "staging")

    assert "[workspace-not-empty]" in refused.stderr
    assert broker("workspace", "delete", "-force", "staging").returncode == 0
    assert broker("workspace", "list").stdout == "* default\n"


def test_selecting_while_the_environment_chooses_another_one_warns(broker: Broker) -> None:
    broker("workspace", "new", "a")
    done = broker("workspace", "select", "default", env={"BROKER_WORKSPACE": "a"})

    assert done.returncode == 0
    assert "BROKER_WORKSPACE is set" in done.stderr
