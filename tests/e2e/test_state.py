"""The state on the command line: as Terraform's users know it, and safe against two at once."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from broker.domain.ids import ClusterName
from broker.planning.desired import desired_document
from broker.ports.state import MemberRecord, first_state
from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile
from broker.storage.state_store import StateFile
from tests.conftest import Broker
from tests.fakes.fleets import research

MADE = MemberRecord(
    name=ClusterName("aws-us-east-1"),
    member={"name": "aws-us-east-1", "region": "aws/us-east-1"},
    outputs={"endpoint": "https://10.0.0.1", "pools": ["a", "b"]},
    resources=({"urn": "urn:1", "type": "t:Cluster", "name": "main", "id": "i-1"},),
    checkpoint="sha256:1",
    is_tainted=True,
)

HOLDING = """
import sys
from pathlib import Path
from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile

with LeaseFile(Path(".broker"), SystemClock()).held("apply", who="bob@desk") as lease:
    print(lease.id, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> StateFile:
    """A state with one of each, and a cluster that was made."""
    folder = tmp_path / ".broker"
    states = StateFile(folder, SystemClock())
    with LeaseFile(folder, SystemClock()).held("apply", who="ann@desk") as lease:
        state = first_state("research", "USD")
        states.write(replace(state, desired=desired_document(research()), members=(MADE,)), lease)
    return states


@contextmanager
def another(folder: Path) -> Iterator["tuple[subprocess.Popen[str], str]"]:
    """A process that holds the lock, and the ID of it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_addresses_are_listed_one_a_line(broker: Broker, store: StateFile) -> None:
    done = broker("state", "list", "cluster.gcp-europe-west4", "data.corpus.aws-us-east-1")

    assert done.stdout.splitlines() == [
        "cluster.gcp-europe-west4",
        "data.corpus.aws-us-east-1",
        "pool.gcp-europe-west4.a3-highgpu-8g-reserved",
    ]
    assert (done.returncode, done.stderr) == (0, "")
    listed = json.loads(broker("state", "list", "--json").stdout)["resources"]
    assert len(listed) == 10
    assert listed[0]["tainted"]


def test_one_resource_is_shown_whole(broker: Broker, store: StateFile) -> None:
    done = broker("state", "show", "cluster.aws-us-east-1")

    assert (
        done.stdout
        == """\
# cluster.aws-us-east-1: (tainted)
cluster "aws-us-east-1" {
    provider         = "aws"
    region           = "us-east-1"
    overhead_hourly  = "0.145"
    overhead_monthly = "105.85"

    outputs {
        endpoint = "https://10.0.0.1"
        pools    = ["a", "b"]
    }

    # 1 resource of the stack
    t:Cluster "main" {
        id = "i-1"
    }
}
"""
    )
    workload = broker("state", "show", "workload.chat").stdout
    assert "    placements = [\n        {\n" in workload
    document = json.loads(broker("state", "show", "-json", "cluster.aws-us-east-1").stdout)
    assert document["resources"] == [dict(MADE.resources[0])]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("apply -target=pool.gcp", ["-target=pool.gcp-europe-west4.a3-highgpu-8g-reserved"]),
        ("plan -replace=work", []),
        ("state show workload.ch", ["workload.chat"]),
    ],
)
def test_a_shell_completes_what_is_recorded(
    broker: Broker, store: StateFile, line: str, expected: list[str]
) -> None:
    asked = {"COMP_WORDS": f"broker {line}", "COMP_CWORD": line.rsplit(maxsplit=1)[-1]}
    done = broker(env={"_BROKER_COMPLETE": "fish_complete", **asked})

    assert [answer.partition(",")[2] for answer in done.stdout.split()] == expected


def test_without_a_state_nothing_is_pulled_and_the_rest_says_so(broker: Broker) -> None:
    pulled = broker("state", "pull")
    listed = broker("state", "list", "-json")

    assert (pulled.returncode, pulled.stdout, pulled.stderr) == (0, "", "")
    assert listed.returncode == 1
    assert json.loads(listed.stdout)["diagnostics"][0]["code"] == "state-missing"


def test_a_move_and_what_is_forgotten_are_recorded_with_a_backup(
    broker: Broker, store: StateFile, tmp_path: Path
) -> None:
    moved = broker("state", "mv", "workload.chat", "workload.talk")
    refused = broker("state", "rm", "cluster.aws-us-east-1")
    gone = broker("state", "rm", "-allow-orphan", "-json", "cluster.aws-us-east-1")

    assert moved.stdout == "Moved workload.chat to workload.talk.\n"
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "[state-orphan]" in refused.stderr
    assert json.loads(gone.stdout)["serial"] == 3
    assert [path.name for path in store.backups.files()] == ["state-1.json", "state-2.json"]
    assert "workload.talk" not in broker("state", "list").stdout
    assert broker("state", "mv", "-dry-run", "workload.finetune", "workload.x").returncode == 0


def test_what_is_pulled_is_pushed_after_damage(
    broker: Broker, store: StateFile, tmp_path: Path
) -> None:
    broker("state", "mv", "workload.chat", "workload.talk")
    (tmp_path / "kept.json").write_text(broker("state", "pull").stdout)
    file = tmp_path / ".broker" / "state.db"
    file.write_bytes(file.read_bytes()[:5000])

    told = broker("state", "list")
    pushed = broker("state", "push", "kept.json")

    assert told.returncode == 1
    assert "[state-damaged]" in told.stderr
    assert "broker state push .broker/backups/state-1.json" in told.stderr
    assert pushed.returncode == 0, pushed.stderr
    assert "workload.talk" in broker("state", "list").stdout


def test_a_state_is_pushed_from_standard_input(broker: Broker, store: StateFile) -> None:
    document = json.loads(broker("state", "pull").stdout) | {"serial": 41, "fleet": "other"}

    done = broker("state", "push", "-", input=json.dumps(document))

    assert "Recorded as serial 42" in done.stdout
    assert json.loads(broker("state", "pull").stdout)["fleet"] == "other"


@pytest.mark.parametrize("words", [["push", "nowhere.json"], ["push", "."]])
def test_a_file_that_can_not_be_read_is_said(
    broker: Broker, store: StateFile, words: list[str]
) -> None:
    done = broker("state", *words)

    assert done.returncode == 1
    assert "[state-file-unreadable]" in done.stderr


def test_who_holds_the_lock_is_said_with_exit_code_5(
    broker: Broker, store: StateFile, tmp_path: Path
) -> None:
    with another(tmp_path) as (process, lock_id):
        done = broker("state", "mv", "workload.chat", "workload.talk")

    assert done.returncode == 5
    assert "Error acquiring the state lock" in done.stderr
    for words in (f"ID:        {lock_id}", "Operation: apply", "Who:       bob@desk"):
        assert words in done.stderr
    assert f"process {process.pid}" in done.stderr


def test_who_waits_gets_the_lock_of_one_that_is_killed(
    broker: Broker, store: StateFile, tmp_path: Path
) -> None:
    with another(tmp_path) as (process, _):
        waiting = subprocess.Popen(
            [sys.executable, "-m", "broker", "state", "rm", "workload.chat", "-lock-timeout=60s"],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
        )
        os.kill(process.pid, signal.SIGKILL)
        _, told = waiting.communicate(timeout=60)

    assert waiting.returncode == 0, told


@pytest.mark.parametrize("answer", ["no\n", "YES\n", ""])
def test_a_lock_is_not_freed_without_a_yes(
    broker: Broker, store: StateFile, tmp_path: Path, answer: str
) -> None:
    with another(tmp_path) as (_, lock_id):
        done = broker("force-unlock", lock_id, input=answer)
        held = LeaseFile(tmp_path / ".broker", SystemClock()).current()

    assert done.returncode == 1
    assert "[unlock-cancelled]" in done.stderr
    assert held is not None


@pytest.mark.parametrize(("words", "answer"), [([], "yes\n"), (["-force"], "")])
def test_a_lock_is_freed_and_its_holder_can_record_nothing(
    broker: Broker, store: StateFile, tmp_path: Path, words: list[str], answer: str
) -> None:
    with another(tmp_path) as (_, lock_id):
        done = broker("force-unlock", *words, lock_id, input=answer)
        after = broker("state", "mv", "workload.chat", "workload.talk")

    assert (done.returncode, done.stdout) == (0, "The lock is free.\n")
    assert after.returncode == 0, after.stderr


def test_who_insists_sets_the_holder_aside_and_says_so(
    broker: Broker, store: StateFile, tmp_path: Path
) -> None:
    with another(tmp_path) as (_, lock_id):
        done = broker("state", "mv", "-lock=false", "workload.chat", "workload.talk")

    assert done.returncode == 0, done.stderr
    assert "[lock-set-aside]" in done.stderr
    assert f"on {lock_id}" in done.stderr
    acts = json.loads(broker("audit", "list", "-json").stdout)["entries"]
    assert [entry["act"] for entry in acts[:2]] == ["force-unlock", "force-unlock"]


def test_an_id_that_is_not_held_frees_nothing(
    broker: Broker, store: StateFile, tmp_path: Path
) -> None:
    free = broker("force-unlock", "-force", "0123456789abcdef")
    with another(tmp_path):
        other = broker("force-unlock", "-force", "0123456789abcdef")

    assert (free.returncode, other.returncode) == (1, 1)
    assert "[lock-not-held]" in free.stderr
    assert "Held is" in other.stderr


def test_an_unknown_action_gets_a_suggestion(broker: Broker) -> None:
    done = broker("state", "lst")

    assert done.returncode == 1
    assert "Did you mean list?" in done.stderr


def test_the_state_of_another_folder_is_listed(
    broker: Broker, store: StateFile, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    for words in (["-chdir=..", "state", "list"], ["state", "-chdir=..", "list"]):
        assert broker(*words, cwd=tmp_path / "elsewhere").returncode == 0
