"""What is wrong with inputs, as Check tells it."""

from typing import NamedTuple


class Finding(NamedTuple):
    """What is wrong with the input at *path*."""

    path: str
    reason: str
