"""Small objects in a place that several computers share, such as a bucket."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What an object holds; *version* changes with each write of other content."""

    content: bytes
    version: str


class Objects(Protocol):
    """Objects by name. Raises CloudError where the place can not be reached, or does not let us."""

    @property
    def address(self) -> str:
        """What to call the place in messages: `s3://bucket/prefix`."""
        ...

    def read(self, name: str) -> Stored | None:
        """The object as it was last written by anybody; None if there is none."""
        ...

    def put(self, name: str, content: bytes, *, expected: str | None) -> str | None:
        """Write the object if its version is still *expected* (None: if there is none).

        Return its new version; None if it was not so, and nothing was written.
        """
        ...

    def names(self, beginning: str) -> Sequence[str]:
        """The names that begin so, sorted."""
        ...

    def remove(self, name: str) -> None:
        """Let there be none of that name; it is no failure if there was none."""
        ...
