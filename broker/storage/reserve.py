"""Room on the disk that is kept back while a fleet is changed, for what has to be written down in the end.

When the disk fills up meanwhile, what is done in a cloud already can be recorded all the same.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from broker.domain.errors import DiskFull, Unwritable
from broker.domain.full_disk import OF_A_FULL_DISK
from broker.storage.disk_full import disk_full
from broker.storage.whole_file import unwritable

T = TypeVar("T")

FILE = "reserve"
BLOCK_BYTES = 1024 * 1024
BLOCKS = 8
"""Enough to write a large state, with its copy and SQLite's log, and the outcomes of many members."""

OWNER = os.urandom(16)
"""Of this process, at the head of what it keeps: who lost the lock leaves alone what the next one keeps."""


class Reserve:
    """The file in *folder* that takes the room; whoever holds the lock keeps it, as long as a block runs.

    Used up, it says no more than whose it is: then nothing more is begun before it is as large as it was.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def __enter__(self) -> None:
        """Take the room; raises Unwritable where there is none. Interrupted, it keeps nothing."""
        try:
            self._take()
        except (Unwritable, KeyboardInterrupt):
            self._remove()
            raise

    def _take(self) -> None:
        """Over what a holder left that was killed, if there is any."""
        try:
            self._file.touch(mode=0o600)
            with self._file.open("r+b") as stream:
                is_whole = os.fstat(stream.fileno()).st_size == BLOCK_BYTES * BLOCKS
                stream.write(OWNER)
                stream.flush()
                block = os.urandom(BLOCK_BYTES)  # which no file system makes smaller
                for number in range(0 if is_whole else BLOCKS):
                    stream.write(block[len(OWNER) :] if number == 0 else block)
        except OSError as error:
            self._use_up()
            if error.errno in OF_A_FULL_DISK:
                raise disk_full(self._file, "Nothing more was begun.") from error
            raise unwritable(self._file, error.strerror or str(error)) from error

    def __exit__(self, *_: object) -> None:
        """Give it back, unless it is of who holds the lock by now."""
        if self._is_ours():
            self._remove()

    def _remove(self) -> None:
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def check_whole(self) -> None:
        """Take it again if it was used up; raises Unwritable where there is no room for it."""
        if self._is_ours() and self._file.stat().st_size < BLOCK_BYTES * BLOCKS:
            self._take()

    def written(self, act: Callable[[], T]) -> T:
        """What *act* writes and returns, in the room that was kept if there is no other; raises what it raises."""
        try:
            return act()
        except DiskFull:
            self._use_up()
            return act()

    def _is_ours(self) -> bool:
        try:
            with self._file.open("rb") as stream:
                return stream.read(len(OWNER)) == OWNER
        except OSError:
            return False

    def _use_up(self) -> None:
        if self._is_ours():
            with suppress(OSError):
                os.truncate(self._file, len(OWNER))
