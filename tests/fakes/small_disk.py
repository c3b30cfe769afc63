"""A disk of its own that can be filled: a small file system in memory, in a namespace that nobody else sees.

It needs no privilege but that to make such a namespace (`unshare`, of util-linux), which some containers
refuse: no test can have a disk there. Only processes that are started in it see the disk.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

HOLDER = 'mount -t tmpfs -o "size=$1" small "$2" && echo mounted && exec cat'
"""Holds the namespace until its input ends: with the tests, however these end."""

BALLAST = "ballast"


class SmallDisk:
    """The disk at *folder*, held by *holder*."""

    def __init__(self, folder: Path, holder: "subprocess.Popen[str]") -> None:
        self._folder = folder
        self._holder = holder

    def inside(self, words: Sequence[str], cwd: Path) -> list[str]:
        """The command by which *words* are run where the disk is seen."""
        entered = ["nsenter", "-U", "-m", "--preserve-credentials", "-t", f"{self._holder.pid}"]
        return [*entered, "sh", "-c", 'cd "$0" && exec "$@"', str(cwd), *words]

    def fill(self) -> None:
        """Leave no room."""
        fill(self._seen)

    def clear(self) -> None:
        """Make room again."""
        clear(self._seen)

    @property
    def _seen(self) -> Path:
        """The folder, as who does not live in the namespace reaches it."""
        return Path(f"/proc/{self._holder.pid}/root{self._folder}")


def fill(folder: Path) -> None:
    """Leave no room on the disk of *folder*."""
    with (folder / BALLAST).open("ab", buffering=0) as stream:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while stream.write(bytes(size)):
                    pass
            except OSError:
                continue


def clear(folder: Path) -> None:
    """Make room again."""
    (folder / BALLAST).unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, size: str = "64m") -> Iterator[SmallDisk]:
    """Yield one at *folder*, which is empty."""
    words = ["unshare", "-rm", "sh", "-c", HOLDER, "sh", size, str(folder.resolve())]
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        if holder.stdout.readline() != "mounted\n":
            pytest.skip("this computer refuses namespaces: see `unshare -rm true`")
        yield SmallDisk(folder.resolve(), holder)
    finally:
        holder.communicate()
