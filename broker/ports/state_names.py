"""Several states in one folder, each with a name: what Terraform calls workspaces."""

from collections.abc import Sequence
from typing import Protocol

DEFAULT = "default"
"""The one that is always there."""


class StateNames(Protocol):
    """The names of the states of a folder, of which one is selected.

    Raises Unwritable where something is to be changed, and UsageInvalid as told.
    """

    def names(self) -> Sequence[str]:
        """All of them, DEFAULT first, the others sorted."""
        ...

    def selected(self) -> str:
        """The one that commands work on; raises UsageInvalid if there is none of that name."""
        ...

    def is_stated(self) -> bool:
        """Whether the environment says which is selected, so that `select` would have no effect."""
        ...

    def make(self, name: str) -> None:
        """Add an empty one; raises UsageInvalid if it is there, or can not be called so."""
        ...

    def select(self, name: str) -> None:
        """Let commands work on it from now on; raises UsageInvalid if there is none."""
        ...

    def remove(self, name: str) -> None:
        """Forget it with all that is recorded; raises UsageInvalid for DEFAULT and the selected."""
        ...
