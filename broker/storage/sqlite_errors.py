"""What an error of SQLite says of the file: that it is damaged, or that the disk would not have it."""

import sqlite3
from pathlib import Path

from broker.domain.errors import Unwritable
from broker.storage.disk_full import disk_full, is_of_full_disk
from broker.storage.whole_file import unwritable

_DISK = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is not what was written; what we raise ourselves is always about that."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return code == sqlite3.SQLITE_IOERR_SHORT_READ or code & 0xFF not in _DISK


def refused_by_disk(path: Path, error: OSError | sqlite3.Error) -> Unwritable:
    """That the disk would not have *path*, for want of room or for another reason."""
    if is_of_full_disk(error, path.parent):
        return disk_full(path)
    return unwritable(path, getattr(error, "strerror", None) or str(error))
