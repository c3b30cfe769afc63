"""Planning and applying stacks on three clouds, beside plain Pulumi on the very same programs.

    python -m benchmarks.provisioning [small | members | parallel | command] ...

The engine is real, the clouds are the sandbox's, in a process of its own that is not counted. Each row is
a process of its own, with all that it starts: importing a cloud's library costs more than most of what the
engine does, and whoever types a command pays for it. `plain` is what the Automation API does by itself:
`stack.preview()`, `stack.up()`, `stack.destroy()`, one stack after the other.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import machine, print_table, python
from broker.domain.errors import EngineMissing
from stacks.engine import find_engine

FLEET = """\
apiVersion: broker/v1
fleet: bench
owner: ops
providers:
  aws: {regions: [us-east-1]}
  azure: {regions: [eastus2]}
  gcp: {regions: [us-central1]}
workloads:
  - name: chat
    kind: inference
    accelerators: {any-of: [{model: L4}, {model: T4}, {model: A10G}, {model: A100}], count: 1}
    replicas: {min: 3, max: 8}
    spread: {regions: 3}
    cpu: 2
    memory-gib: 8
  - name: embed
    kind: inference
    accelerators: {any-of: [{model: V100}, {model: A100}], count: 1}
    replicas: {min: 3, max: 8}
    spread: {regions: 3}
    cpu: 2
    memory-gib: 8
  - name: rank
    kind: inference
    accelerators: {any-of: [{model: L4}, {model: T4}, {model: A10G}], count: 1}
    replicas: {min: 3, max: 8}
    spread: {regions: 3}
    cpu: 2
    memory-gib: 8
  - name: index
    kind: batch
    accelerators: {model: A10, count: 1}
    runs: {hours: 20}
    cpu: 2
    memory-gib: 8
"""
"""Three members with 105 resources between them."""

BROKER = ("-m", "broker")
RUN = ("-m", "benchmarks.provisioning_run")
COMPILE = """\
import warnings
warnings.simplefilter("ignore")
import stacks.automation
from stacks.programs.program_of import PROGRAMS, warm
warm(PROGRAMS)
"""

STEPS = ("preview", "up", "preview", "destroy")
TITLES = ("preview, nothing there", "up", "preview, nothing to do", "destroy")


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process and all that it started took; *said* is its last line."""

    wall_seconds: float
    cpu_seconds: float
    said: str = ""


