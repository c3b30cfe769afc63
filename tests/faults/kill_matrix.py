"""Kills `broker apply` and `broker destroy` at every effect, and holds the clouds to account after.

    .venv/bin/python -m tests.faults.kill_matrix      prints the table

Each case is one command that is killed, and the same command again. What counts is the sandbox's own
ledger: every resource that is wanted is there once, none is there that is not recorded, none was made
twice.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from stacks.sandbox.control import Control
from stacks.sandbox.ledger import Ledger
from tests.fakes.engine import ENGINE
from tests.fakes.engine_processes import engines_of, until

FLEET = """\
apiVersion: broker/v1
fleet: kills
owner: ops
providers:
  aws: {regions: [us-east-1]}
workloads:
  - name: chat
    kind: inference
    accelerators: {model: L4, count: 1}
    replicas: {min: REPLICAS, max: 8}
    cpu: 2
    memory-gib: 8
"""

POOL = "aws:eks/nodeGroup:NodeGroup"
SLOW_SECONDS = 4.0
PATIENCE_SECONDS = 90.0
POLL_SECONDS = 0.05

CREATE, DELETE = "apply", "destroy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What dies, and where: at a failpoint, or once the ledger says *begun* about a pool.

    *victims* are `broker`, `engine` or both. *again* arms a failpoint in the second run too, after which
    a third has to do.
    """

    name: str
    verb: str
    failpoint: str = ""
    victims: tuple[str, ...] = ("broker",)
    again: str = ""


def _at(verb: str, *points: str) -> Iterator[Case]:
    for point in points:
        yield Case(name=f"{verb}: {point}", verb=verb, failpoint=point)


def _under_way(verb: str, *again: str) -> Iterator[Case]:
    for victims in (("engine",), ("broker",), ("broker", "engine")):
        yield Case(name=f"{verb}: in a pool, {' and '.join(victims)}", verb=verb, victims=victims)
    for point in again:
        yield Case(
            name=f"{verb}: in a pool, and mending at {point}",
            verb=verb,
            victims=("broker", "engine"),
            again=point,
        )


_MAKING = (
    *_at(
        CREATE,
        "before-intent",
        "after-intent:2",
        "before-state-write:2",
        "resource-started:9",
        "resource-done:20",
        "after-call",
        "before-state-write:3",
        "after-state-write:3",
        "before-state-write:4",
    ),
    *_under_way(CREATE, "recover-cancelled", "recover-imported"),
)
_TAKING_AWAY = (
    *_at(
        DELETE,
        "before-intent",
        "after-intent:2",
        "resource-started:5",
        "resource-done:20",
        "after-call",
        "before-state-write:2",
        "after-state-write:2",
    ),
    *_under_way(DELETE),
)
"""Named failpoints count from the start of the command: the second intent is that of the stack."""

