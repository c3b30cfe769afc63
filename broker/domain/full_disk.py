"""A disk without room: which errors say so, and how it is told."""

import errno

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import DiskFull

OF_A_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})

UNCHANGED = "What was there is there still."


def no_room(path: str, *, on: str, detail: str = UNCHANGED) -> DiskFull:
    """That there is no room to write *path*, *on* the disk of which folder to make some, and what is left."""
    return DiskFull(
        Diagnostic(
            code="disk-full",
            subject=path,
            summary=f"The disk is full: no room to write {path}",
            detail=detail,
            hint=f"Make room on the disk of {on}, and run the command again.",
        )
    )
