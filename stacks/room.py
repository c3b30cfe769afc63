"""Room on the disk for what the engine writes down: looked for while it runs, some of it kept in reserve.

An engine that can not write its record tries again for half a minute, once for each resource that is under
way, and says nothing meanwhile (measured: four minutes with seven).
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stacks.disk import OF_THE_DISK

TRIAL_BYTES = 2 * 1024 * 1024
"""More than the engine writes at once: a record, and its copy."""

BLOCK_BYTES = 1024 * 1024
BLOCKS = 8
"""Of the reserve: enough to record what is under way when the disk is found to be full."""

OWNER = os.urandom(16)
"""Of this process, at the head of its reserve: who lost the lock leaves alone what the next one keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the disks of *folders*, into which the engine writes, have to give; *reserve* is a file beside its records.

    Without folders, the engine keeps its records elsewhere, and nobody looks.
    """

    folders: tuple[Path, ...] = ()
    reserve: Path | None = None

    def refusal(self) -> OSError | None:
        """Why one of the folders takes nothing more; found by writing something that is gone at once."""
        for folder in self.folders:
            try:
                with tempfile.TemporaryFile(dir=folder) as trial:
                    trial.write(bytes(TRIAL_BYTES))
            except OSError as error:
                if error.errno in OF_THE_DISK:
                    return OSError(error.errno, error.strerror, str(folder))
        return None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the reserve while the block runs; raises OSError where there is no room for it."""
        if self.reserve is None:
            yield
            return
        try:
            _fill(self.reserve)
            yield
        finally:
            self.release()

    def release(self) -> bool:
        """Give the reserve back; say whether there was any of ours."""
        if self.reserve is None or not _is_ours(self.reserve):
            return False
        with suppress(OSError):
            self.reserve.unlink()
            return True
        return False


def _fill(path: Path) -> None:
    block = os.urandom(BLOCK_BYTES)  # which no file system makes smaller
    try:
        with path.open("wb") as stream:
            stream.write(OWNER + block[len(OWNER) :])
            for _ in range(BLOCKS - 1):
                stream.write(block)
    except OSError as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(OWNER)) == OWNER
    except OSError:
        return False
