"""One run of the engine's program: in a process group of its own, bounded, and stopped gently."""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, takewhile
from threading import Thread
from typing import IO, Any

from pulumi.automation import CommandResult, PulumiCommand
from semver import VersionInfo

from broker.ports.provisioning import Watch
from stacks.engine import Engine
from stacks.room import Room

LOGGER = logging.getLogger(__name__)

GRACE_SECONDS = 60.0
"""How long the engine may finish what is under way once it ran out of time."""

LOOKED_EVERY_SECONDS = 0.1
ROOM_LOOKED_EVERY_SECONDS = 1.0
FULL_SECONDS = 20.0
"""How long the engine may finish what is under way, in the room that was kept, once the disk is full."""

LEFT_SECONDS = 5.0
"""How long a plug-in may outlive its engine."""

OF_THE_USER = frozenset(
    {"PULUMI_ACCESS_TOKEN", "PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES", "PULUMI_DEBUG_PROVIDERS"}
)
"""What of the user's own settings for Pulumi reaches our runs; others change how it behaves
(PULUMI_SKIP_CONFIRMATIONS breaks a preview of drift), or print secrets (PULUMI_DEBUG_GRPC)."""

NOISE = (
    "Method not implemented",  # pulumi/pulumi issue 21378
    "This command will be run in the context of",
    "resulting in an update plan that is experimental",
)
"""Lines of the engine that say nothing to anybody here."""


class End(StrEnum):
    """Why a run ended before it was done."""

    FAILED = "failed"
    INTERRUPTED = "interrupted"
    KILLED = "killed"
    OUT_OF_TIME = "out-of-time"
    NO_ROOM = "no-room"


class CommandEnded(Exception):
    """The engine ended with *code* for the reason *end*; *stdout* and *stderr* are what it said."""

    def __init__(self, end: End, code: int, stdout: str, stderr: str) -> None:
        super().__init__(f"{end}: exit code {code}")
        self.end = end
        self.code = code
        self.stdout = stdout
        self.stderr = stderr


def _nothing(_: str) -> None:
    """Listen to no step of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What may end a run early, and what it holds meanwhile.

    *kept_open* are file descriptors that the engine and its plug-ins inherit: a lock on one of them
    is held until the last of them has ended, even if we are killed. Once the disk has no *room* for its
    record, it is ended too. *passed* is told `engine-started` and `engine-ended`.
    """

    watch: Watch = field(default_factory=Watch)
    timeout_seconds: float = 3600.0
    grace_seconds: float = GRACE_SECONDS
    kept_open: tuple[int, ...] = ()
    room: Room = field(default_factory=Room)
    passed: Callable[[str], None] = _nothing


