"""The engine's processes, as the system sees them: what a test kills."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

from tests.fakes.small_cloud import SmallCloud

PATIENCE_SECONDS = 60.0


def engines_of(parent: int) -> list[int]:
    """The engines that a process has started and that have not ended."""
    return [pid for pid in _pids() if _of(pid) == ("pulumi", parent)]


def _pids() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _of(pid: int) -> tuple[str, int] | None:
    """Return name and parent; None if it has ended."""
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(") ")
    except OSError:
        return None
    state, parent = rest.split()[:2]
    return None if state == "Z" else (name, int(parent))


def until(is_so: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until it is, for a while."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(is_so)
        time.sleep(0.02)


def kill_engine(parent: int | None = None) -> None:
    """End the engine as nothing else can: without a word."""
    for pid in engines_of(parent or os.getpid()):
        os.kill(pid, signal.SIGKILL)


def meanwhile(cloud: SmallCloud, act: Callable[[], object]) -> Thread:
    """Act once something slow has begun in the cloud."""

    def wait_and_act() -> None:
        if cloud.under_way.acquire(timeout=PATIENCE_SECONDS):
            act()

    thread = Thread(target=wait_and_act)
    thread.start()
    return thread
