"""Work in processes of their own: as many at once as there are processors for this one."""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar, cast

from broker.ports.workers import Workers

Task = TypeVar("Task")
Done = TypeVar("Done")


class WorkerProcesses:
    """Each task in a process of its own, which ends with this one, whatever ends it.

    A process that fails to do its task is no loss: the task is then done here, and fails here if it
    is the task's fault.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most or _processors()

    def each(self, work: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
        """As promised; Ctrl-C is heard here, and ends all of them."""
        if min(self._most, len(tasks)) < 2:  # noqa: PLR2004 - a process of its own gains nothing
            return [work(task) for task in tasks]
        team = _Team()
        with ThreadPoolExecutor(self._most) as threads:
            given = [threads.submit(team.done, work, task) for task in tasks]
            try:
                answers = [future.result() for future in given]
            finally:
                # None is left once all have answered.
                threads.shutdown(wait=False, cancel_futures=True)
                team.stop()
        return [
            work(task) if answer is None else cast("Done", pickle.loads(answer))  # noqa: S301 - ours
            for task, answer in zip(tasks, answers, strict=True)
        ]


class _Team:
    """The processes of one question."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End those that there are, and those that are just beginning."""
        self._stopped.set()
        for process in self._running:
            process.kill()

    def done(self, work: Callable[[Task], Done], task: Task) -> bytes | None:
        """What a process made of *task*, pickled; None if it failed, or there can be no more."""
        try:
            started = _started()
        except OSError:
            return None
        with started as process:
            self._running.append(process)
            if self._stopped.is_set():
                process.kill()
            made = _made(process, pickle.dumps((work, task)))
        return made if made and process.returncode == 0 else None


def _processors() -> int:
    """How many there are for this process, which may be fewer than the computer has."""
    if hasattr(os, "sched_getaffinity"):  # not everywhere
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _started() -> subprocess.Popen[bytes]:
    """Ctrl-C goes to the group of this process alone, so that no worker tells of it too."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "broker.storage.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


def _made(process: subprocess.Popen[bytes], given: bytes) -> bytes:
    """The input stays open until the process ended, which takes its end for that of this one."""
    if process.stdin is None or process.stdout is None:
        return b""
    try:
        process.stdin.write(given)
        process.stdin.flush()
    except BrokenPipeError:
        with suppress(BrokenPipeError):  # what is left of it is written once more
            process.stdin.close()
        return b""
    made = process.stdout.read()
    process.wait()
    return made


_: type[Workers] = WorkerProcesses