@dataclass(frozen=True, slots=True)
class Yard:
    """A folder with a sandbox of three clouds, what surrounds each process, and what *led* to it."""

    folder: Path
    environment: dict[str, str]
    led: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, sandbox: bool = True) -> Spent:
        """One process to its end; CalledProcessError if it fails."""
        begun = time.perf_counter()
        with subprocess.Popen(
            python(*arguments),
            cwd=self.folder,
            env={**os.environ, **self.environment, **(self.led if sandbox else {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None  # noqa: S101  # it is a pipe
            said = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begun
        sys.stderr.write(f"{' '.join(arguments)}: {wall:.1f} s\n")
        if process.returncode:
            sys.stderr.write(said)
            raise subprocess.CalledProcessError(process.returncode, arguments)
        last = said.strip().rpartition("\n")[2]
        return Spent(wall, used.ru_utime + used.ru_stime, last)


def surrounding(folder: Path) -> dict[str, str]:
    """What every process gets: libraries are compiled once, as they are for who has installed them."""
    return {
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "PYTHONDONTWRITEBYTECODE": "",
    }


@contextmanager
def yard() -> Iterator[Yard]:
    """One whose sandbox has ended afterwards."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fleet.yaml").write_text(FLEET)
        made = Yard(folder, surrounding(folder))
        made.run("-c", COMPILE)
        made.run(*BROKER, "sandbox", "start")
        try:
            made.run(*BROKER, "refresh")
            record = json.loads((folder / ".broker" / "sandbox.json").read_text())
            yield Yard(folder, made.environment, record["environment"])
        finally:
            made.run(*BROKER, "sandbox", "stop")


def main(chosen: Sequence[str]) -> None:
    """Measure in one run, so that the ways compare."""
    try:
        find_engine(os.environ)
    except EngineMissing as error:
        print(f"provisioning: {error}")
        return
    print(machine(), flush=True)
    with yard() as place:
        place.run(*BROKER, "plan", "-out=members.plan", "-json-into=members.json", sandbox=False)
        parts = {"small": _small, "members": _members, "parallel": _parallel, "command": _command}
        for name in chosen or parts:
            print(flush=True)
            parts[name](place)


def _small(place: Yard) -> None:
    _compared(place, "small")


def _members(place: Yard) -> None:
    _compared(place, "members")


def _compared(place: Yard, size: str) -> None:
    ways = {how: [_spent(place, how, step, size) for step in STEPS] for how in ("plain", "ours")}
    made = ways["ours"][1].said
    rows = [
        _row(title, plain, ours)
        for title, plain, ours in zip(TITLES, ways["plain"], ways["ours"], strict=True)
    ]
    sys.stdout.flush()
    print_table(
        f"{size}: {made} resources in 3 stacks, one after the other",
        ["what", "plain CPU s", "ours CPU s", "more", "plain wall s", "ours wall s", "more"],
        rows,
    )


def _spent(place: Yard, how: str, step: str, size: str, parallel: int = 1) -> Spent:
    return place.run(*RUN, how, step, size, str(parallel))


def _row(title: str, plain: Spent, ours: Spent) -> list[str]:
    return [
        title,
        f"{plain.cpu_seconds:.1f}",
        f"{ours.cpu_seconds:.1f}",
        _more(plain.cpu_seconds, ours.cpu_seconds),
        f"{plain.wall_seconds:.1f}",
        f"{ours.wall_seconds:.1f}",
        _more(plain.wall_seconds, ours.wall_seconds),
    ]


def _more(base: float, other: float) -> str:
    return f"{100 * (other / base - 1):+.0f}%"


def _parallel(place: Yard) -> None:
    rows = []
    for title, step in (
        ("up", "up"),
        ("preview, nothing to do", "preview"),
        ("destroy", "destroy"),
    ):
        rows.append((title, step))
    spent: dict[int, dict[str, Spent]] = {}
    for parallel in (1, 3):
        spent[parallel] = {
            step: _spent(place, "ours", step, "members", parallel) for _, step in rows
        }
    print_table(
        "3 stacks of ours at once, beside one after the other",
        [
            "what",
            "one by one CPU s",
            "at once CPU s",
            "one by one wall s",
            "at once wall s",
            "more",
        ],
        [_at_once(title, spent[1][step], spent[3][step]) for title, step in rows],
    )


def _at_once(title: str, serial: Spent, parallel: Spent) -> list[str]:
    return [
        title,
        f"{serial.cpu_seconds:.1f}",
        f"{parallel.cpu_seconds:.1f}",
        f"{serial.wall_seconds:.1f}",
        f"{parallel.wall_seconds:.1f}",
        _more(serial.wall_seconds, parallel.wall_seconds),
    ]


def _command(place: Yard) -> None:
    commands: dict[str, tuple[str, ...]] = {
        "broker plan -out, nothing there": ("plan", "-out=bench.plan"),
        "broker apply, a saved plan": ("apply", "bench.plan"),
        "broker plan, nothing to do": ("plan",),
        "broker apply, nothing to do": ("apply", "-auto-approve"),
        "broker destroy": ("destroy", "-auto-approve"),
    }
    rows = []
    for title, words in commands.items():
        spent = place.run(*BROKER, *words, sandbox=False)
        rows.append([title, f"{spent.cpu_seconds:.1f}", f"{spent.wall_seconds:.1f}"])
    print_table(
        "The whole command: deciding, and asking the clouds", ["what", "CPU s", "wall s"], rows
    )


if __name__ == "__main__":
    main(sys.argv[1:])
