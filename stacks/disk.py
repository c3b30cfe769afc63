"""A disk that is full or closed to us, told as the broker tells it."""

import errno
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import DiskFull, Unwritable

P = ParamSpec("P")
T = TypeVar("T")

OF_THE_DISK = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EISDIR,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)


FULL = frozenset({errno.EDQUOT, errno.ENOSPC})


def on_disk(act: Callable[P, T]) -> Callable[P, T]:
    """Let *act* raise Unwritable where it can not keep its files; other errors come through."""

    @wraps(act)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return act(*args, **kwargs)
        except OSError as error:
            if error.errno not in OF_THE_DISK:
                raise
            raise refused(error) from error

    return told


def refused(error: OSError) -> Unwritable:
    """What *error*, one of the disk, is to the broker."""
    path = str(error.filename or "the folder of stacks")
    if error.errno in FULL:
        return DiskFull(_full(path))
    return Unwritable(_unwritable(path, error))


def _full(path: str) -> Diagnostic:
    return Diagnostic(
        code="disk-full",
        subject=path,
        summary=f"The disk is full: no room to write {path}",
        detail="What was there is there still.",
        hint="Make room on the disk of that folder, and run the command again.",
    )


def _unwritable(path: str, error: OSError) -> Diagnostic:
    return Diagnostic(
        code="output-unwritable",
        subject=path,
        summary=f"Can not write {path}: {error.strerror}",
        hint="Make room and the folder writable, and run the command again.",
    )
