"""Whether it was for want of room that something could not be written, and how that is told."""

import sqlite3
import tempfile
from pathlib import Path

from broker.domain.errors import DiskFull
from broker.domain.full_disk import OF_A_FULL_DISK, UNCHANGED, no_room

TRIAL_BYTES = 64 * 1024


def is_of_full_disk(error: OSError | sqlite3.Error, folder: Path) -> bool:
    """Whether *error* came of writing into *folder* without room for it.

    SQLite tells many troubles as one, and the want of room for its shared memory as trouble with the
    disk: then a trial tells.
    """
    if isinstance(error, OSError):
        return error.errno in OF_A_FULL_DISK
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if primary in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}:
        return not _takes_more(folder)
    return primary == sqlite3.SQLITE_FULL


def _takes_more(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(bytes(TRIAL_BYTES))
    except OSError as error:
        return error.errno not in OF_A_FULL_DISK
    return True


def disk_full(path: Path, detail: str = UNCHANGED) -> DiskFull:
    """That there is no room for *path*, and what to do."""
    return no_room(str(path), on=str(path.absolute().parent), detail=detail)
