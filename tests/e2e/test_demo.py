"""`make demo`, once everything is installed: what it leaves behind, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fakes.engine import ENGINE

PATIENCE_SECONDS = 600.0
POLL_SECONDS = 0.02

SHOWN = [
    "sandbox start",
    "refresh",
    "offers -gpu=H100 -limit=10",
    "plan -preview=false",
    "explain finetune",
    "plan -out=fleet.plan",
    "apply fleet.plan",
    "drift",
    "apply -auto-approve",
    "destroy -auto-approve",
    "audit verify",
]


def start(temporary: Path) -> "subprocess.Popen[str]":
    """The demo in a process group of its own, as a terminal would run it."""
    program = Path(sys.executable).with_name("broker")
    # A shell can not hear what whoever started it chose to ignore, as nohup does.
    hearing = ["env", "--default-signal=INT,TERM,HUP"]
    return subprocess.Popen(
        [*hearing, "/bin/sh", ROOT / "tools/demo.sh", program, "startup", "finetune", "startup"],
        env={**os.environ, "TMPDIR": str(temporary), "BROKER_PULUMI": str(ENGINE.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def running_in(folder: Path) -> list[Path]:
    """Processes that work in *folder* or below, removed or not."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = str((process / "cwd").readlink())
        except OSError:  # ended meanwhile, or another user's
            continue
        if where.startswith(f"{folder}/"):
            found.append(process)
    return found


def test_it_plans_makes_and_destroys_a_fleet_and_leaves_nothing(tmp_path: Path) -> None:
    with start(tmp_path) as demo:
        shown, told = demo.communicate(timeout=PATIENCE_SECONDS)

    assert demo.returncode == 0, told
    lines = shown.splitlines()
    headings = [
        line for line in lines if line.startswith("== broker ") and "sandbox drift" not in line
    ]
    assert headings == [f"== broker {words}" for words in SHOWN]
    assert "Drift (1 shown)" in lines
    assert "Destroy complete! 1 cluster destroyed." in lines
    assert any(line.startswith("The journal is what was written") for line in lines)
    assert any(line.startswith("110 regions: 110 ok.") for line in lines)
    assert any(line.startswith("Plan: ") for line in lines)
    assert "Chosen, of " in shown
    assert "Traceback" not in told
    assert lines[-1] == "The sandbox has ended."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_leaves_nothing_either(told: signal.Signals, tmp_path: Path) -> None:
    with start(tmp_path) as demo:
        patience = time.monotonic() + PATIENCE_SECONDS
        while not list(tmp_path.glob("*/.broker/sandbox.json")):
            assert demo.poll() is None
            assert time.monotonic() < patience
            time.sleep(POLL_SECONDS)
        os.killpg(demo.pid, told)
        shown, _ = demo.communicate(timeout=PATIENCE_SECONDS)

    assert demo.returncode == 130
    # Told while `sandbox start` is at its last steps, that ends what it began, and nothing is left.
    assert shown.splitlines()[-1] in ("The sandbox has ended.", "No sandbox was running.")
    patience = time.monotonic() + PATIENCE_SECONDS
    while running_in(tmp_path):  # it lets go of its lock before its process ends
        assert time.monotonic() < patience
        time.sleep(POLL_SECONDS)
    assert list(tmp_path.iterdir()) == []
