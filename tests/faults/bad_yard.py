"""A folder with a sandbox and a small fleet, full of secrets, in which things go wrong."""

import ctypes
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from broker.storage.clock import SystemClock
from broker.storage.state_store import StateFile
from stacks.sandbox.control import Control
from stacks.sandbox.ledger import Ledger
from tests.fakes.engine_processes import until
from tests.faults.kill_matrix import POOL, Case, Yard

PATIENCE_SECONDS = 120.0

CANARIES = {
    "AWS_ACCESS_KEY_ID": "canary-a2f1c09d77e3",
    "AWS_SECRET_ACCESS_KEY": "canary-b81de5/40+7a==",
    "AWS_SESSION_TOKEN": "canary-c5a0947be1d2",
    "AZURE_CLIENT_SECRET": "canary-d30f~8e.6b41",
    "GITHUB_TOKEN": "canary-e77c2b90a4f5",
    "PULUMI_ACCESS_TOKEN": "canary-f0d9e81c35b6",
    "PULUMI_CONFIG_PASSPHRASE": "canary-0942 a passphrase",
}
"""What must be nowhere: given to every command, looked for in everything it leaves and says."""


class BadYard(Yard):
    """A yard that keeps all that was said in it, and knows how many replicas it wants."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._environment |= CANARIES
        self.said: list[str] = []
        self.replicas = 2

    def more(self) -> None:
        """Want another node, so that there is something to do."""
        self.replicas += 1
        self.want(self.replicas)

    def want(self, replicas: int) -> None:
        """As many as it takes."""
        super().want(replicas)
        spec = self.folder / "fleet.yaml"
        spec.write_text(spec.read_text().replace("max: 8", "max: 80"))

    def settle(self) -> None:
        """Let there be a fleet, as recorded and as wanted; where there is, nothing is asked."""
        self.want(self.replicas)
        selection = self.ledger_folder / "workspace"
        if selection.exists() and selection.read_text().strip() != "default":
            assert self.told("workspace", "select", "default").returncode == 0
        state = StateFile(self.ledger_folder, SystemClock()).read()
        is_done = state is not None and state.under_way is None
        is_whole = state is not None and not any(m.is_tainted for m in state.members)
        if not (is_done and is_whole and self.nodes() == [self.replicas]):
            done = self.told("apply", "-auto-approve", "-forget-stock-outs")
            assert done.returncode == 0, done.stdout + done.stderr

    def clear(self) -> None:
        """Let there be no fleet; where there is none, nothing is asked."""
        self.want(self.replicas)
        with Ledger(self.ledger_folder) as ledger:
            is_clear = not ledger.resources()
        if not is_clear:
            done = self.told("destroy", "-auto-approve")
            assert done.returncode == 0, done.stdout + done.stderr

    def told(
        self, *words: str, before: Callable[[], None] | None = None, answer: str = "", **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """One command to its end, which reads *answer*; *before* runs in its process first."""
        done = subprocess.run(
            [sys.executable, "-m", "broker", *words],
            cwd=self.folder,
            env={**self._environment, **env},
            input=answer,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            preexec_fn=before,  # no threads run here
        )
        self.said += [done.stdout, done.stderr]
        return done

    def asked(self, *words: str) -> "subprocess.Popen[str]":
        """One command that waits for an answer."""
        return subprocess.Popen(
            [sys.executable, "-m", "broker", *words],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def heard(self, process: "subprocess.Popen[str]") -> str:
        """All that a command says until it ends."""
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.said.append(output)
        return output

    @property
    def control(self) -> Control:
        """What steers the sandbox."""
        return Control(self.ledger_folder)

    def changes(self) -> int:
        """How many calls tried to change something in the cloud."""
        with Ledger(self.ledger_folder) as ledger:
            return len(ledger.calls())

    def family(self) -> str:
        """What the cloud counts g6 machines among."""
        told = json.loads(self.told("offers", "-json", "-machine-type=g6.xlarge").stdout)
        return str(told["offers"][0]["family"])

    def nodes(self, which: str = "desiredSize") -> list[int]:
        """The size of each pool for work in the cloud, or a bound of it."""
        with Ledger(self.ledger_folder) as ledger:
            return [
                made.inputs["scalingConfig"][which]
                for made in ledger.resources(POOL)
                if made.name != "system"
            ]

    def state(self) -> dict[str, Any]:
        """What is recorded."""
        pulled: dict[str, Any] = json.loads(self.told("state", "pull").stdout or "{}")
        return pulled

    def assert_sound(self) -> None:
        """All that is recorded is there once, and nothing else."""
        verdict = self.judged(Case(name="sound", verb="apply"), 0, 0, "")
        assert (verdict.lost, verdict.orphaned, verdict.duplicated) == ([], [], [])


def no_room() -> None:
    """Let no file of this process grow, as on a full disk."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))


PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def as_anybody() -> None:
    """Let root be kept out by permissions, as everybody else is, once it runs a program."""
    if os.getuid() == 0:
        system = ctypes.CDLL(None)
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            assert system.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Nobody may write *path*, nor make anything in it."""
    kept = {
        each: each.stat().st_mode
        for each in (path, *([] if path.name != "stacks" else path.rglob("*")))
        if each.exists()
    }
    for each, mode in kept.items():
        each.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for each, mode in kept.items():
            each.chmod(mode)


@contextmanager
def bad_yard(folder: Path) -> Iterator[BadYard]:
    """One in *folder* whose sandbox has ended afterwards."""
    made = BadYard(folder)
    try:
        assert made.told("sandbox", "start", "-cloud=aws").returncode == 0
        assert made.told("refresh", "-region=us-east-1").returncode == 0
        yield made
    finally:
        made.told("sandbox", "stop")


def code_of(done: "subprocess.CompletedProcess[str]") -> int:
    """The exit code, which a bug must not hide behind."""
    assert "[internal-error]" not in done.stderr, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


@contextmanager
def at_work(place: BadYard, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A command that has begun to change the cloud."""
    calls = place.changes()
    process = place.start(*words)
    try:
        until(lambda: place.changes() > calls or process.poll() is not None, PATIENCE_SECONDS)
        assert process.poll() is None, process.communicate()
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def lines_of(text: str) -> list[dict[str, Any]]:
    """A stream of JSON: each line is an object, the first tells the version, the last the end."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    assert lines[0]["type"] == "version"
    assert lines[-1]["type"] == "ended"
    for line in lines:
        assert {"@level", "@message", "@timestamp", "type"} <= set(line)
    return lines
