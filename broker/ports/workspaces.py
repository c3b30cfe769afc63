"""The folder in which a user keeps a fleet."""

from typing import Protocol


class Workspace(Protocol):
    """A folder that may not be there yet; the first file makes it."""

    def text(self, name: str) -> str | None:
        """What the file *name* holds, None if there is none. Raises Unwritable if unreadable."""
        ...

    def create(self, name: str, text: str) -> str:
        """Write a new file and return its path; raises Unwritable, above all if it exists."""
        ...

    def append(self, name: str, text: str) -> str:
        """Add to a file, new or not, and return its path; raises Unwritable."""
        ...
