"""What the broker asks of the computer it runs on."""

from typing import Protocol


class Installation(Protocol):
    """What is installed here; it looks and changes nothing, and never raises."""

    def python(self) -> str:
        """Version of the running Python: `3.11.9`."""
        ...

    def library(self, distribution: str, module: str) -> str | None:
        """Version of *distribution*, if a fresh interpreter can import *module*; else None."""
        ...

    def program(self, name: str, *arguments: str) -> str | None:
        """First line that the program on the PATH prints for *arguments*; None if it fails."""
        ...

    def terminal(self) -> str | None:
        """What stdout is attached to, None if it is no terminal: `xterm-256color, 120 columns`."""
        ...

    def settings(self) -> dict[str, str]:
        """The variables of the environment that are addressed to the broker."""
        ...
