"""Files that are written whole or not at all."""

import os
import stat
import tempfile
from pathlib import Path

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Unwritable
from broker.domain.full_disk import OF_A_FULL_DISK
from broker.storage.disk_full import disk_full


def check_writable(path: Path) -> None:
    """Raise Unwritable if `write_whole` to *path* could not work now; leaves nothing behind."""
    try:
        target = path.resolve()
    except RuntimeError as error:  # so says Python before 3.13
        raise unwritable(path, "it is a link that leads to itself") from error
    try:
        if target.is_dir():
            raise unwritable(path, "it is a folder", hint="Name a file, not a folder.")
        if target.exists() and not target.is_file():
            raise unwritable(path, "it is no ordinary file", hint="Name an ordinary file.")
        if target.exists() and not os.access(target, os.W_OK):
            hint = "Make it writable, or name another file."
            raise unwritable(path, "it is read-only", hint=hint)
        descriptor, trial = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(descriptor)
        Path(trial).unlink()
    except OSError as error:
        raise _from_os(path, error) from error


def write_whole(path: Path, content: bytes) -> None:
    """Put *content* into *path*, readable by its owner alone; raises Unwritable.

    Whatever happens, a power cut included, *path* holds all of *content* or what it held before:
    the bytes go to a file beside it, reach the disk, and take its name. A link is followed.
    """
    check_writable(path)
    target = path.resolve()
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise _from_os(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise _from_os(path, error) from error
    finally:
        # Gone already if all went well; there after a failure, or Ctrl-C at any point.
        Path(temporary).unlink(missing_ok=True)


def rewrite_whole(path: Path, content: bytes) -> None:
    """The same for a file of the user's, who goes on reading and writing it: its mode stays."""
    mode = stat.S_IMODE(path.stat().st_mode)
    write_whole(path, content)
    path.chmod(mode)


def _sync_folder(folder: Path) -> None:
    """Make the new name last: it is part of the folder, not of the file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _from_os(path: Path, error: OSError) -> Unwritable:
    if isinstance(error, FileNotFoundError):
        return unwritable(
            path,
            f"there is no folder {path.parent}",
            hint=f"Make it with `mkdir -p {path.parent}`, or write elsewhere.",
        )
    if error.errno in OF_A_FULL_DISK:
        return disk_full(path)
    return unwritable(path, error.strerror or str(error))


ROOM = "Choose a folder you may write to, with room in it."


def unwritable(path: Path, why: str, *, hint: str = ROOM) -> Unwritable:
    """That *path* can not be written, and what to do."""
    return Unwritable(
        Diagnostic(
            code="output-unwritable",
            subject=str(path),
            summary=f"Can not write {path}: {why}",
            hint=hint,
        )
    )