class EngineCommand(PulumiCommand):
    """Runs the engine that was found. Unlike the SDK's own, it can be stopped and never hangs."""

    def __init__(self, engine: Engine, bounds: Bounds) -> None:
        # The SDK's own constructor would ask the program for its version, each time.
        self.command = str(engine.path)
        self.version = VersionInfo.parse(engine.version)
        self._bounds = bounds

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run it to its end; raises CommandEnded if that is not a good one."""
        bounds = self._bounds
        if bounds.watch.stop.is_set() or bounds.watch.stop_now.is_set():
            raise CommandEnded(End.INTERRUPTED, -1, "", "")
        began = time.monotonic()
        LOGGER.debug("engine begins", extra={"facts": {"command": _named(args), "folder": cwd}})
        with subprocess.Popen(  # noqa: S603
            [self.command, *_arguments(args)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=_environment(self.command, os.environ, additional_env),
            encoding="utf-8",
            errors="replace",
            # Ctrl-C at a terminal goes to our group alone: the engine is told by us, once.
            process_group=0,
            pass_fds=bounds.kept_open,
        ) as process:
            bounds.passed("engine-started")
            stdout = _Reader(process.stdout, on_output)
            stderr = _Reader(process.stderr, on_error)
            try:
                end = _wait(process, bounds)
            finally:
                _end(process, bounds.grace_seconds)
                said, complained = stdout.text(process.pid), stderr.text(process.pid)
        LOGGER.debug(
            "engine ends",
            extra={
                "facts": {
                    "command": _named(args),
                    "folder": cwd,
                    "seconds": round(time.monotonic() - began, 3),
                    "exit_code": process.returncode,
                    "end": str(end) if process.returncode else "done",
                }
            },
        )
        bounds.passed("engine-ended")
        if process.returncode != 0:
            raise CommandEnded(end, process.returncode, said, complained)
        return CommandResult(stdout=said, stderr=complained, code=0)


class _Reader:
    """Reads one stream to its end, in a thread of its own, so that the engine never waits for us."""

    def __init__(self, stream: IO[str] | None, told: Callable[[str], Any] | None) -> None:
        self._lines: list[str] = []
        self._stream = stream
        self._told = told
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self, group: int) -> str:
        """All that was said; what is left of *group* and still holds the stream is ended."""
        self._thread.join(LEFT_SECONDS)
        if self._thread.is_alive():
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
            self._thread.join()
        return "\n".join(self._lines)

    def _read(self) -> None:
        for line in self._stream or ():
            stripped = line.rstrip()
            if any(noise in stripped for noise in NOISE):
                continue
            if self._told:
                self._told(stripped)
            self._lines.append(stripped)


def _named(args: Sequence[str]) -> str:
    """The words of a command before its options, which may hold secrets: `stack select`."""
    words = takewhile(lambda word: not word.startswith("-"), args)
    return " ".join(islice(words, 2))


def _arguments(args: Sequence[str]) -> list[str]:
    # A violated plan must surface in the preview phase of `up`, which the SDK leaves out: without
    # it, resources are made before the violation is seen.
    skips = "--plan" in args
    return ["--non-interactive", *(a for a in args if not (skips and a == "--skip-preview"))]


def _environment(command: str, ours: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in ours.items()
        if not name.startswith("PULUMI_") or name in OF_THE_USER
    }
    folders = [os.path.dirname(command), kept.get("PATH", "")]  # noqa: PTH120
    return {
        **kept,
        **added,
        "PATH": os.pathsep.join(folder for folder in folders if folder),
        "PULUMI_AUTOMATION_API": "true",
    }


def _wait(process: "subprocess.Popen[str]", bounds: Bounds) -> End:
    """Wait until it ends; ask it to, or end it, where the bounds say so. Return why."""
    vigil = _Vigil(process, bounds, deadline=time.monotonic() + bounds.timeout_seconds)
    while not _has_ended(process):
        if vigil.is_over():
            _kill(process)
            break
    return vigil.end


@dataclass(slots=True)
class _Vigil:
    """Watches over a run, and asks it to end where there is a reason, which is *end*."""

    process: "subprocess.Popen[str]"
    bounds: Bounds
    deadline: float
    end: End = End.FAILED
    looked_at: float = field(default_factory=time.monotonic)

    def is_over(self) -> bool:
        """Whether the run has to be ended at once."""
        bounds = self.bounds
        if bounds.watch.stop_now.is_set():
            self.end = End.KILLED
            return True
        if self.end is End.FAILED and bounds.watch.stop.is_set():
            self._ask(End.INTERRUPTED, self.deadline)
        if self._is_full():
            self._ask(End.NO_ROOM, time.monotonic() + FULL_SECONDS)
            return not bounds.room.release()
        if time.monotonic() < self.deadline:
            return False
        if self.end in {End.OUT_OF_TIME, End.NO_ROOM}:
            return True
        self._ask(End.OUT_OF_TIME, time.monotonic() + bounds.grace_seconds)
        return False

    def _ask(self, end: End, deadline: float) -> None:
        """Ask it to end, once; it has until *deadline*."""
        if self.end is End.FAILED:
            _ask(self.process)
        self.end, self.deadline = end, deadline

    def _is_full(self) -> bool:
        """Whether the disk is, which is looked at now and then."""
        now = time.monotonic()
        if now < self.looked_at + ROOM_LOOKED_EVERY_SECONDS:
            return False
        self.looked_at = now
        return self.bounds.room.refusal() is not None


def _has_ended(process: "subprocess.Popen[str]") -> bool:
    try:
        process.wait(LOOKED_EVERY_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _ask(process: "subprocess.Popen[str]") -> None:
    """Let it finish what is under way and begin nothing: one SIGINT, to the engine alone."""
    # Its plug-ins are in its group; they must go on until it has finished.
    process.send_signal(signal.SIGINT)


def _end(process: "subprocess.Popen[str]", grace_seconds: float) -> None:
    """Leave no engine behind where an exception (KeyboardInterrupt) ends the wait for it."""
    if process.poll() is not None:
        return
    _ask(process)
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _kill(process)


def _kill(process: "subprocess.Popen[str]") -> None:
    """End it at once, with its plug-ins."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
