"""Killed at any instant: what was acknowledged is there, and nobody waits for the dead."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile
from broker.storage.state_store import StateFile

KILLS = 30

WRITING = """
import os, sys
from dataclasses import replace
from pathlib import Path
from broker.ports.state import first_state
from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile
from broker.storage.state_store import StateFile

folder = Path(sys.argv[1])
store, locks = StateFile(folder, SystemClock()), LeaseFile(folder, SystemClock())
while True:
    with locks.held("apply", who="writer", wait_seconds=5) as lease:
        state = store.read() or first_state("fleet", "USD")
        for _ in range(3):
            fleet = f"fleet-{state.serial + 1}-" + "x" * 20_000
            state = store.write(replace(state, fleet=fleet), lease)
            os.write(1, f"{state.serial} {lease.token}\\n".encode())
"""


def test_a_writer_killed_again_and_again_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / ".broker"
    store = StateFile(folder, SystemClock())
    chance = random.Random(7)  # noqa: S311  # to strike the same way each time
    acknowledged, token, lineages = 0, 0, set()
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", WRITING, folder], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline()]
            time.sleep(chance.uniform(0, 0.05))  # the kill may strike anywhere
            process.kill()
            lines += process.stdout.read().splitlines()
        for line in lines:
            serial, new_token = map(int, line.split())
            assert serial > acknowledged
            assert new_token >= token
            acknowledged, token = serial, new_token
        state = store.read()
        assert state is not None
        assert state.serial in {acknowledged, acknowledged + 1}
        assert state.fleet.startswith(f"fleet-{state.serial}-")
        acknowledged = state.serial
        lineages.add(state.lineage)
        assert LeaseFile(folder, SystemClock()).current() is None
        for backup in store.backups.files():
            assert f'"fleet-{json.loads(backup.read_text())["serial"]}-' in backup.read_text()

    assert len(lineages) == 1
    assert acknowledged > KILLS


CONTENDING = """
import os, sys
from pathlib import Path
from broker.storage.clock import SystemClock
from broker.storage.leases import LeaseFile

folder, log, dies = Path(sys.argv[1]), os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND), sys.argv[3]
for number in range(20):
    with LeaseFile(folder, SystemClock()).held("apply", who="one", wait_seconds=120) as lease:
        os.write(log, f"in {lease.token}\\n".encode())
        if dies == "dies" and number == 10:
            os.kill(os.getpid(), 9)
        os.write(log, f"out {lease.token}\\n".encode())
"""


def test_of_several_processes_exactly_one_is_inside_at_a_time(tmp_path: Path) -> None:
    history = tmp_path / "history"
    history.touch()
    endings = ["lives", "lives", "dies"]
    processes = [
        subprocess.Popen([sys.executable, "-c", CONTENDING, tmp_path / ".broker", history, ending])
        for ending in endings
    ]
    try:
        codes = [process.wait(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()

    assert codes == [0, 0, -signal.SIGKILL]
    events = [line.split() for line in history.read_text().splitlines()]
    entered = [int(token) for what, token in events if what == "in"]
    left = [int(token) for what, token in events if what == "out"]
    assert entered == sorted(set(entered))
    assert len(entered) == 51
    (dead,) = set(entered) - set(left)
    alternating = [event for event in events if int(event[1]) != dead]
    assert [what for what, _ in alternating] == ["in", "out"] * 50
    assert all(int(a[1]) == int(b[1]) for a, b in zip(*[iter(alternating)] * 2, strict=True))
