"""Where results are kept."""

from pathlib import Path
from typing import Any, Protocol


class PlanStore(Protocol):
    """Saved plans, one file each."""

    def check_writable(self, path: Path) -> None:
        """Raise Unwritable if `save` to *path* could not work; called before hours of work."""
        ...

    def save(self, path: Path, document: dict[str, Any]) -> str:
        """Write the plan so that *path* holds all of it or what it held before; return its digest.

        Raises Unwritable.
        """
        ...

    def load(self, path: Path) -> dict[str, Any]:
        """Read it back; raises PlanFileInvalid if it is missing, damaged or of another version."""
        ...
