"""The sandbox of a folder: where it listens, and whether it still runs.

The process that serves holds a lock on a file as long as it lives, however it ends. A process id is
believed only while the lock is held, so that nobody else's process is ever taken for the sandbox.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import CatalogInvalid, UsageInvalid
from broker.ports.sandbox import SandboxPlace, SandboxRecord
from broker.storage.whole_file import unwritable, write_whole

START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02


class SandboxFolder:
    """The files of the sandbox in *folder*: its record, its lock and what it printed."""

    def __init__(self, folder: Path) -> None:
        self._record = folder / "sandbox.json"
        self._lock = folder / "sandbox.lock"
        self._log = folder / "sandbox.log"

    def record(self) -> SandboxRecord | None:
        """What was recorded, None if there is no sandbox; it may have ended since."""
        try:
            stored = json.loads(self._record.read_text(encoding="utf-8"))
            return SandboxRecord(
                pid=int(stored["pid"]),
                clouds=tuple(stored["clouds"]),
                environment=dict(stored["environment"]),
                fault_seed=stored["fault_seed"],
                engines=tuple(stored.get("engines", ())),
            )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CatalogInvalid(
                Diagnostic(
                    code="sandbox-record-damaged",
                    subject=str(self._record),
                    summary=f"{self._record} is damaged, or is no record of a sandbox",
                    hint="`broker sandbox stop` removes it.",
                )
            ) from error

    def is_running(self) -> bool:
        """Whether somebody holds the lock."""
        try:
            with self._lock.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except BlockingIOError:
            return True
        return False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; raises UsageInvalid if another sandbox does."""
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            file = self._lock.open("wb")
        except OSError as error:
            raise unwritable(self._lock, error.strerror or str(error)) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UsageInvalid(already_running()) from error
            try:
                yield
            finally:
                self._record.unlink(missing_ok=True)

    def write(self, record: SandboxRecord) -> None:
        """Tell others where it is; only while the lock is held."""
        write_whole(self._record, json.dumps(asdict(record), indent=1).encode())

    def spawn(self, clouds: Sequence[str], fault_seed: int | None) -> SandboxRecord:
        """Run `broker sandbox run` in a session of its own, so that no Ctrl-C here ends it."""
        if self.is_running():
            raise UsageInvalid(already_running())
        words = [sys.executable, "-m", "broker", "sandbox", "run"]
        words += [f"-cloud={cloud}" for cloud in clouds]
        words += [] if fault_seed is None else [f"-faults={fault_seed}"]
        child = record = None
        try:
            with _interrupts_deferred():
                child = self._child(words)
            record = self._served_by(child)
        finally:
            if child is not None and record is None:  # interrupted, too: nobody would know of it
                child.kill()
                child.wait()
                self._record.unlink(missing_ok=True)
        if record is None:
            raise UsageInvalid(self._failed())
        return record

    def _child(self, words: Sequence[str]) -> "subprocess.Popen[bytes]":
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("wb") as log:
                return subprocess.Popen(  # noqa: S603  # our own command
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError as error:
            raise unwritable(self._log, error.strerror or str(error)) from error

    def _served_by(self, child: "subprocess.Popen[bytes]") -> SandboxRecord | None:
        """The record of *child*, None if it ended, or took too long."""
        patience = time.monotonic() + START_SECONDS
        while child.poll() is None and time.monotonic() < patience:
            record = self.record()
            if record is not None and record.pid == child.pid:
                return record
            time.sleep(POLL_SECONDS)
        return None

    def _failed(self) -> Diagnostic:
        return Diagnostic(
            code="sandbox-failed",
            subject="broker sandbox",
            summary="The sandbox ended before it served anything",
            detail=self._log.read_text(encoding="utf-8", errors="replace").strip(),
            hint="`broker sandbox run` shows it in the foreground.",
        )

    def stop(self) -> bool:
        """Ask first, insist later."""
        running = self.is_running()
        try:
            record = self.record() if running else None
            if record is not None:
                self._end(record.pid)
        finally:
            self._record.unlink(missing_ok=True)
        return running

    def _end(self, pid: int) -> None:
        for told in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, told)
            if self._is_gone():
                return

    def _is_gone(self) -> bool:
        patience = time.monotonic() + STOP_SECONDS
        while self.is_running():
            if time.monotonic() > patience:
                return False
            time.sleep(POLL_SECONDS)
        return True


_: type[SandboxPlace] = SandboxFolder


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Ctrl-C within is told at the end: a process whose making is interrupted would be lost."""
    told: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: told.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if told:
        signal.raise_signal(signal.SIGINT)


def already_running() -> Diagnostic:
    """That there is one, and what to do."""
    return Diagnostic(
        code="sandbox-running",
        subject="broker sandbox",
        summary="The sandbox of this folder is running already",
        hint="`broker sandbox status` tells where; `broker sandbox stop` ends it.",
    )
