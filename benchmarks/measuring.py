"""CPU seconds and memory of processes, and tables of them.

CPU time, not wall time: it does not count what else the machine does. Of several runs the least
counts, since noise only ever adds.
"""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
KIB_PER_MIB = 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took."""

    cpu_seconds: float
    peak_mib: float


def machine() -> str:
    """Where and when this runs."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}; CPU seconds"
    )


def run(command: Sequence[str], folder: Path = ROOT) -> Usage:
    """Run *command* to its end, output thrown away; CalledProcessError if it fails."""
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / KIB_PER_MIB)


def least(command: Sequence[str], folder: Path = ROOT, *, runs: int = 5) -> Usage:
    """The least of *runs* runs of *command*."""
    usages = [run(command, folder) for _ in range(runs)]
    return Usage(min(u.cpu_seconds for u in usages), min(u.peak_mib for u in usages))


def python(*arguments: str) -> list[str]:
    """The interpreter that runs this, on *arguments*."""
    return [sys.executable, *arguments]


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What *work* returns, and the CPU seconds it took in this process."""
    started = time.process_time()
    answer = work()
    return answer, time.process_time() - started


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of Markdown, so that it can be kept: first column left, others right."""
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    print(f"{title}\n")
    print(_line(head, widths))
    rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    print(_line(rules, widths))
    for row in rows:
        print(_line(row, widths))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(padded)} |"