CASES = tuple(
    case for pair in zip_longest(_MAKING, _TAKING_AWAY) for case in pair if case is not None
)
"""By turns, since what one of them leaves is what one of the others begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the ledger says after a case; all three counts are to be zero."""

    case: str
    killed_with: int
    runs: int
    lost: list[str] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    output: str = ""

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, orphaned or duplicated."""
        return not (self.lost or self.orphaned or self.duplicated)


class Yard:
    """A folder with a sandbox of AWS, in which a small fleet is applied and destroyed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stacks = folder / ".broker" / "sandbox"
        self._environment = {
            **os.environ,
            "HOME": str(folder / "home"),
            "BROKER_PULUMI": str(ENGINE.path),
        }
        (folder / "home").mkdir(exist_ok=True)
        self.want(2)

    def want(self, replicas: int) -> None:
        """Let the spec ask for that many."""
        (self.folder / "fleet.yaml").write_text(FLEET.replace("REPLICAS", str(replicas)))

    def run(self, *words: str, **armed: str) -> "subprocess.CompletedProcess[str]":
        """One command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "broker", *words],
            cwd=self.folder,
            env={**self._environment, **armed},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """One command, under way."""
        return subprocess.Popen(
            [sys.executable, "-m", "broker", *words],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def ledger_folder(self) -> Path:
        """Where the sandbox keeps its ledger."""
        return self.stacks

    def judged(self, case: Case, killed_with: int, runs: int, output: str) -> Verdict:
        """What there is, held against what is recorded, and against the calls that made it."""
        pulled = json.loads(self.run("state", "pull").stdout or "{}")
        recorded = {
            (resource["urn"], resource["id"])
            for member in pulled.get("members", [])
            for resource in member["resources"]
            if resource["type"].startswith(("aws:", "kubernetes:"))
        }
        with Ledger(self.ledger_folder) as ledger:
            there = [(made.urn, made.id) for made in ledger.resources()]
            alive = Counter(call.urn for call in ledger.calls() if call.outcome == "made")
            alive.subtract(call.urn for call in ledger.calls() if call.outcome == "gone")
        return Verdict(
            case=case.name,
            killed_with=killed_with,
            runs=runs,
            lost=sorted(urn for urn, key in recorded - set(there)),
            orphaned=sorted(urn for urn, key in set(there) - recorded),
            duplicated=sorted(urn for urn, count in alive.items() if count > 1),
            output=output,
        )


@contextmanager
def yard(folder: Path) -> Iterator[Yard]:
    """A yard whose sandbox is ended, whatever happens."""
    place = Yard(folder)
    started = place.run("sandbox", "start", "-cloud=aws")
    try:
        assert started.returncode == 0, started.stderr
        refreshed = place.run("refresh", "-region=us-east-1")
        assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
        yield place
    finally:
        place.run("sandbox", "stop")


def run_case(case: Case, place: Yard) -> Verdict:
    """Kill the command as the case says, run it again until it ends well, and judge.

    A case of `destroy` begins with a fleet that is there, one of `apply` without any.
    """
    words = (case.verb, "-auto-approve")
    prepared = place.run("apply" if case.verb == DELETE else "destroy", "-auto-approve")
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    if case.failpoint:
        died = place.run(*words, BROKER_FAILPOINT=case.failpoint)
        killed_with = died.returncode
        assert killed_with == -signal.SIGKILL, (case.name, died.stdout, died.stderr)
    else:
        killed_with = _killed_under_way(case, place, words)
    runs = 2
    if case.again:
        died = place.run(*words, BROKER_FAILPOINT=case.again)
        assert died.returncode == -signal.SIGKILL, (case.name, died.stdout, died.stderr)
        runs = 3
    last = place.run(*words)
    output = last.stdout + last.stderr
    assert last.returncode == 0, (case.name, output)
    return place.judged(case, killed_with, runs, output)


def _killed_under_way(case: Case, place: Yard, words: tuple[str, ...]) -> int:
    """Kill the victims while the cloud makes, or deletes, a pool."""
    with Control(place.ledger_folder) as control:
        control.latency(POOL, SLOW_SECONDS, times=3)
    there = _pools(place)
    process = place.start(*words)
    try:
        until(lambda: _pools(place) != there or process.poll() is not None)
        engines = engines_of(process.pid)
        if "broker" in case.victims:
            process.kill()
        if "engine" in case.victims:
            for pid in engines:
                os.kill(pid, signal.SIGKILL)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode != 0, output
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in engines))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        with Control(place.ledger_folder) as control:
            control.withdraw("latency")
    return process.returncode


def _pools(place: Yard) -> set[str]:
    with Ledger(place.ledger_folder) as ledger:
        return {made.id for made in ledger.resources(POOL)}


def table(verdicts: list[Verdict]) -> str:
    """One line per case."""
    lines = [
        f"{'case':<48} {'killed':>6} {'runs':>4} {'lost':>4} {'orphaned':>8} {'duplicated':>10}"
    ]
    for verdict in verdicts:
        counts = (len(verdict.lost), len(verdict.orphaned), len(verdict.duplicated))
        lines.append(
            f"{verdict.case:<48} {verdict.killed_with:>6} {verdict.runs:>4} "
            f"{counts[0]:>4} {counts[1]:>8} {counts[2]:>10}"
        )
    return "\n".join(lines)


def main() -> None:
    """Run every case, and print the table."""
    with TemporaryDirectory() as folder, yard(Path(folder)) as place:
        verdicts = []
        chosen = [case for case in CASES if not sys.argv[1:] or case.name in sys.argv[1:]]
        for case in chosen:
            verdicts.append(run_case(case, place))
            sys.stderr.write(f"{case.name}: {'good' if verdicts[-1].is_good else verdicts[-1]}\n")
    sys.stdout.write(table(verdicts) + "\n")


if __name__ == "__main__":
    main()
