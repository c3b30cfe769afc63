"""Ctrl-C while the solver is at work: exit 130 at once, and nothing half-written."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

BUSY_TICKS = 20
"""Clock ticks (of a hundredth of a second) after which a thread is surely at work."""

HEADER = """\
apiVersion: broker/v1
fleet: hard
owner: ml
providers: {aws: {regions: all}, azure: {regions: all}, gcp: {regions: all}}
workloads:
"""

WORKLOAD = """\
  - name: service-NUMBER
    kind: inference
    accelerators: {any-of: [{model: L4}, {model: A10G}, {model: T4}, {model: A100}], count: COUNT}
    replicas: REPLICAS
    cpu: CPU
    memory-gib: MEMORY
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A fleet of two dozen services of odd sizes, which no solver packs in a moment."""
    services = [
        WORKLOAD.replace("NUMBER", str(n))
        .replace("COUNT", str([0.15, 0.35, 0.45, 1, 0.65, 2, 0.21][n % 7]))
        .replace("REPLICAS", str(3 + n * 7 % 11))
        .replace("CPU", str(1 + n * 5 % 9))
        .replace("MEMORY", str(3 + n * 11 % 29))
        for n in range(24)
    ]
    (tmp_path / "fleet.yaml").write_text(HEADER + "".join(services))
    return tmp_path


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """`broker plan` in *folder*, in a process group of its own, once its solver has got to work."""
    temporary = folder / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "OPENBLAS_NUM_THREADS": "1"}
    with ExitStack() as processes:

        def begin(*arguments: str) -> subprocess.Popen[str]:
            process = processes.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "broker", "plan", *arguments],
                    cwd=folder,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
            )
            processes.callback(process.kill)
            while not is_solving(process.pid):
                assert process.poll() is None, (
                    "the plan was made before the solver was seen at work"
                )
            return process

        yield begin


def is_solving(pid: int) -> bool:
    """Whether another thread than the main one has been computing: the solver has one of its own."""
    threads = (task.name for task in Path(f"/proc/{pid}/task").iterdir() if task.name != str(pid))
    return any(ticks_of(pid, thread) >= BUSY_TICKS for thread in threads)


def ticks_of(pid: int, thread: str) -> int:
    try:
        stat = Path(f"/proc/{pid}/task/{thread}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended meanwhile
    return int(stat.rpartition(")")[2].split()[11])


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_ctrl_c_ends_the_plan_with_nothing_written_and_nothing_lost(
    folder: Path, start: Start
) -> None:
    (folder / "fleet.plan").write_text("an earlier plan")

    process = start("-out=fleet.plan", "-json-into=fleet.json")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)

    assert process.returncode == 130
    assert output == ""
    assert errors == (
        "Error: Interrupted; files that were being written are as they were before  [interrupted]\n"
    )
    assert left_in(folder) == ["fleet.plan", "fleet.yaml", "tmp"]
    assert (folder / "fleet.plan").read_text() == "an earlier plan"


def test_programs_are_told_in_json(start: Start) -> None:
    process = start("-json")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)

    failure = json.loads(output)
    assert process.returncode == failure["exit_code"] == 130
    assert failure["exit_reason"] == "interrupted"
    assert [diagnostic["code"] for diagnostic in failure["diagnostics"]] == ["interrupted"]
    assert errors == ""


def test_ctrl_c_again_and_again_ends_at_once_without_a_traceback(
    folder: Path, start: Start
) -> None:
    process = start("-out=fleet.plan")
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)

    assert process.returncode == 130
    assert output == ""
    assert "Traceback" not in errors
    assert "Exception" not in errors
    assert "fleet.plan" not in left_in(folder)


AT_THE_END = """\
import os, signal, sys

class Last:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGINT):
        kill(pid, number)

sys.last_of_all = Last()
sys.argv = ["broker", "version"]
from broker.cli.main import main
main()
"""


def test_ctrl_c_while_the_interpreter_ends_does_not_change_the_exit_code() -> None:
    ended = subprocess.run([sys.executable, "-c", AT_THE_END], capture_output=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, b"")
