"""Objects as files of a folder that several computers reach, or that is on another disk."""

import fcntl
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import AccessDenied, Unavailable, Unwritable, UsageInvalid
from broker.ports.objects import Objects, Stored
from broker.storage.whole_file import write_whole

SCHEME = "file://"
GUARD = ".guard"

_WORKSPACE = re.compile(r"/workspaces/[a-z0-9-]+$", re.ASCII)


class FolderObjects:
    """The folder of *address*, such as `file:///mnt/states`, which has to be there.

    A folder that is not may be one that is not mounted: nothing is begun in its place. Writers exclude each
    other by a lock of the file system, which that of the folder has to know. Raises UsageInvalid.
    """

    def __init__(self, address: str) -> None:
        path = address.removeprefix(SCHEME).rstrip("/")
        if not path.startswith("/"):
            raise UsageInvalid(
                Diagnostic(
                    code="state-address-wrong",
                    subject=address,
                    summary=f"No state can be kept in {address}",
                    hint="Name a folder by its whole path: file:///mnt/states.",
                )
            )
        self._address = f"{SCHEME}{path}"
        self._root = Path(_WORKSPACE.sub("", path))
        self._folder = Path(path)

    @property
    def address(self) -> str:
        """With the scheme."""
        return self._address

    def read(self, name: str) -> Stored | None:
        """The file, by the hash of what is in it."""
        with self._translated():
            self._check_there()
            try:
                content = (self._folder / name).read_bytes()
            except FileNotFoundError:
                return None
        return Stored(content=content, version=_version(content))

    def put(self, name: str, content: bytes, *, expected: str | None) -> str | None:
        """Whole, while nobody else writes."""
        with self._translated(), self._alone():
            there = self.read(name)
            if (None if there is None else there.version) != expected:
                return None
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        return _version(content)

    def names(self, beginning: str) -> Sequence[str]:
        """Of all files but those that are half written."""
        with self._translated():
            self._check_there()
            found = [
                path.relative_to(self._folder).as_posix()
                for path in self._folder.rglob("*")
                if path.is_file() and not path.name.startswith(".")
            ]
        return sorted(name for name in found if name.startswith(beginning))

    def remove(self, name: str) -> None:
        """Let the file go."""
        with self._translated(), self._alone():
            (self._folder / name).unlink(missing_ok=True)

    def _check_there(self) -> None:
        if not self._root.is_dir():
            raise Unavailable(
                Diagnostic(
                    code="state-folder-missing",
                    subject=self._address,
                    summary=f"There is no folder {self._root}",
                    hint="Mount it, or make it if it is to be a new one: nothing is begun in its place.",
                )
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._check_there()
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / GUARD).open("a") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except PermissionError as error:
            raise AccessDenied(self._unusable(error.strerror or str(error))) from error
        except OSError as error:
            raise Unavailable(self._unusable(error.strerror or str(error))) from error
        except Unwritable as error:
            raise Unavailable(*error.diagnostics) from error

    def _unusable(self, why: str) -> Diagnostic:
        return Diagnostic(
            code="state-folder-unusable",
            subject=self._address,
            summary=f"Can not use the folder {self._folder}: {why}",
            hint="Let the user who runs broker read and write it, with room in it.",
        )


_: type[Objects] = FolderObjects


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
