"""`broker sandbox`: the clouds on this computer, asked by the unchanged providers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from providers.calls.endpoint import MADE_UP_TOKEN
from stacks.sandbox.messages import struct_of
from tests.conftest import ROOT, Broker

POLL_SECONDS = 0.02


def document(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def running(broker: Broker) -> Iterator[dict[str, Any]]:
    """A sandbox in the working folder of *broker*, ended afterwards."""
    yield document(broker("sandbox", "start", "-cloud=azure", "-json"))
    broker("sandbox", "stop")


def test_without_a_sandbox_there_is_none(broker: Broker) -> None:
    assert "No sandbox is running here." in broker("sandbox", "status").stdout
    assert document(broker("sandbox", "status", "-json"))["running"] is False
    assert broker("sandbox", "stop").stdout == "No sandbox was running.\n"


def test_it_is_asked_while_it_is_there_and_forgotten_afterwards(
    broker: Broker, running: dict[str, Any], tmp_path: Path
) -> None:
    assert running["running"] is True
    assert all(
        value.startswith("http://127.0.0.1:")
        for name, value in running["environment"].items()
        if name.endswith("_ENDPOINT")
    )

    refreshed = broker("refresh", "-json")
    complete = json.loads(refreshed.stdout.splitlines()[-1])
    offers = broker("offers", "-gpu=H100", "-cloud=azure", "-json")
    ended = broker("sandbox", "stop")
    after = broker("offers", "-gpu=H100", "-cloud=azure", "-json")

    assert refreshed.returncode == 0, refreshed.stdout
    assert {row["source"] for row in complete["coverage"]} == {"azure sandbox"}
    assert {row["status"] for row in complete["coverage"]} == {"ok"}
    assert "[sandbox-prices]" in offers.stderr
    assert ended.stdout == "The sandbox has ended.\n"
    assert after.stderr == ""
    priced = [
        {(o["region"], o["machine_type"], o["price"]) for o in document(done)["offers"]}
        for done in (offers, after)
    ]
    assert priced[0] == priced[1], "the sandbox sells what the bundled tables say"
    kept = [path for path in (tmp_path / ".broker").rglob("*") if path.is_file()]
    assert tmp_path / ".broker" / "sandbox" / "snapshot.db" in kept
    assert [path for path in kept if MADE_UP_TOKEN.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    "words",
    [
        ["drift"],
        ["destroy", "-auto-approve"],
        ["plan", "-destroy"],
        ["plan", "-refresh-only"],
        ["apply", "-refresh-only", "-auto-approve"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("running")
def test_what_reads_or_changes_clouds_says_that_it_is_the_sandbox(
    broker: Broker, words: list[str]
) -> None:
    assert "[sandbox-clouds]" in broker(*words).stderr


def test_with_faults_in_all_clouds_every_region_is_accounted_for(broker: Broker) -> None:
    broker("sandbox", "start", "-faults=3")
    try:
        refreshed = broker("refresh", "-json", "-deadline=10")
    finally:
        broker("sandbox", "stop")

    complete = json.loads(refreshed.stdout.splitlines()[-1])
    found: dict[str, list[str]] = {}
    for row in complete["coverage"]:
        found.setdefault(row["provider"], []).append(row["status"])
    assert refreshed.returncode == 4
    counts = {cloud: len(statuses) for cloud, statuses in found.items()}
    assert counts == {"aws": 30, "azure": 51, "gcp": 29}, "those that vanished are told of too"
    for statuses in found.values():
        assert set(statuses) == {"ok", "denied", "not-opted-in", "throttled", "timeout", "error"}
    assert refreshed.stderr == ""


def test_a_folder_has_one_sandbox(broker: Broker, running: dict[str, Any]) -> None:
    again = broker("sandbox", "start")

    assert again.returncode == 1
    assert "[sandbox-running]" in again.stderr
    assert document(broker("sandbox", "status", "-json")) == running


def test_one_that_was_killed_is_not_taken_for_running_and_no_real_cloud_is_asked(
    broker: Broker, running: dict[str, Any]
) -> None:
    os.kill(running["pid"], signal.SIGKILL)

    status = broker("sandbox", "status")
    refused = broker("refresh")
    forgotten = broker("sandbox", "stop")

    assert "has ended without being stopped" in status.stdout
    assert refused.returncode == 1
    assert "[sandbox-gone]" in refused.stderr
    assert forgotten.stdout == "No sandbox was running.\n"
    assert "No sandbox is running here." in broker("sandbox", "status").stdout


def test_in_the_foreground_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "broker", "sandbox", "run", "-cloud=azure"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert "Sandbox of azure" in child.stdout.readline()
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=30)

    assert child.returncode == 0
    assert not (tmp_path / ".broker" / "sandbox.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["start", "-cloud=nimbus"], "sandbox-failed"),
        (["run", "-cloud=nimbus"], "provider-not-installed"),
        (["begin"], "usage-invalid"),
    ],
)
def test_a_wrong_argument_is_told(arguments: list[str], code: str, broker: Broker) -> None:
    done = broker("sandbox", *arguments)

    assert done.returncode == 1
    assert f"[{code}]" in done.stderr


def test_a_damaged_record_is_told_and_removed_by_stop(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / ".broker").mkdir()
    (tmp_path / ".broker" / "sandbox.json").write_text("{")

    assert "[sandbox-record-damaged]" in broker("refresh").stderr
    assert broker("sandbox", "stop").returncode == 0
    assert broker("sandbox", "status").returncode == 0


def test_an_interrupted_refresh_ends_at_once_and_keeps_nothing(
    broker: Broker, tmp_path: Path
) -> None:
    """A region hangs; the thread that waits for it holds nobody back."""
    broker("sandbox", "start", "-cloud=azure", "-faults=3")
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "broker", "refresh", "-json", "-deadline=600"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as child:
            assert child.stdout is not None
            assert json.loads(child.stdout.readline())["type"] == "region_complete"
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=30)
    finally:
        broker("sandbox", "stop")

    assert child.returncode == 130
    assert not (tmp_path / ".broker" / "sandbox" / "snapshot.db").exists()


def test_an_interrupted_start_leaves_no_sandbox_behind(broker: Broker, tmp_path: Path) -> None:
    """Ctrl-C reaches the command alone, since the sandbox is in a session of its own."""
    log = tmp_path / ".broker" / "sandbox.log"
    with subprocess.Popen(
        [sys.executable, "-m", "broker", "sandbox", "start"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        while not log.exists():
            time.sleep(POLL_SECONDS)
        child.send_signal(signal.SIGINT)
        told, _ = child.communicate(timeout=60)

    assert (child.returncode, told) == (130, "")
    assert writers_of(log) == []
    assert broker("sandbox", "stop").stdout == "No sandbox was running.\n"


def writers_of(path: Path) -> list[str]:
    """The processes whose output goes to *path*."""
    return [
        link.parts[2]
        for link in Path("/proc").glob("[0-9]*/fd/1")
        if os.path.realpath(link) == str(path)
    ]


def test_what_is_made_there_is_listed_and_changed_by_hand(
    broker: Broker, running: dict[str, Any], tmp_path: Path
) -> None:
    """By another process than the one that serves."""
    assert running["engines"] == ["pulumi"]
    ports = dict(
        part.split(":") for part in running["environment"]["PULUMI_DEBUG_PROVIDERS"].split(",")
    )
    role = "aws:iam/role:Role"
    urn = f"urn:pulumi:dev::life::{role}::trainer"
    properties = struct_of({"name": "trainer", "assumeRolePolicy": "{}"})
    direct = [("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(f"127.0.0.1:{ports['aws']}", direct) as channel:
        provider_pb2_grpc.ResourceProviderStub(channel).Create(
            provider_pb2.CreateRequest(urn=urn, type=role, name="trainer", properties=properties)
        )

    listed = document(broker("sandbox", "resources", "-json"))["resources"]
    changed = broker("sandbox", "drift", "Role:trainer", "tags.by=hand")
    sold_out = broker("sandbox", "stock-out", "p5.48xlarge", "-region=us-east-1")
    restocked = broker("sandbox", "restock", "p5.48xlarge", "-region=us-east-1")
    twice = broker("sandbox", "restock", "p5.48xlarge", "-region=us-east-1")
    misspelt = broker("sandbox", "drift", "trainer", "descripton=x")
    deleted = broker("sandbox", "drift", "trainer")

    assert listed == [{"type": role, "name": "trainer", "id": "trainer", "region": None}]
    assert changed.stdout == f"{role} trainer has tags.by=hand now, and nobody was told.\n"
    assert "No p5.48xlarge is to be had any more in us-east-1." in sold_out.stdout
    assert "p5.48xlarge is to be had again in us-east-1." in restocked.stdout
    assert (twice.returncode, "[sandbox-in-stock]" in twice.stderr) == (1, True)
    assert (misspelt.returncode, "Unsupported argument: descripton" in misspelt.stderr) == (1, True)
    assert deleted.stdout == f"{role} trainer is gone, and nobody was told.\n"
    assert broker("sandbox", "resources").stdout == "Nothing was made in the sandbox.\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["drift"], "usage-invalid"),
        (["drift", "a", "b=1", "c=2"], "usage-invalid"),
        (["drift", "a", "b"], "usage-invalid"),
        (["stop", "a"], "usage-invalid"),
        (["stock-out"], "usage-invalid"),
        (["restock"], "usage-invalid"),
        (["drift", "nothing", "a=1"], "sandbox-resource-unknown"),
        (["stock-out", "p5.48xlrage"], "sandbox-offer-unknown"),
        (["stock-out", "p5.48xlarge", "-region=us-est-1"], "sandbox-offer-unknown"),
    ],
)
def test_a_wrong_order_is_told(arguments: list[str], code: str, broker: Broker) -> None:
    done = broker("sandbox", *arguments)

    assert done.returncode == 1
    assert f"[{code}]" in done.stderr
    assert "Traceback" not in done.stderr
