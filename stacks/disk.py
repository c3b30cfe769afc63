"""A disk that is full or closed to us, told as the broker tells it."""

import errno
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Unwritable
from broker.domain.full_disk import OF_A_FULL_DISK, no_room

P = ParamSpec("P")
T = TypeVar("T")

OF_THE_DISK = OF_A_FULL_DISK | {
    errno.EACCES,
    errno.EFBIG,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


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
    if error.errno in OF_A_FULL_DISK:
        return no_room(path, on="that folder")
    return Unwritable(_unwritable(path, error))


def _unwritable(path: str, error: OSError) -> Diagnostic:
    return Diagnostic(
        code="output-unwritable",
        subject=path,
        summary=f"Can not write {path}: {error.strerror}",
        hint="Make room and the folder writable, and run the command again.",
    )
