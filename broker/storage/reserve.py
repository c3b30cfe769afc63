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


class Reserve:
    """The file in *folder* that takes the room; whoever holds the lock keeps it, as long as a block runs.

    Used up, it is empty: then nothing more is begun before it is as large as it was.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def __enter__(self) -> None:
        """Take the room; raises Unwritable where there is none."""
        try:
            self._take()
        except Unwritable:
            self.__exit__()
            raise

    def _take(self) -> None:
        try:
            if self._bytes() == BLOCK_BYTES * BLOCKS:
                return  # of a holder that was killed
            self._file.touch(mode=0o600)
            block = os.urandom(BLOCK_BYTES)  # which no file system makes smaller
            with self._file.open("wb") as stream:
                for _ in range(BLOCKS):
                    stream.write(block)
        except OSError as error:
            self._use_up()
            if error.errno in OF_A_FULL_DISK:
                raise disk_full(self._file, "Nothing more was begun.") from error
            raise unwritable(self._file, error.strerror or str(error)) from error

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def check_whole(self) -> None:
        """Take it again if it was used up; raises Unwritable where there is no room for it."""
        if self._bytes() == 0:
            self._take()

    def written(self, act: Callable[[], T]) -> T:
        """What *act* writes and returns, in the room that was kept if there is no other; raises what it raises."""
        try:
            return act()
        except DiskFull:
            self._use_up()
            return act()

    def _bytes(self) -> int | None:
        """How large it is; None where nobody keeps one."""
        try:
            return self._file.stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _use_up(self) -> None:
        with suppress(OSError):
            os.truncate(self._file, 0)
