"""A writer that is killed at any instant leaves a replica that is whole, and at most one write behind."""

import random
import subprocess
import sys
import time
from pathlib import Path

from broker.storage.clock import SystemClock
from broker.storage.folder_objects import FolderObjects
from broker.storage.replica import ObjectReplica
from broker.storage.state_store import StateFile

KILLS = 15

WRITING = """
import os, sys
from dataclasses import replace
from pathlib import Path
from broker.ports.state import first_state
from broker.storage.clock import SystemClock
from broker.storage.folder_objects import FolderObjects
from broker.storage.leases import LeaseFile
from broker.storage.replica import ObjectReplica
from broker.storage.replicated_state import ReplicatedStates
from broker.storage.state_store import StateFile

folder, copies = Path(sys.argv[1]), sys.argv[2]
clock = SystemClock()
replica = ObjectReplica(
    objects=FolderObjects(copies), clock=clock, source="here", head=lambda: None
)
states = ReplicatedStates(
    primary=StateFile(folder, clock), replica=replica, told=lambda found: sys.exit(str(found))
)
locks = LeaseFile(folder, clock)
while True:
    with locks.held("apply", who="writer", wait_seconds=60) as lease:
        state = states.read() or first_state("fleet", "USD")
        for _ in range(3):
            fleet = f"fleet-{state.serial + 1}-" + "x" * 20_000
            state = states.write(replace(state, fleet=fleet), lease)
            os.write(1, f"{state.serial}\\n".encode())
"""


def test_a_killed_writer_leaves_a_whole_replica_at_most_one_write_behind(tmp_path: Path) -> None:
    folder, copies = tmp_path / ".broker", tmp_path / "copies"
    copies.mkdir()
    address = f"file://{copies}"
    states = StateFile(folder, SystemClock())
    replica = ObjectReplica(
        objects=FolderObjects(address), clock=SystemClock(), source="here", head=lambda: None
    )
    chance = random.Random(7)  # noqa: S311  # to strike the same way each time
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", WRITING, folder, address], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            acknowledged = [process.stdout.readline()]
            time.sleep(chance.uniform(0, 0.05))  # the kill may strike anywhere
            process.kill()
            acknowledged += process.stdout.read().splitlines()
        state, copied = states.read(), replica.read()
        assert state is not None
        assert copied is not None
        assert copied.state.fleet.startswith(f"fleet-{copied.state.serial}-")
        assert int(acknowledged[-1]) <= copied.state.serial <= state.serial
        assert state.serial - copied.state.serial <= 1
        assert copied.state.lineage == state.lineage
