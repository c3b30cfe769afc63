"""`broker output`, `taint`, `untaint` and `reap` on the command line, over a state that is recorded."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.planning.desired import desired_document
from broker.ports.state import first_state
from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile
from broker.storage.state_store import StateFile
from tests.conftest import Broker
from tests.fakes.fleets import research
from tests.fakes.small_state import MADE

UNTIL = datetime(2026, 11, 30, 5, 30, tzinfo=UTC)
AFTER = {"BROKER_NOW": "2026-11-30T05:30:00Z"}


def record(folder: Path, until: datetime | None = None) -> None:
    with LeaseFile(folder, SystemClock()).held("apply", who="ann@desk") as lease:
        state = replace(
            first_state("research", "USD"),
            desired=desired_document(research()),
            members=(MADE,),
            expires_at=until,
            expiry_stated_at=None if until is None else datetime(2026, 11, 30, 1, 30, tzinfo=UTC),
        )
        StateFile(folder, SystemClock()).write(state, lease)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    record(tmp_path / ".broker")
    return tmp_path


def test_outputs_have_the_shape_that_programs_know(broker: Broker, folder: Path) -> None:
    document = json.loads(broker("output", "-json").stdout)
    people = broker("output").stdout

    assert document["aws-us-east-1"]["value"]["endpoint"] == "https://10.0.0.1"
    assert document["aws-us-east-1"]["sensitive"] is False
    assert document["aws-us-east-1"]["type"][0] == "object"
    assert 'aws-us-east-1 = {\n  "endpoint" = "https://10.0.0.1"\n' in people


def test_one_value_is_printed_for_a_script(broker: Broker, folder: Path) -> None:
    assert broker("output", "-raw", "aws-us-east-1.endpoint").stdout == "https://10.0.0.1"
    assert broker("output", "aws-us-east-1.endpoint").stdout == '"https://10.0.0.1"\n'
    assert json.loads(broker("output", "-json", "aws-us-east-1.pools").stdout) == {"l4": "np-1"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["aws-us-east-2"], "output-unknown"),
        (["-raw", "aws-us-east-1.pools"], "output-not-raw"),
        (["-raw"], "usage-invalid"),
        (["-raw", "-json", "aws-us-east-1"], "usage-invalid"),
    ],
)
def test_what_can_not_be_printed_is_told(
    broker: Broker, folder: Path, words: list[str], code: str
) -> None:
    done = broker("output", *words)

    assert done.returncode == 1
    assert code in done.stderr + done.stdout


def test_where_nothing_was_made_there_are_no_outputs(broker: Broker) -> None:
    people, programs = broker("output"), broker("output", "-json")

    assert (people.returncode, people.stdout) == (0, "")
    assert people.stderr.startswith("No outputs")
    assert json.loads(programs.stdout) == {}


def test_a_pool_is_marked_and_the_mark_taken_off(broker: Broker, folder: Path) -> None:
    address = next(
        line
        for line in broker("state", "list").stdout.splitlines()
        if line.startswith("pool.aws-us-east-1.")
    )

    tainted = broker("taint", address)
    shown = broker("state", "show", address).stdout
    untainted = broker("untaint", address)
    again = broker("untaint", address)

    assert tainted.stdout == f"Marked {address}: the next apply makes it anew.\n"
    assert "(to be made anew)" in shown
    assert untainted.returncode == 0, untainted.stderr
    assert "[not-tainted]" in again.stderr
    assert again.returncode == 1


def test_the_end_of_a_fleet_is_shown_where_its_record_is(broker: Broker, tmp_path: Path) -> None:
    record(tmp_path / ".broker", UNTIL)

    listed = broker("state", "list")
    shown = json.loads(broker("state", "show", "cluster.aws-us-east-1", "-json").stdout)
    workspaces = json.loads(broker("workspace", "list", "-json").stdout)

    assert "2026-11-30 05:30 UTC" in listed.stderr
    assert "cluster.aws-us-east-1\n" in listed.stdout
    assert shown["expires_at"] == "2026-11-30T05:30:00+00:00"
    assert workspaces["expires_at"] == {"default": "2026-11-30T05:30:00+00:00"}
    assert broker("workspace", "list").stdout == "* default   until 2026-11-30 05:30 UTC\n"


def test_what_has_run_out_is_shown_in_every_workspace(broker: Broker, tmp_path: Path) -> None:
    broker("workspace", "new", "ci")
    broker("workspace", "new", "lasting")
    record(tmp_path / ".broker" / "workspaces" / "ci", UNTIL)
    record(tmp_path / ".broker" / "workspaces" / "lasting")

    early = broker("reap", "-dry-run", env={"BROKER_NOW": "2026-11-30T05:29:59Z"})
    people = broker("reap", "-dry-run", env=AFTER)
    document = json.loads(broker("reap", "-dry-run", "-json", env=AFTER).stdout)
    one = broker("reap", "-dry-run", "-workspace=lasting", env=AFTER)
    patient = broker("reap", "-dry-run", "-grace=1m", env=AFTER)

    assert early.stdout.startswith("Nothing to reap: of 3 workspaces")
    assert "ci   fleet research, until 2026-11-30 05:30 UTC" in people.stdout
    assert [each["workspace"] for each in document["overdue"]] == ["ci"]
    assert document["overdue"][0]["clusters"] == ["aws-us-east-1"]
    assert one.stdout.startswith("Nothing to reap: of 1 workspace")
    assert patient.stdout.startswith("Nothing to reap")


def test_a_state_that_can_not_be_read_is_told_and_keeps_no_other(
    broker: Broker, tmp_path: Path
) -> None:
    for name in ("broken", "ci"):
        broker("workspace", "new", name)
        record(tmp_path / ".broker" / "workspaces" / name, UNTIL)
    (tmp_path / ".broker" / "workspaces" / "broken" / "state.db").write_bytes(b"nothing")

    done = broker("reap", "-dry-run", env=AFTER)

    assert done.returncode == 4
    assert "- ci   fleet research" in done.stdout
    assert "[state-damaged]" in done.stderr
    assert "broken: failed" in done.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["-input=false"], "-input=false does not let it be asked for"),
        ([], "the input has ended"),
    ],
)
def test_nothing_is_reaped_without_a_word(
    broker: Broker, tmp_path: Path, words: list[str], why: str
) -> None:
    record(tmp_path / ".broker", UNTIL)

    done = broker("reap", *words, env=AFTER, input="")
    programs = broker("reap", "-json", env=AFTER)

    assert done.returncode == 1
    assert why in done.stderr
    assert "Plan file or auto-approve required" in programs.stdout
    assert programs.returncode == 1


def test_programs_are_told_that_nothing_has_run_out(broker: Broker, folder: Path) -> None:
    done = broker("reap", "-auto-approve", "-json")

    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["type"], last["exit_code"], last["reaped"]) == ("ended", 0, [])


@pytest.mark.parametrize(
    "words",
    [
        "apply -ttl=4h -target=a",
        "plan -ttl=4h -exclude=a",
        "apply -ttl=soon",
        "plan -ttl=99999999d",
        "apply -ttl=4h -destroy",
        "plan -ttl=4h -refresh-only",
    ],
)
def test_an_end_is_of_the_whole_fleet_and_a_duration(broker: Broker, words: str) -> None:
    done = broker(*words.split())

    assert done.returncode == 1
    assert "[usage-invalid]" in done.stderr
