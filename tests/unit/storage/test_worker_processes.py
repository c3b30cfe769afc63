"""Work in other processes is the same work, ends with this one, and is nobody's loss if it fails."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from broker.ports.workers import InTurn, Workers
from broker.storage.worker_processes import WorkerProcesses

PATIENCE_SECONDS = 20


def process_of(task: int) -> tuple[int, int]:
    return task, os.getpid()


def die(task: int) -> str:
    if os.environ.get("TEST_PARENT") != str(os.getpid()):
        os._exit(3)
    return f"done here: {task}"


def tell(task: int) -> int:
    os.write(sys.stdout.fileno(), b"as a solver tells of itself")
    print("and as Python does")  # noqa: T201
    return task


def refuse(task: int) -> None:
    message = f"task {task}"
    raise LookupError(message)


def sleep_long(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(PATIENCE_SECONDS * 3)


@pytest.mark.parametrize("workers", [InTurn(), WorkerProcesses(2)])
def test_answers_come_in_the_order_of_tasks(workers: Workers) -> None:
    assert [task for task, _ in workers.each(process_of, [3, 1, 2])] == [3, 1, 2]


def test_tasks_are_done_elsewhere_where_there_are_several() -> None:
    processes = {process for _, process in WorkerProcesses(2).each(process_of, range(8))}
    (alone,) = WorkerProcesses(2).each(process_of, [1])

    # None was done once more here: each process was heard to the end of its own.
    assert len(processes - {os.getpid()}) == 8
    assert alone == (1, os.getpid())


def test_what_a_process_does_not_come_back_with_is_done_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEST_PARENT", str(os.getpid()))

    assert WorkerProcesses(2).each(die, [1, 2]) == ["done here: 1", "done here: 2"]


@pytest.mark.parametrize("program", ["ends-at-once", "is-not-there"])
def test_where_no_process_works_all_is_done_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    useless = tmp_path / "ends-at-once"
    useless.write_text("#!/bin/sh\nexit 1\n")
    useless.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(tmp_path / program))
    more_than_a_pipe_holds = "x" * 1_000_000

    assert WorkerProcesses(2).each(len, [more_than_a_pipe_holds, "x"]) == [1_000_000, 1]


def test_what_work_prints_is_no_part_of_the_answer() -> None:
    assert WorkerProcesses(2).each(tell, [1, 2]) == [1, 2]


def test_what_work_raises_is_raised_here() -> None:
    with pytest.raises(LookupError, match="task 1"):
        WorkerProcesses(2).each(refuse, [1, 2])


SLEEPING = """
import sys
from broker.storage.worker_processes import WorkerProcesses
from tests.unit.storage.test_worker_processes import sleep_long
try:
    WorkerProcesses(2).each(sleep_long, [sys.argv[1], sys.argv[1]])
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_no_process_is_left_however_this_one_ends(
    tmp_path: Path, end: signal.Signals, code: int
) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPING, str(tmp_path)]) as process:
        try:
            until(lambda: len(list(tmp_path.iterdir())) == 2)
            process.send_signal(end)

            assert process.wait(PATIENCE_SECONDS) == code
            until(lambda: not any(is_there(int(path.name)) for path in tmp_path.iterdir()))
        finally:
            process.kill()


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
